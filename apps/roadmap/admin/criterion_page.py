"""The page of a criterion: its clauses, what proves each, what is suggested, and what people decide about that."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern

from apps.audit.audited_admin import staff_user
from apps.catalog.exceptions import UnknownEnvironment
from apps.catalog.selectors import find_environment
from apps.common.clock import now
from apps.common.exceptions import OperationError
from apps.common.numbers import read_numbers
from apps.common.statuses import look_of
from apps.roadmap.engines.chosen_clauses import clauses_of
from apps.roadmap.engines.clauses import propose_clauses, split_clauses
from apps.roadmap.models import Binding, Criterion
from apps.roadmap.selectors.standings import status_in
from apps.roadmap.selectors.statuses import CriterionStatus
from apps.roadmap.selectors.transitions import transitions_of
from apps.roadmap.selectors.waivers import waivers_of
from apps.roadmap.services.binding import accept_binding, confirm_binding, decline_binding
from apps.roadmap.services.clauses import accept_for_clause, choose_clauses

ACCEPT_PERMISSION = "roadmap.accept_binding"
REQUEST_WAIVER = "roadmap.add_waiver"
SPLIT_PERMISSIONS = ("roadmap.change_criterion", ACCEPT_PERMISSION)
_DECISIONS: dict[str, Callable[..., Binding]] = {
    "accept": accept_binding,
    "decline": decline_binding,
    "confirm": confirm_binding,
}


class CriterionPage(admin.ModelAdmin):
    """Adds the page of a criterion to the checks."""

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.criterion_page)
        return [path("criterion/<int:criterion_id>/", page, name="roadmap_criterion_evidence"), *super().get_urls()]

    def has_accept_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(ACCEPT_PERMISSION)

    def criterion_page(self, request: HttpRequest, criterion_id: int) -> HttpResponse:
        """A criterion with its clauses, what proves each, and what is suggested; decisions are posted to it."""
        criterion = get_object_or_404(Criterion.objects.select_related("service", "milestone"), pk=criterion_id)
        if not self.has_view_permission(request) or not request.user.has_perm("roadmap.view_criterion"):
            raise PermissionDenied
        if request.method == "POST":
            self._post(request, criterion)
            return HttpResponseRedirect(reverse("admin:roadmap_criterion_evidence", args=[criterion.pk]))
        context = {
            **self.admin_site.each_context(request),
            **_clauses(criterion),
            "opts": self.opts,
            "title": "What proves it",
            "criterion": criterion,
            "status": _status_of(criterion),
            "declined": criterion.bindings.filter(state=Binding.State.DECLINED),
            "may_accept": self.has_accept_permission(request),
            "may_split": _may_split(request),
            "may_add": self.has_add_permission(request),
            "waivers": waivers_of(criterion, now()) if request.user.has_perm("roadmap.view_waiver") else [],
            "transitions": transitions_of(criterion),
            "may_waive": criterion.is_waivable and request.user.has_perm(REQUEST_WAIVER),
        }
        return TemplateResponse(request, "admin/roadmap/binding/criterion.html", context)

    def decide(self, request: HttpRequest, bindings: Iterable[Binding], decision: str) -> None:
        """Decide about checks, and say of each what came of it."""
        for binding in bindings:
            self._try(request, binding, lambda each: _DECISIONS[decision](binding=each, actor=staff_user(request)))

    def _post(self, request: HttpRequest, criterion: Criterion) -> None:
        decision = request.POST.get("decision", "")
        if decision == "split" and _may_split(request):
            self._split(request, criterion)
            return
        if decision not in {*_DECISIONS, "narrow"} or not self.has_accept_permission(request):
            raise PermissionDenied
        chosen = criterion.bindings.filter(pk__in=read_numbers(request.POST.getlist("binding")))
        if decision != "narrow":
            self.decide(request, chosen, decision)
            return
        clause, actor = request.POST.get("clause", ""), staff_user(request)
        for binding in chosen:
            self._try(request, binding, lambda each: accept_for_clause(binding=each, clause=clause, actor=actor))

    def _split(self, request: HttpRequest, criterion: Criterion) -> None:
        clauses = [line for line in request.POST.get("clauses", "").splitlines() if line.strip()]
        criterion.text = request.POST.get("text", criterion.text)  # what the person saw
        try:
            choose_clauses(criterion=criterion, clauses=clauses, actor=staff_user(request))
        except OperationError as error:
            self.message_user(request, error.message, messages.ERROR)
        else:
            self.message_user(request, "Each of its clauses needs a proof." if clauses else "Its semicolons split it.")

    def _try(self, request: HttpRequest, binding: Binding, act: Callable[[Binding], Any]) -> None:
        try:
            act(binding)
        except OperationError as error:
            self.message_user(request, f"{binding}: {error.message}", messages.ERROR)
        else:
            self.message_user(request, f"{look_of(binding.state).word}: {binding}.")


def _clauses(criterion: Criterion) -> dict[str, Any]:
    """How it is split, and how it might be."""
    clauses = clauses_of(criterion.text, criterion.clauses)
    proposed = propose_clauses(criterion.text).clauses
    return {
        "clauses": clauses,
        "is_split_by_hand": bool(criterion.clauses) and clauses != split_clauses(criterion.text),
        "is_split_out_of_date": bool(criterion.clauses) and list(clauses) != criterion.clauses,
        "proposed": proposed if len(proposed) > len(clauses) and not criterion.clauses else (),
        "parts": clauses if len(clauses) > 1 else proposed if len(proposed) > 1 and not criterion.clauses else (),
    }


def _may_split(request: HttpRequest) -> bool:
    return any(request.user.has_perm(permission) for permission in SPLIT_PERMISSIONS)


def _status_of(criterion: Criterion) -> CriterionStatus | None:
    try:
        environment = find_environment(criterion.service)
    except UnknownEnvironment:
        return None
    return status_in(criterion, environment, now())
