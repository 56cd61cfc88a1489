"""Every answer, and every run of the prober, to be read."""

from django.contrib import admin
from django.utils.safestring import SafeString

from apps.audit.audited_admin import ReadOnlyAdmin
from apps.common.cells import age_cell, status_cell
from apps.healthchecks.models import ProbeResult, ProbeRun


@admin.register(ProbeResult)
class ProbeResultAdmin(ReadOnlyAdmin):
    list_display = ["asked", "monitor", "state", "status_code", "took", "attempts", "error"]
    list_filter = ["is_up", "monitor"]
    list_select_related = ["monitor__environment__service"]
    date_hierarchy = "scheduled_at"
    show_full_result_count = False

    @admin.display(description="asked", ordering="scheduled_at")
    def asked(self, result: ProbeResult) -> SafeString | None:
        return age_cell(result.scheduled_at)

    @admin.display(description="answer", ordering="is_up")
    def state(self, result: ProbeResult) -> SafeString:
        return status_cell("up" if result.is_up else "down")

    @admin.display(description="took", ordering="duration_milliseconds")
    def took(self, result: ProbeResult) -> str:
        return f"{result.duration_milliseconds:.0f} ms"


@admin.register(ProbeRun)
class ProbeRunAdmin(ReadOnlyAdmin):
    list_display = ["queued", "state", "monitors", "error"]
    list_filter = ["status"]
    show_full_result_count = False

    @admin.display(description="queued", ordering="queued_at")
    def queued(self, run: ProbeRun) -> SafeString | None:
        return age_cell(run.queued_at)

    @admin.display(description="status", ordering="status")
    def state(self, run: ProbeRun) -> SafeString:
        return status_cell(run.status)

    @admin.display(description="monitors")
    def monitors(self, run: ProbeRun) -> int:
        return len(run.monitor_ids)
