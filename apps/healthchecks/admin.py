"""Monitors and what they saw, in the admin."""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from apps.audit.audited_admin import AuditedAdmin, ReadOnlyAdmin, staff_user
from apps.common.clock import now
from apps.healthchecks import services, tasks
from apps.healthchecks.models import Monitor, ProbeResult, ProbeRun
from apps.healthchecks.selectors.availability import Availability, availability_of, newest_results

SHOWN_WINDOW = timedelta(hours=24)
SHOWN_RESULTS = 20


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
    list_display = ["environment", "url", "is_up", "answer", "last_asked", "availability", "p95", "is_enabled"]
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

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse | TemplateResponse:
        results = ProbeResult.objects.filter(monitor_id=int(object_id))[:SHOWN_RESULTS] if object_id.isdigit() else []
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "results": results})

    @admin.display(description="up", boolean=True)
    def is_up(self, monitor: Any) -> bool | None:
        return monitor.newest_result.is_up if monitor.newest_result else None

    @admin.display(description="last answer", empty_value="not asked yet")
    def answer(self, monitor: Any) -> str | None:
        newest: ProbeResult | None = monitor.newest_result
        if newest is None:
            return None
        return newest.error or f"{newest.status_code} in {newest.duration_milliseconds:.0f} ms"

    @admin.display(description="asked")
    def last_asked(self, monitor: Any) -> Any:
        return monitor.newest_result and monitor.newest_result.scheduled_at

    @admin.display(description="available, 24 h")
    def availability(self, monitor: Any) -> str | None:
        figures: Availability | None = monitor.figures
        if figures is None or figures.availability_percent is None:
            return None
        return f"{figures.availability_percent:g} % of the {figures.coverage_percent:g} % known"

    @admin.display(description="p95, 24 h")
    def p95(self, monitor: Any) -> str | None:
        figures: Availability | None = monitor.figures
        return f"{figures.p95_milliseconds:.0f} ms" if figures and figures.p95_milliseconds is not None else None

    @admin.action(permissions=["change"], description="Check now")
    def check_now(self, request: HttpRequest, queryset: QuerySet[Monitor]) -> None:
        run = services.queue_probe_now(monitors=queryset, at=now(), actor=staff_user(request))
        transaction.on_commit(lambda: tasks.carry_out_probes.delay(run.pk))
        self.message_user(request, f"Asking {len(run.monitor_ids)} addresses; reload in a few seconds.", messages.INFO)


@admin.register(ProbeResult)
class ProbeResultAdmin(ReadOnlyAdmin):
    list_display = ["scheduled_at", "monitor", "is_up", "status_code", "duration_milliseconds", "attempts", "error"]
    list_filter = ["is_up", "monitor"]
    list_select_related = ["monitor__environment__service"]
    date_hierarchy = "scheduled_at"
    show_full_result_count = False


@admin.register(ProbeRun)
class ProbeRunAdmin(ReadOnlyAdmin):
    list_display = ["queued_at", "scheduled_for", "status", "monitors", "error"]
    list_filter = ["status"]
    show_full_result_count = False

    @admin.display(description="monitors")
    def monitors(self, run: ProbeRun) -> int:
        return len(run.monitor_ids)
