"""Tasks and criteria in the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.roadmap.admin.cells import named_cell
from apps.roadmap.admin.claims import ClaimActions
from apps.roadmap.admin.entries import PLACE
from apps.roadmap.admin.filters import OWNERS, RESPONSIBLE, SERVICE, MilestoneFilter, PresenceFilter, TargetFilter
from apps.roadmap.models import Criterion, Task

TIMES = ("millisecond", "second", "minute", "hour", "day", "week", "month")
SIGNS = {"<=": "≤", ">=": "≥"}


@admin.register(Task)
class TaskAdmin(ClaimActions):
    list_display = ["name", "claim", "target_on", "responsible", "effort", "stands_under", "service"]
    list_display_links = ["name"]
    list_editable = ["claim", "target_on"]
    list_filter = [SERVICE, "claim", TargetFilter, OWNERS, *RESPONSIBLE, MilestoneFilter, PresenceFilter]
    list_select_related = ["milestone", "work_item", "service"]
    search_fields = ["text", "milestone__title", "work_item__title"]
    fieldsets = [
        (None, {"fields": ["service", "text", ("claim", "effort"), ("milestone", "work_item", "parent")]}),
        ("Who", {"fields": ["owners", "assignees", "labels"]}),
        ("Target", {"fields": [("target_starts_on", "target_on", "target_precision")]}),
        PLACE,
    ]

    @admin.display(description="task", ordering="text")
    def name(self, task: Task) -> SafeString:
        return named_cell(task, task.text)

    @admin.display(description="belongs to", ordering="position")
    def stands_under(self, task: Task) -> str:
        return str(task.work_item or task.milestone or "")


@admin.register(Criterion)
class CriterionAdmin(ClaimActions):
    list_display = ["name", "claim", "measured", "evidence", "milestone", "responsible", "service"]
    list_display_links = ["name"]
    list_editable = ["claim"]
    list_filter = [SERVICE, "claim", "requirement", OWNERS, *RESPONSIBLE, "kind", MilestoneFilter, PresenceFilter]
    list_select_related = ["milestone", "service"]
    search_fields = ["text", "milestone__title", "work_item__title"]
    readonly_fields = [*ClaimActions.readonly_fields, "measured"]
    fieldsets = [
        (None, {"fields": ["service", "text", ("claim", "requirement", "kind"), ("milestone", "work_item")]}),
        ("Who", {"fields": ["owners", "assignees", "labels"]}),
        ("Waivers", {"fields": ["is_waivable"]}),
        ("What it measures", {"fields": ["measured"]}),
        PLACE,
    ]

    @admin.display(description="criterion", ordering="text")
    def name(self, criterion: Criterion) -> SafeString:
        is_required = criterion.requirement == Criterion.Requirement.REQUIRED
        return named_cell(criterion, criterion.text, "" if is_required else criterion.get_requirement_display().lower())

    @admin.display(description="threshold")
    def measured(self, criterion: Criterion) -> str:
        missing = [f"{', '.join(criterion.placeholders)}: still to fill in"] if criterion.placeholders else []
        return "; ".join([*(_sentence(measure) for measure in criterion.measures), *missing])

    @admin.display(description="evidence")
    def evidence(self, criterion: Criterion) -> str:
        return format_html('<a href="{}">Proof</a>', reverse("admin:roadmap_criterion_evidence", args=[criterion.pk]))

    def view_on_site(self, criterion: Criterion) -> str:
        """The page of what proves a criterion."""
        return reverse("admin:roadmap_criterion_evidence", args=[criterion.pk])

    def get_list_display(self, request: HttpRequest) -> Any:
        may_see = request.user.has_perm("roadmap.view_binding")
        return [name for name in self.list_display if may_see or name != "evidence"]


def _sentence(measure: dict[str, Any]) -> str:
    """ "latency p95 < 2 seconds", from the importer's reading."""
    percentile = f" p{measure['percentile']}" if measure.get("percentile") else ""
    unit = measure["unit"].replace("_", " ")
    amount = f"{measure['value']} %" if unit == "percent" else f"{measure['value']} {unit}".strip()
    metric = measure["metric"].replace("_", " ") or "value"
    if measure["value"] != "1" and unit in TIMES:
        amount += "s"
    return f"{metric}{percentile} {SIGNS.get(measure['operator'], measure['operator'])} {amount}"
