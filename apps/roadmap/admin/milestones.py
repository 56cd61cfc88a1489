"""Milestones and work items in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse

from apps.audit.audited_admin import staff_user
from apps.common.clock import now
from apps.common.wording import lateness_in_words
from apps.roadmap.admin.calm import CalmFields
from apps.roadmap.admin.claims import ClaimActions
from apps.roadmap.admin.entries import PLACE, EntryAdmin, PresenceFilter
from apps.roadmap.admin.questions import TargetForm, ask_and_apply
from apps.roadmap.models import Criterion, Milestone, Task, WorkItem
from apps.roadmap.models.entries import FINISHED_CLAIMS
from apps.roadmap.services.tracking import set_target

PRESENT = Q(tasks__orphaned_at__isnull=True)


class OverdueFilter(admin.SimpleListFilter):
    """Milestones whose target is over and that nobody calls done."""

    title = "target"
    parameter_name = "target"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("overdue", "Overdue"), ("ahead", "Ahead"), ("none", "No date")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        today = now().date()
        if self.value() == "overdue":
            return queryset.filter(target_on__lt=today).exclude(claim__in=FINISHED_CLAIMS)
        if self.value() == "ahead":
            return queryset.filter(target_on__gte=today)
        return queryset.filter(target_on__isnull=True) if self.value() == "none" else queryset


class EntryInline(CalmFields, admin.TabularInline):
    """What stands under a milestone or work item, changed in place."""

    extra = 0
    show_change_link = True
    autocomplete_fields = ["owner"]
    fields = ["text", "claim", "owner"]
    ordering = ["position", "pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(orphaned_at__isnull=True).select_related("owner")


class TaskInline(EntryInline):
    model = Task


class CriterionInline(EntryInline):
    model = Criterion
    fields = ["text", "claim", "requirement", "owner"]


class WithTasks(EntryAdmin):
    """An entry that tasks and criteria stand under."""

    inlines = [TaskInline, CriterionInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        tasks = Count("tasks", PRESENT, distinct=True)
        finished = Count("tasks", PRESENT & Q(tasks__claim__in=FINISHED_CLAIMS), distinct=True)
        return super().get_queryset(request).annotate(tasks_all=tasks, tasks_finished=finished)

    @admin.display(description="tasks done", ordering="tasks_finished")
    def task_count(self, entry: Any) -> str:
        return f"{entry.tasks_finished} of {entry.tasks_all}" if entry.tasks_all else "none"


@admin.register(Milestone)
class MilestoneAdmin(WithTasks, ClaimActions):
    list_display = ["name", "claim", "target_on", "standing_of_target", "owned_by", "task_count", "service"]
    list_display_links = ["name"]
    list_editable = ["claim", "target_on"]
    list_filter = ["service", "claim", OverdueFilter, "owners", "kind", "priority", PresenceFilter]
    search_fields = ["code", "title", "objectives"]
    date_hierarchy = "target_on"
    actions = [*ClaimActions.actions, "set_target_date"]
    fieldsets = [
        (None, {"fields": ["service", ("code", "title"), ("claim", "priority", "kind"), "owners", "objectives"]}),
        ("Target", {"fields": [("target_starts_on", "target_on", "target_precision")]}),
        PLACE,
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Milestone]:
        return super().get_queryset(request).prefetch_related("owners")

    @admin.display(description="milestone", ordering="position")
    def name(self, milestone: Milestone) -> str:
        return str(milestone)

    @admin.display(description="owners")
    def owned_by(self, milestone: Milestone) -> str:
        return ", ".join(team.name for team in milestone.owners.all()) or "nobody"

    @admin.display(description="overdue", empty_value=" ")
    def standing_of_target(self, milestone: Milestone) -> str:
        if not milestone.is_overdue(now()) or milestone.target_on is None:
            return ""
        return lateness_in_words(milestone.target_on, at=now())

    @admin.action(permissions=["change"], description="Set the target date…")
    def set_target_date(self, request: HttpRequest, queryset: QuerySet[Milestone]) -> HttpResponse | None:
        question = ("set_target_date", "Set the target date", TargetForm)
        return ask_and_apply(self, request, queryset, *question, self._reschedule)

    def _reschedule(self, request: HttpRequest, queryset: QuerySet[Milestone], answer: dict[str, Any]) -> None:
        changed = set_target(milestones=queryset, day=answer["target_on"], actor=staff_user(request))
        self.tell(request, changed, f"due {answer['target_on'] or 'at no date'}")


@admin.register(WorkItem)
class WorkItemAdmin(WithTasks):
    list_display = ["title", "priority", "effort", "task_count", "milestone", "service"]
    list_editable = ["priority"]
    list_filter = ["service", "priority", "milestone", PresenceFilter]
    list_select_related = ["milestone", "service"]
    search_fields = ["title", "impact", "current_state"]
    fieldsets = [
        (None, {"fields": ["service", "milestone", ("number", "title"), ("priority", "effort")]}),
        ("Why", {"fields": ["impact", "current_state"]}),
        PLACE,
    ]
