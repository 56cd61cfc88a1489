"""The page of an environment's gate: the answer, who signed, and what this person may decide."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.views.generic import View

from apps.audit.audited_admin import staff_user
from apps.catalog.models import Environment
from apps.common.clock import now
from apps.roadmap.exceptions import RoadmapError, UnknownMilestone
from apps.roadmap.models import Milestone
from apps.roadmap.selectors.gate_page import gate_page
from apps.roadmap.services import signing
from apps.roadmap.services.badges import switch_badge_off, switch_badge_on
from apps.roadmap.services.evaluating import answer_as_read

READS = ("roadmap.view_gateevaluation", "roadmap.view_milestone", "roadmap.view_criterion")
SIGNS, LAUNCHES = "roadmap.sign_gate", "roadmap.launch_gate"
SHOWS_BADGES, HIDES_BADGES = "roadmap.add_publicbadge", "roadmap.delete_publicbadge"


class DecisionForm(forms.Form):
    """What is posted from the gate's page: the decision, and the digest of the answer that was read."""

    action = forms.ChoiceField(
        choices=[(name, name) for name in ("approve", "reject", "override", "launch", "keep", "show", "hide")]
    )
    expected = forms.CharField(max_length=64, required=False)
    role = forms.CharField(max_length=60, required=False)
    comment = forms.CharField(max_length=5000, required=False)
    ends_at = forms.DateTimeField(required=False)


class GatePageView(View):
    """Reads the gate of an environment, and takes decisions about it."""

    model_admin: admin.ModelAdmin = None  # type: ignore[assignment]  # given to as_view

    def get(self, request: HttpRequest, environment_id: int) -> HttpResponse:
        environment, milestone = self._asked(request, environment_id)
        try:
            page = gate_page(environment=environment, milestone=milestone, person=staff_user(request), at=now())
        except UnknownMilestone as error:
            raise Http404(error.message) from error
        context = {
            **self.model_admin.admin_site.each_context(request),
            "opts": self.model_admin.opts,
            "title": f"Gate of {environment}",
            "page": page,
            "answer": page.answer,
            "service": environment.service,
            "milestones": _milestones(environment),
            "latest_override": now() + signing.LONGEST_OVERRIDE,
        }
        return TemplateResponse(request, "admin/roadmap/gateevaluation/gate.html", context)

    def post(self, request: HttpRequest, environment_id: int) -> HttpResponse:
        environment, milestone = self._asked(request, environment_id)
        form = DecisionForm(request.POST)
        if form.is_valid():
            self._decide(request, environment, milestone, form.cleaned_data)
        else:
            problems = (f"{form[name].label}: {' '.join(map(str, said))}" for name, said in form.errors.items())
            messages.error(request, " ".join(problems))
        query = f"?{urlencode({'milestone': milestone})}" if milestone else ""
        return HttpResponseRedirect(f"{request.path}{query}")

    def _decide(self, request: HttpRequest, environment: Environment, milestone: str, said: dict[str, Any]) -> None:
        permission, act = _ACTIONS[said["action"]]
        if not request.user.has_perm(permission):
            raise PermissionDenied
        try:
            words = act(environment=environment, milestone=milestone, said=said, actor=staff_user(request))
        except RoadmapError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, words)

    def _asked(self, request: HttpRequest, environment_id: int) -> tuple[Environment, str]:
        if not request.user.has_perms(READS):
            raise PermissionDenied
        environment = get_object_or_404(Environment.objects.select_related("service__owner"), pk=environment_id)
        return environment, request.GET.get("milestone", "")


def _milestones(environment: Environment) -> list[str]:
    current = Milestone.objects.current().of_service(environment.service).in_order()
    return [milestone.code or milestone.title for milestone in current.only("code", "title")]


def _sign(environment: Environment, milestone: str, said: dict[str, Any], actor: Any) -> str:
    approves = said["action"] == "approve"
    signing.sign(
        environment=environment,
        milestone=milestone,
        role=said["role"],
        approves=approves,
        comment=said["comment"],
        expected=said["expected"],
        actor=actor,
    )
    return f"You {'approved' if approves else 'rejected'} it as {said['role']}."


def _override(environment: Environment, milestone: str, said: dict[str, Any], actor: Any) -> str:
    row = signing.override(
        environment=environment,
        milestone=milestone,
        role=said["role"],
        reason=said["comment"],
        ends_at=said["ends_at"] or now(),
        expected=said["expected"],
        actor=actor,
    )
    return f"You answer for the no-go until {row.ends_at:%Y-%m-%d %H:%M} UTC."


def _launch(environment: Environment, milestone: str, said: dict[str, Any], actor: Any) -> str:
    signing.launch(
        environment=environment, milestone=milestone, comment=said["comment"], expected=said["expected"], actor=actor
    )
    return (
        "The launch is recorded. The gate is asked on from here; you hear of it when it would not let it go any more."
    )


def _keep(environment: Environment, milestone: str, said: dict[str, Any], actor: Any) -> str:
    at = now()
    answer = answer_as_read(environment=environment, milestone=milestone, expected=said["expected"], at=at)
    signing.keep_evaluation(environment=environment, answer=answer, actor=actor, at=at)
    return "This answer is kept, to compare it later."


def _show_badge(environment: Environment, milestone: str, said: dict[str, Any], actor: Any) -> str:
    switch_badge_on(environment=environment, actor=actor)
    return "Whoever knows the badge's address sees it, without signing in."


def _hide_badge(environment: Environment, milestone: str, said: dict[str, Any], actor: Any) -> str:
    switch_badge_off(environment=environment, actor=actor)
    return "The badge's public address is gone."


_ACTIONS: dict[str, tuple[str, Callable[..., str]]] = {
    "approve": (SIGNS, _sign),
    "reject": (SIGNS, _sign),
    "override": (SIGNS, _override),
    "launch": (LAUNCHES, _launch),
    "keep": (SIGNS, _keep),
    "show": (SHOWS_BADGES, _show_badge),
    "hide": (HIDES_BADGES, _hide_badge),
}
