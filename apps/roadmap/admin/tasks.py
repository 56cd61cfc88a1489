"""Tasks and criteria in the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from apps.roadmap.admin.claims import ClaimActions
from apps.roadmap.admin.entries import PLACE, PresenceFilter
from apps.roadmap.models import Criterion, Task

TIMES = ("millisecond", "second", "minute", "hour", "day", "week", "month")
SIGNS = {"<=": "≤", ">=": "≥"}


@admin.register(Task)
class TaskAdmin(ClaimActions):
    list_display = ["text", "claim", "owner", "stands_under", "service"]
    list_editable = ["claim"]
    list_filter = ["service", "claim", "owner", "milestone", PresenceFilter]
    list_select_related = ["owner", "milestone", "work_item", "service"]
    search_fields = ["text", "milestone__title", "work_item__title"]
    fieldsets = [
        (None, {"fields": ["service", "text", ("claim", "owner"), ("milestone", "work_item", "parent")]}),
        PLACE,
    ]

    @admin.display(description="belongs to", ordering="position")
    def stands_under(self, task: Task) -> str:
        return str(task.work_item or task.milestone or "")


@admin.register(Criterion)
class CriterionAdmin(ClaimActions):
    list_display = ["text", "claim", "measured", "evidence", "milestone", "requirement", "owner", "service"]
    list_editable = ["claim"]
    list_filter = ["service", "claim", "kind", "requirement", "owner", "milestone", PresenceFilter]
    list_select_related = ["owner", "milestone", "service"]
    search_fields = ["text", "milestone__title", "work_item__title"]
    readonly_fields = [*ClaimActions.readonly_fields, "measured"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "service",
                    "text",
                    ("claim", "requirement", "kind"),
                    "is_waivable",
                    "owner",
                    ("milestone", "work_item"),
                ]
            },
        ),
        ("What it measures", {"fields": ["measured"]}),
        PLACE,
    ]

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
