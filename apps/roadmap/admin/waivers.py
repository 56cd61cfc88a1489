"""Waivers in the admin: asked for on the page of a criterion, decided by another on a page of their own."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.db.models.expressions import Combinable
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from apps.audit.audited_admin import ReadOnlyAdmin, staff_user
from apps.catalog.models import Environment
from apps.common.cells import status_cell
from apps.common.clock import now
from apps.common.wording import date_in_words
from apps.roadmap.engines.waivers import latest_last_day, longest_waiver
from apps.roadmap.exceptions import RoadmapError
from apps.roadmap.models import Criterion, Phase, Waiver
from apps.roadmap.selectors.standings import status_in
from apps.roadmap.services.waivers import APPROVE, approve_waiver, deny_waiver, request_waiver, revoke_waiver

ENDING_SOON = "ending_soon"
_DECISIONS: dict[str, Callable[..., Waiver]] = {"approve": approve_waiver, "deny": deny_waiver, "revoke": revoke_waiver}


class WaiverForm(forms.Form):
    """What is asked of whoever asks for a waiver. Days are of UTC."""

    environment = forms.ModelChoiceField(Environment.objects.none())
    reason_category = forms.ChoiceField(label="Kind of reason", choices=Waiver.ReasonCategory)
    reason = forms.CharField(label="Why it cannot be proven in time", widget=forms.Textarea(attrs={"rows": 3}))
    compensating_control = forms.CharField(
        label="What protects production until then", widget=forms.Textarea(attrs={"rows": 3})
    )
    starts_on = forms.DateField(
        label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}), help_text="Empty for now."
    )
    ends_on = forms.DateField(label="Last day", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *arguments: Any, criterion: Criterion, at: datetime, **options: Any) -> None:
        super().__init__(*arguments, **options)
        environments = criterion.service.environments.select_related("service")
        self.fields["environment"].queryset = environments  # type: ignore[attr-defined]
        self.fields["environment"].initial = next((each.pk for each in environments if each.is_default), None)
        tier = criterion.service.tier
        latest = latest_last_day(at, tier)
        self.fields["ends_on"].help_text = (
            f"It lapses when this day is over, in UTC. A service of tier {tier} may be waived for "
            f"{longest_waiver(tier).days} days: from now until {date_in_words(latest)}."
        )
        self._at = at

    def clean_ends_on(self) -> date:
        """The last day, which another has to follow."""
        day: date = self.cleaned_data["ends_on"]
        if day == date.max:
            raise forms.ValidationError("No day follows this one, on which it could lapse.")
        return day

    def values(self) -> dict[str, Any]:
        """What the service is asked, with instants for days."""
        values = dict(self.cleaned_data)
        starts_on, ends_on = values.pop("starts_on"), values.pop("ends_on")
        starts_at = _midnight(starts_on) if starts_on and starts_on != self._at.date() else None
        return values | {"starts_at": starts_at, "ends_at": _midnight(ends_on) + timedelta(days=1)}

    def refuse(self, message: str) -> None:
        """Say what the service refused, beside the field that it names."""
        name, _, words = message.partition(": ")
        field = {"starts_at": "starts_on", "ends_at": "ends_on"}.get(name, name)
        if field in self.fields:
            self.add_error(field, capfirst(words))
        else:
            self.add_error(None, message)


class PhaseFilter(admin.SimpleListFilter):
    """By what the waiver is today."""

    title = "state"
    parameter_name = "phase"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        phases = [(str(phase), phase.capitalize()) for phase in Phase]
        return [*phases[:2], (ENDING_SOON, "Ending soon"), *phases[2:]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        waivers: Any = queryset
        if self.value() == ENDING_SOON:
            return waivers.ending_soon(now())
        return waivers.in_phase(self.value(), now()) if self.value() else waivers


@admin.register(Waiver)
class WaiverAdmin(ReadOnlyAdmin):
    list_display = ["criterion", "environment", "phase", "ends", "requested_by"]
    list_filter = [PhaseFilter, "criterion__service", "reason_category"]
    list_select_related = ["criterion", "environment__service", "requested_by"]
    search_fields = ["criterion__text", "reason", "compensating_control"]
    list_per_page = 50
    nothing_yet = "A waiver is asked for on the page of a criterion, and approved by somebody else."

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.request_page)
        return [path("criterion/<int:criterion_id>/", page, name="roadmap_waiver_request"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Waiver]:
        return Waiver.objects.by_urgency(now())

    def get_ordering(self, request: HttpRequest) -> list[str | Combinable]:
        """As the queryset is: the list would put the model's own order first."""
        return ["urgency", "ends_at"]

    @admin.display(description="state")
    def phase(self, waiver: Waiver) -> SafeString:
        return status_cell(ENDING_SOON if waiver.ends_soon(now()) else waiver.phase(now()))

    @admin.display(description="last day", ordering="ends_at")
    def ends(self, waiver: Waiver) -> str:
        return date_in_words(waiver.last_day)

    def request_page(self, request: HttpRequest, criterion_id: int) -> HttpResponse:
        """Ask for a waiver of a criterion."""
        if not request.user.has_perms(["roadmap.add_waiver", "roadmap.view_criterion"]):
            raise PermissionDenied
        criterion = get_object_or_404(Criterion.objects.select_related("service", "milestone"), pk=criterion_id)
        form = WaiverForm(request.POST or None, criterion=criterion, at=now())
        if form.is_valid():
            try:
                waiver = request_waiver(criterion=criterion, actor=staff_user(request), **form.values())
            except RoadmapError as error:
                form.refuse(error.message)
            else:
                self.message_user(request, "The waiver is asked for; those who may approve it are told.")
                return HttpResponseRedirect(_page_of(waiver))
        context = {"title": "Request a waiver", "criterion": criterion, "form": form}
        return self._render(request, "admin/roadmap/waiver/request.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A waiver with the evidence and the standing below it; decisions are posted to it."""
        waiver = self.get_object(request, object_id)
        if not self.has_view_permission(request, waiver):
            raise PermissionDenied
        if waiver is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
        return self._decide(request, waiver) if request.method == "POST" else self._show(request, waiver)

    def _show(self, request: HttpRequest, waiver: Waiver) -> HttpResponse:
        at = now()
        context = {
            "title": "Waiver",
            "original": waiver,
            "waiver": waiver,
            "phase": ENDING_SOON if waiver.ends_soon(at) else waiver.phase(at),
            "status": status_in(waiver.criterion, waiver.environment, at),
            "decisions": self._decisions(request, waiver, at),
        }
        return self._render(request, "admin/roadmap/waiver/change_form.html", context)

    def _decisions(self, request: HttpRequest, waiver: Waiver, at: datetime) -> list[tuple[str, str]]:
        """What this person may do about it now, with the words on the button."""
        phase, may_approve = waiver.phase(at), request.user.has_perm(APPROVE)
        if phase is Phase.REQUESTED and request.user == waiver.requested_by:
            return [("deny", "Take it back")]
        if phase is Phase.REQUESTED and may_approve:
            return [("approve", "Approve"), ("deny", "Deny")]
        return [("revoke", "Revoke")] if phase in {Phase.ACTIVE, Phase.UPCOMING} and may_approve else []

    def _decide(self, request: HttpRequest, waiver: Waiver) -> HttpResponse:
        decision, actor = request.POST.get("decision", ""), staff_user(request)
        is_own_request = decision == "deny" and actor == waiver.requested_by
        if decision not in _DECISIONS or not (request.user.has_perm(APPROVE) or is_own_request):
            raise PermissionDenied
        try:
            _DECISIONS[decision](waiver=waiver, actor=actor, comment=request.POST.get("comment", ""))
        except RoadmapError as error:
            self.message_user(request, error.message, messages.ERROR)
        else:
            self.message_user(request, f"The waiver is {waiver.get_state_display().lower()}.")
        return HttpResponseRedirect(_page_of(waiver))

    def _render(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, template, context)


def _page_of(waiver: Waiver) -> str:
    return reverse("admin:roadmap_waiver_change", args=[waiver.pk])


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
