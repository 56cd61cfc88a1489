"""Milestones and work items in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.safestring import SafeString

from apps.common.clock import now
from apps.common.wording import lateness_in_words
from apps.roadmap.admin.calm import CalmFields
from apps.roadmap.admin.cells import named_cell
from apps.roadmap.admin.claims import ClaimActions
from apps.roadmap.admin.entries import PLACE, EntryAdmin
from apps.roadmap.admin.filters import OWNERS, RESPONSIBLE, SERVICE, MilestoneFilter, PresenceFilter, TargetFilter
from apps.roadmap.admin.seen import VERSION, SeenForm
from apps.roadmap.models import Criterion, Milestone, Task, WorkItem
from apps.roadmap.models.entries import FINISHED_CLAIMS
from apps.roadmap.selectors.versions import with_versions


class EntryInline(CalmFields, admin.TabularInline):
    """What stands under a milestone or work item, changed in place."""

    form = SeenForm
    extra = 0
    show_change_link = True
    autocomplete_fields = ["owners"]
    fields = ["text", "claim", "owners"]
    ordering = ["position", "pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        current = super().get_queryset(request).filter(orphaned_at__isnull=True).prefetch_related("owners")
        return with_versions(current)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_fields(request, obj)
        return [*fields, VERSION] if self.has_change_permission(request, obj) else fields


class TaskInline(EntryInline):
    model = Task


class CriterionInline(EntryInline):
    model = Criterion
    fields = ["text", "claim", "requirement", "owners"]


class WithTasks(EntryAdmin):
    """An entry that tasks and criteria stand under."""

    inlines = [TaskInline, CriterionInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        tasks = Task.objects.current()
        counts = {"tasks_all": tasks, "tasks_finished": tasks.filter(claim__in=FINISHED_CLAIMS)}
        entries = super().get_queryset(request)
        return entries.annotate(**{name: self._count(counted) for name, counted in counts.items()})

    def _count(self, tasks: QuerySet[Task]) -> Coalesce:
        """How many of the tasks stand under each entry. As a subquery: joins would multiply with the others."""
        parent = "milestone" if self.model is Milestone else "work_item"
        own = tasks.filter(**{parent: OuterRef("pk")}).order_by().values(parent)
        return Coalesce(Subquery(own.annotate(count=Count("pk")).values("count")), 0, output_field=IntegerField())

    def hold(self, entry: Any) -> None:
        super().hold(entry)
        for below in (entry.tasks, entry.criteria):
            list(below.order_by("pk").select_for_update())

    @admin.display(description="tasks done", ordering="tasks_finished")
    def task_count(self, entry: Any) -> str:
        return f"{entry.tasks_finished} of {entry.tasks_all}" if entry.tasks_all else "none"


class Dated(EntryAdmin):
    """An entry with a target."""

    @admin.display(description="overdue", empty_value=" ")
    def standing_of_target(self, entry: Any) -> str:
        return lateness_in_words(entry.target_on, at=now()) if entry.is_overdue(now()) else ""


@admin.register(Milestone)
class MilestoneAdmin(Dated, WithTasks, ClaimActions):
    change_form_template = "admin/roadmap/milestone/change_form.html"
    list_display = ["name", "claim", "target_on", "standing_of_target", "responsible", "task_count", "service"]
    list_display_links = ["name"]
    list_editable = ["claim", "target_on"]
    list_filter = [SERVICE, "claim", TargetFilter, OWNERS, *RESPONSIBLE, "kind", "priority", PresenceFilter]
    search_fields = ["code", "title", "objectives"]
    date_hierarchy = "target_on"
    fieldsets = [
        (None, {"fields": ["service", ("code", "title"), ("claim", "priority", "kind"), "objectives"]}),
        ("Who", {"fields": ["owners", "assignees", "labels"]}),
        ("Target", {"fields": [("target_starts_on", "target_on", "target_precision")]}),
        PLACE,
    ]

    @admin.display(description="milestone", ordering="position")
    def name(self, milestone: Milestone) -> SafeString:
        return named_cell(milestone, str(milestone))


@admin.register(WorkItem)
class WorkItemAdmin(Dated, WithTasks, ClaimActions):
    list_display = ["name", "claim", "priority", "target_on", "responsible", "task_count", "service"]
    list_display_links = ["name"]
    list_editable = ["claim", "priority", "target_on"]
    list_filter = [
        SERVICE,
        "claim",
        "priority",
        TargetFilter,
        OWNERS,
        *RESPONSIBLE,
        MilestoneFilter,
        PresenceFilter,
    ]
    list_select_related = ["milestone", "service"]
    search_fields = ["title", "impact", "current_state"]
    fieldsets = [
        (None, {"fields": ["service", "milestone", ("number", "title"), ("claim", "priority", "effort")]}),
        ("Who", {"fields": ["owners", "assignees", "labels"]}),
        ("Target", {"fields": [("target_starts_on", "target_on", "target_precision")]}),
        ("Why", {"fields": ["impact", "current_state"]}),
        PLACE,
    ]

    @admin.display(description="work item", ordering="title")
    def name(self, item: WorkItem) -> SafeString:
        place = [str(item.milestone or ""), item.effort]
        return named_cell(item, item.title, " · ".join(filter(None, place)))
