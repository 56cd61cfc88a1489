"""Tasks and criteria in the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from apps.roadmap.admin.entries import PLACE, ClaimActions, PresenceFilter
from apps.roadmap.models import Criterion, Task

SIGNS = {"<=": "≤", ">=": "≥"}


@admin.register(Task)
class TaskAdmin(ClaimActions):
    list_display = ["text", "claim", "owner", "milestone", "work_item", "service", "line"]
    list_editable = ["claim"]
    list_filter = ["service", "claim", "owner", "milestone", PresenceFilter]
    list_select_related = ["owner", "milestone", "work_item", "service"]
    search_fields = ["text", "milestone__title", "work_item__title"]
    fieldsets = [
        (None, {"fields": ["service", "text", ("claim", "owner"), ("milestone", "work_item", "parent")]}),
        PLACE,
    ]


@admin.register(Criterion)
class CriterionAdmin(ClaimActions):
    list_display = [
        "text",
        "claim",
        "requirement",
        "measured",
        "to_fill_in",
        "evidence",
        "milestone",
        "owner",
        "service",
    ]
    list_editable = ["claim", "requirement"]
    list_filter = ["service", "claim", "kind", "requirement", "owner", "milestone", PresenceFilter]
    list_select_related = ["owner", "milestone", "service"]
    search_fields = ["text", "milestone__title", "work_item__title"]
    readonly_fields = [*ClaimActions.readonly_fields, "measured", "to_fill_in"]
    fieldsets = [
        (None, {"fields": ["service", "text", ("claim", "requirement", "kind"), "owner", ("milestone", "work_item")]}),
        ("What it measures", {"fields": ["measured", "to_fill_in"]}),
        PLACE,
    ]

    @admin.display(description="threshold")
    def measured(self, criterion: Criterion) -> str:
        return "; ".join(_sentence(measure) for measure in criterion.measures)

    @admin.display(description="still to fill in")
    def to_fill_in(self, criterion: Criterion) -> str:
        return ", ".join(criterion.placeholders)

    @admin.display(description="evidence")
    def evidence(self, criterion: Criterion) -> str:
        return format_html(
            '<a href="{}">What proves it</a>', reverse("admin:roadmap_criterion_evidence", args=[criterion.pk])
        )

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
    return f"{metric}{percentile} {SIGNS.get(measure['operator'], measure['operator'])} {amount}"
