"""Plans in the admin: where backups go, who reads them, how long they stay, when work rests."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from apps.audit.audited_admin import AuditedAdmin
from apps.backups.models import Plan, Recipient, Storage
from apps.backups.selectors.storages import to_be_copied
from apps.backups.services.plans import doubts_about, preview_of
from apps.common.cells import status_cell
from apps.common.clock import now
from apps.common.numbers import read_number

GIGABYTE, DAY, HOUR = 10**9, timedelta(days=1), timedelta(hours=1)
PERIODS = ["keep_hourly", "keep_daily", "keep_weekly", "keep_monthly", "keep_yearly"]


class PlanForm(forms.ModelForm):
    """Lengths and sizes in the units in which people think of them."""

    storages = forms.ModelMultipleChoiceField(
        Storage.objects.filter(is_enabled=True),
        widget=forms.CheckboxSelectMultiple,
        help_text="Every backup goes to each of them.",
    )
    recipients = forms.ModelMultipleChoiceField(
        Recipient.objects.active(),
        label="Keys",
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="Who can decrypt: one of them kept offline. None chosen, or none there yet: not encrypted.",
    )
    within_days = forms.IntegerField(
        label="All younger than", min_value=1, required=False, help_text="Days; and the one before them."
    )
    largest_gigabytes = forms.DecimalField(
        label="Largest size of all",
        min_value=Decimal("0.001"),
        max_digits=12,
        decimal_places=3,
        required=False,
        help_text="GB. Above it the oldest go, down to the proven floor.",
    )
    grace_hours = forms.IntegerField(
        label="Grace", min_value=0, help_text="Hours. What is let go stays for so long, and can be taken back."
    )

    class Meta:
        model = Plan
        fields = ["storages", "recipients", "keep_newest", *PERIODS, "proven_floor", "quiet_from", "quiet_until",
                  "priority"]  # fmt: skip
        widgets = {
            name: forms.TimeInput(attrs={"type": "time"}, format="%H:%M") for name in ("quiet_from", "quiet_until")
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        plan = self.instance
        self.initial["within_days"] = plan.keep_within // DAY if plan.keep_within else None
        self.initial["grace_hours"] = plan.removal_grace // HOUR
        if plan.largest_size_bytes:
            self.initial["largest_gigabytes"] = (Decimal(plan.largest_size_bytes) / GIGABYTE).normalize()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        days, gigabytes, hours = (cleaned.get(name) for name in ("within_days", "largest_gigabytes", "grace_hours"))
        self.instance.keep_within = days * DAY if days else None
        self.instance.largest_size_bytes = int(gigabytes * GIGABYTE) if gigabytes else None
        self.instance.removal_grace = (hours or 0) * HOUR
        return cleaned


@admin.register(Plan)
class PlanAdmin(AuditedAdmin):
    form = PlanForm
    list_display = ["database", "where", "encrypted_to", "newest", "rests", "priority", "removals"]
    list_select_related = ["database"]
    search_fields = ["database__name"]
    change_form_template = "admin/backups/plan/change_form.html"
    nothing_yet = "Each database gets one when it is added. Add a database first."
    fieldsets = [
        ("Where backups go, and who can read them", {"fields": ["storages", "recipients"]}),
        ("What stays", {
            "description": "A backup stays while any of these keeps it. Periods are those of UTC; a proven backup "
            "stands for its period before a newer one that nobody proved.",
            "fields": ["keep_newest", tuple(PERIODS), "within_days", "largest_gigabytes", "proven_floor",
                       "grace_hours"],
        }),
        ("When work rests", {
            "description": "What comes due inside quiet hours waits until their end. UTC, across midnight too.",
            "fields": [("quiet_from", "quiet_until"), "priority"],
        }),
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Plan]:
        return super().get_queryset(request).prefetch_related("storages", "recipients").order_by("database__name")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Each database has one from its first use on."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse | TemplateResponse:
        plan = Plan.objects.select_related("database").filter(pk=read_number(object_id) or 0).first()
        shown = _shown(plan) if plan else {}
        return super().change_view(request, object_id, form_url, {**shown, **(extra_context or {})})

    @admin.display(description="storages")
    def where(self, plan: Plan) -> str:
        return ", ".join(storage.name for storage in plan.storages.all()) or "none"

    @admin.display(description="encrypted to")
    def encrypted_to(self, plan: Plan) -> str:
        return ", ".join(recipient.name for recipient in plan.recipients.all()) or "nobody"

    @admin.display(description="newest kept", ordering="keep_newest")
    def newest(self, plan: Plan) -> int:
        return plan.keep_newest

    @admin.display(description="quiet hours", empty_value="none")
    def rests(self, plan: Plan) -> str | None:
        return f"{plan.quiet_from:%H:%M} to {plan.quiet_until:%H:%M} UTC" if plan.quiet_hours else None

    @admin.display(description="removals")
    def removals(self, plan: Plan) -> Any:
        return status_cell("frozen" if plan.frozen_because else "ok")


def _shown(plan: Plan) -> dict[str, Any]:
    return {
        "preview": preview_of(plan, at=now()),
        "doubts": doubts_about(plan, at=now()),
        "to_be_copied": to_be_copied(plan),
    }
