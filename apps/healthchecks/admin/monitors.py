"""Monitors, with how their services do."""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from apps.audit.audited_admin import AuditedAdmin, staff_user
from apps.common.cells import age_cell, status_cell
from apps.common.clock import now
from apps.common.numbers import read_number
from apps.common.wording import counted
from apps.healthchecks import services, tasks
from apps.healthchecks.models import Monitor, ProbeResult
from apps.healthchecks.selectors.availability import Availability, availability, availability_of, newest_results

from .strip import strip_of

SHOWN_WINDOW = timedelta(hours=24)
SHOWN_ANSWERS = 60
LISTED_ANSWERS = 15


class MonitorChangeList(ChangeList):
    """Reads the figures of all monitors of the page at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        keys = [monitor.pk for monitor in self.result_list]
        newest, figures = newest_results(keys), availability_of(keys, end=now(), window=SHOWN_WINDOW)
        for monitor in self.result_list:
            monitor.newest_result, monitor.figures = newest.get(monitor.pk), figures.get(monitor.pk)


@admin.register(Monitor)
class MonitorAdmin(AuditedAdmin):
    list_display = ["environment", "state", "answer", "asked", "available", "p95", "is_enabled"]
    list_filter = ["is_enabled", "environment__service"]
    search_fields = ["environment__service__name", "environment__service__slug", "url"]
    list_select_related = ["environment__service"]
    actions = ["check_now"]
    fieldsets = [
        (None, {"fields": ["environment", "url", "is_enabled"]}),
        ("How it is asked", {"fields": ["interval_seconds", "timeout_seconds", "expected_status"]}),
    ]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return MonitorChangeList

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.check_view)
        return [path("<int:pk>/check/", view, name="healthchecks_monitor_check"), *super().get_urls()]

    @method_decorator(require_POST)
    def check_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask one monitor's address now."""
        monitor = get_object_or_404(Monitor, pk=pk)
        if not self.has_change_permission(request, monitor):
            raise PermissionDenied
        self._check(request, [monitor])
        return redirect("admin:healthchecks_monitor_change", pk)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse | TemplateResponse:
        monitor = Monitor.objects.filter(pk=read_number(object_id) or 0).first()
        health = _health_of(monitor) if monitor else {}
        return super().change_view(request, object_id, form_url, {**health, **(extra_context or {})})

    @admin.display(description="now", empty_value="not asked yet")
    def state(self, monitor: Any) -> SafeString | None:
        return status_cell("up" if monitor.newest_result.is_up else "down") if monitor.newest_result else None

    @admin.display(description="last answer")
    def answer(self, monitor: Any) -> str | None:
        newest: ProbeResult | None = monitor.newest_result
        if newest is None:
            return None
        return newest.error or f"{newest.status_code} in {newest.duration_milliseconds:.0f} ms"

    @admin.display(description="asked")
    def asked(self, monitor: Any) -> SafeString | None:
        return age_cell(monitor.newest_result.scheduled_at) if monitor.newest_result else None

    @admin.display(description="available, 24 h")
    def available(self, monitor: Any) -> SafeString | None:
        figures: Availability | None = monitor.figures
        if figures is None or figures.availability_percent is None:
            return None
        return format_html(
            '{} %<div class="sub">{} % of it known</div>',
            figures.availability_percent,
            f"{figures.coverage_percent:.1f}",
        )

    @admin.display(description="p95, 24 h")
    def p95(self, monitor: Any) -> str | None:
        figures: Availability | None = monitor.figures
        return f"{figures.p95_milliseconds:.0f} ms" if figures and figures.p95_milliseconds is not None else None

    @admin.action(permissions=["change"], description="Check now")
    def check_now(self, request: HttpRequest, queryset: QuerySet[Monitor]) -> None:
        self._check(request, list(queryset))

    def _check(self, request: HttpRequest, monitors: list[Monitor]) -> None:
        run = services.queue_probe_now(monitors=monitors, at=now(), actor=staff_user(request))
        transaction.on_commit(lambda: tasks.carry_out_probes.delay(run.pk))
        addresses = counted(len(monitors), "address", "addresses")
        self.message_user(request, f"Asking {addresses}; reload in a few seconds.", messages.INFO)


def _health_of(monitor: Monitor) -> dict[str, Any]:
    answers = list(ProbeResult.objects.filter(monitor=monitor)[:SHOWN_ANSWERS])
    return {
        "answers": answers[:LISTED_ANSWERS],
        "newest": answers[0] if answers else None,
        "strip": strip_of(answers),
        "figures": availability(monitor, end=now(), window=SHOWN_WINDOW),
        "objective": monitor.environment.service.availability_objective,
    }
