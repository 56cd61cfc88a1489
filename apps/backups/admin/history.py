"""What ran and what came of it, to be read."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from apps.audit.audited_admin import ReadOnlyAdmin
from apps.backups import selectors
from apps.backups.models import Backup, BackupRun, DrillRun
from apps.backups.selectors.storages import copies_of
from apps.common.cells import age_cell, status_cell
from apps.common.numbers import read_number
from apps.common.wording import duration_in_words, size_in_words

from .cells import objective_cell, stage_bar
from .retention import HoldViews


@admin.register(Backup)
class BackupAdmin(HoldViews, ReadOnlyAdmin):
    list_display = ["database", "as_of", "proof", "size", "of", "tables", "counted_rows", "took", "is_stored"]
    list_display_links = ["database", "as_of"]
    list_filter = ["database", "server_version"]
    list_select_related = ["database", "run"]
    date_hierarchy = "snapshot_at"
    change_form_template = "admin/backups/backup/change_form.html"
    nothing_yet = "Press “Back up now” on the page of a database, or add a schedule there."
    fields = ["database", "snapshot_at", "finished_at", "storage_key", "sha256", "removed_at"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return Backup.objects.with_newest_verdict().defer("fingerprint")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse | TemplateResponse:
        drills = DrillRun.objects.filter(backup=read_number(object_id) or 0)
        shown = {"drills": drills, "copies": copies_of(read_number(object_id) or 0), **self.hold_context(request)}
        return super().change_view(request, object_id, form_url, {**shown, **(extra_context or {})})

    @admin.display(description="as of", ordering="snapshot_at")
    def as_of(self, backup: Backup) -> Any:
        return age_cell(backup.snapshot_at)

    @admin.display(description="proof")
    def proof(self, backup: Any) -> Any:
        return status_cell(backup.drilled_as or "unverified")

    @admin.display(description="stored", ordering="size_bytes")
    def size(self, backup: Backup) -> str:
        return size_in_words(backup.size_bytes)

    @admin.display(description="of", ordering="database_size_bytes")
    def of(self, backup: Backup) -> str:
        return size_in_words(backup.database_size_bytes)

    @admin.display(description="rows", ordering="rows")
    def counted_rows(self, backup: Backup) -> str:
        return f"{backup.rows:,}"

    @admin.display(description="took")
    def took(self, backup: Backup) -> str | None:
        return duration_in_words(backup.run.duration) if backup.run.duration else None

    @admin.display(description="in the storage", boolean=True)
    def is_stored(self, backup: Backup) -> bool:
        return backup.is_stored


class RunAdmin(ReadOnlyAdmin):
    """What the histories of backups and drills share."""

    list_filter = ["status", "database"]
    list_select_related = ["database", "backup", "requested_by"]
    date_hierarchy = "queued_at"

    @admin.display(description="asked for", ordering="queued_at")
    def asked(self, run: Any) -> Any:
        return age_cell(run.queued_at)

    @admin.display(description="by")
    def by(self, run: Any) -> str:
        return str(run.requested_by or ("the schedule" if run.is_scheduled else "a command"))

    @admin.display(description="took")
    def took(self, run: Any) -> str | None:
        return duration_in_words(run.duration) if run.duration else None


@admin.register(BackupRun)
class BackupRunAdmin(RunAdmin):
    list_display = ["database", "asked", "came_to", "by", "took", "stored", "error"]
    list_display_links = ["database", "asked"]
    nothing_yet = BackupAdmin.nothing_yet
    fields = ["database", "status", "queued_at", "scheduled_for", "started_at", "finished_at", "requested_by", "error"]

    @admin.display(description="status", ordering="status")
    def came_to(self, run: BackupRun) -> Any:
        return status_cell(run.status)

    @admin.display(description="stored")
    def stored(self, run: BackupRun) -> str | None:
        return size_in_words(run.backup.size_bytes) if hasattr(run, "backup") else None


@admin.register(DrillRun)
class DrillRunAdmin(RunAdmin):
    list_display = ["database", "asked", "came_to", "by", "recovery", "point", "first_finding"]
    list_display_links = ["database", "asked"]
    list_filter = ["verdict", "status", "database"]
    change_form_template = "admin/backups/drillrun/change_form.html"
    nothing_yet = "Press “Drill now” on the page of a database: a backup that was never restored proves nothing."

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse | TemplateResponse:
        run = self.get_object(request, object_id)
        context = drill_context(run) if run else {}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    @admin.display(description="verdict", ordering="verdict")
    def came_to(self, run: DrillRun) -> Any:
        return status_cell(run.outcome)

    @admin.display(description="recovery", ordering="rto_seconds", empty_value="not measured")
    def recovery(self, run: DrillRun) -> Any:
        return _against(run.rto_seconds, run.database.rto_objective)

    @admin.display(description="data age", ordering="rpo_seconds")
    def point(self, run: DrillRun) -> Any:
        return _against(run.rpo_seconds, run.database.rpo_objective)

    @admin.display(description="finding")
    def first_finding(self, run: DrillRun) -> str:
        rest = f" (and {len(run.findings) - 1} more)" if len(run.findings) > 1 else ""
        return run.findings[0]["message"] + rest if run.findings else run.error


def drill_context(run: DrillRun) -> dict[str, Any]:
    """What the page of one drill shows beside the run itself."""
    return {
        "run": run,
        "stages": stage_bar(run.stage_rows),
        "meets": run.meets_objectives,
        "earlier": selectors.recent_drills(run.database),
        "fingerprint": selectors.fingerprint_summary(run.backup) if run.backup else None,
        "title": str(run),
    }


def _against(seconds: float | None, objective: timedelta) -> Any:
    return objective_cell(timedelta(seconds=seconds), objective) if seconds is not None else None
