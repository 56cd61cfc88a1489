"""Risks and costs in the admin."""

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from apps.roadmap.admin.cells import named_cell
from apps.roadmap.admin.claims import BulkActions
from apps.roadmap.admin.entries import PLACE, EntryAdmin
from apps.roadmap.admin.filters import OWNERS, RESPONSIBLE, SERVICE, PresenceFilter
from apps.roadmap.models import CostLine, Mitigation, Risk


class MitigationInline(admin.TabularInline):
    model = Mitigation
    extra = 0
    fields = ["kind", "text", "position"]


@admin.register(Risk)
class RiskAdmin(BulkActions):
    list_display = ["name", "status", "severity", "likelihood", "responsible", "mitigation_count", "service"]
    list_display_links = ["name"]
    list_editable = ["status", "severity", "likelihood"]
    list_filter = [SERVICE, "status", "severity", "likelihood", OWNERS, *RESPONSIBLE, PresenceFilter]
    list_select_related = ["service"]
    search_fields = ["title", "description", "impact", "mitigations__text"]
    inlines = [MitigationInline]
    fieldsets = [
        (None, {"fields": ["service", "title", "description", "impact", ("status", "severity", "likelihood")]}),
        ("Who", {"fields": ["owners", "assignees", "labels"]}),
        PLACE,
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Risk]:
        return super().get_queryset(request).annotate(mitigations_all=Count("mitigations", distinct=True))

    @admin.display(description="risk", ordering="title")
    def name(self, risk: Risk) -> SafeString:
        return named_cell(risk, risk.title)

    @admin.display(description="mitigations", ordering="mitigations_all")
    def mitigation_count(self, risk: Risk) -> int:
        return risk.mitigations_all  # type: ignore[attr-defined]


@admin.register(CostLine)
class CostLineAdmin(EntryAdmin):
    list_display = ["label", "amount", "period", "kind", "service"]
    list_filter = [SERVICE, "kind", "currency", "period", PresenceFilter]
    search_fields = ["label", "text"]
    fieldsets = [
        (None, {"fields": ["service", "work_item", "label", "text", "kind"]}),
        ("Amount", {"fields": [("amount_minimum", "amount_maximum", "currency", "period")]}),
        PLACE,
    ]

    @admin.display(description="amount", ordering="amount_maximum")
    def amount(self, line: CostLine) -> str:
        if line.amount_minimum is None or line.amount_maximum is None:
            return ""
        low, high = (f"{value.normalize():,f}" for value in (line.amount_minimum, line.amount_maximum))
        return f"{low if low == high else f'{low}–{high}'} {line.currency}".strip()
