"""Snapshots of gates and sign-offs in the admin: read, and compared, never changed."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path
from django.urls.resolvers import URLPattern
from django.utils.safestring import SafeString

from apps.audit.audited_admin import ReadOnlyAdmin
from apps.common.cells import status_cell
from apps.common.numbers import read_number
from apps.roadmap.admin.gate_page import GatePageView
from apps.roadmap.engines.gate_comparison import compare
from apps.roadmap.models import GateEvaluation, SignOff
from apps.roadmap.selectors.decisions import evaluations_of


@admin.register(GateEvaluation)
class GateEvaluationAdmin(ReadOnlyAdmin):
    list_display = ["environment", "milestone_asked", "decided", "cause", "actor", "policy_version", "at"]
    list_filter = ["decision", "cause", "environment__service"]
    list_select_related = ["environment__service", "actor"]
    search_fields = ["environment__service__slug", "environment__service__name", "milestone", "digest"]
    date_hierarchy = "at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[GateEvaluation]:
        return super().get_queryset(request).select_related("environment__service", "actor")

    def get_urls(self) -> list[URLPattern]:
        gate = self.admin_site.admin_view(GatePageView.as_view(model_admin=self))
        compared = self.admin_site.admin_view(self.comparison)
        own = [
            path("environment/<int:environment_id>/", gate, name="roadmap_gate"),
            path("<int:evaluation_id>/comparison/", compared, name="roadmap_gate_comparison"),
        ]
        return [*own, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """A snapshot as it was answered, with the others to compare it with."""
        evaluation = self.get_object(request, object_id)
        if evaluation is None:
            raise Http404("There is no such snapshot.")
        if not self.has_view_permission(request, evaluation):
            raise PermissionDenied
        others = evaluations_of(evaluation.environment, evaluation.milestone).exclude(pk=evaluation.pk)[:20]
        return self._page(request, "evaluation", evaluation=evaluation, others=others, title=str(evaluation))

    def comparison(self, request: HttpRequest, evaluation_id: int) -> HttpResponse:
        """What turned between a snapshot and another, the earlier first."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        other = read_number(request.GET.get("with"))
        rows = GateEvaluation.objects.select_related("environment__service", "actor")
        first = get_object_or_404(rows, pk=evaluation_id)
        second = get_object_or_404(rows, pk=other, environment=first.environment_id)
        before, after = sorted([first, second], key=lambda each: (each.at, each.pk))
        turned = compare(before.answer, after.answer)
        return self._page(request, "comparison", before=before, after=after, turned=turned, title="What turned")

    @admin.display(description="milestone", ordering="milestone")
    def milestone_asked(self, evaluation: GateEvaluation) -> str:
        return evaluation.milestone or "all"

    @admin.display(description="answer", ordering="decision")
    def decided(self, evaluation: GateEvaluation) -> SafeString:
        return status_cell(evaluation.decision)

    def _page(self, request: HttpRequest, name: str, **context: Any) -> HttpResponse:
        context |= {**self.admin_site.each_context(request), "opts": self.opts, "title": context["title"]}
        return TemplateResponse(request, f"admin/roadmap/gateevaluation/{name}.html", context)


@admin.register(SignOff)
class SignOffAdmin(ReadOnlyAdmin):
    list_display = ["role", "environment", "person", "word", "comment", "at"]
    list_filter = ["word", "role", "evaluation__environment__service"]
    list_select_related = ["evaluation__environment__service", "person"]
    search_fields = ["role", "person__email", "person__full_name", "comment"]
    date_hierarchy = "at"

    @admin.display(description="gate", ordering="evaluation__environment")
    def environment(self, sign_off: SignOff) -> str:
        asked = f", {sign_off.evaluation.milestone}" if sign_off.evaluation.milestone else ""
        return f"{sign_off.evaluation.environment}{asked}"
