"""Drilling backups."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from apps.audit import services as audit
from apps.backups.engines.advice import as_rows
from apps.backups.engines.contract import DrillJob
from apps.backups.engines.register import engine_named
from apps.backups.engines.report import DrillReport
from apps.backups.exceptions import NothingToDrill
from apps.backups.models import Backup, BackupCopy, Database, DrillRun, Schedule
from apps.common import runs
from apps.common.clock import Clock, now

from .custody import identities_for
from .observing import POINT_IN_TIME, RECOVERY_POINT, RECOVERY_TIME, RESTORE_DRILL, observe
from .points import drill_point, record_point
from .queueing import queue_run
from .storing import open_storage


@transaction.atomic
def queue_drill(
    *,
    database: Database,
    backup: Backup | None = None,
    actor: Any = None,
    schedule: Schedule | None = None,
    scheduled_for: datetime | None = None,
    at: datetime | None = None,
) -> DrillRun:
    """Add a drill of the backup, or of whatever is the newest when it starts. Raises RunUnfinished, NothingToDrill."""
    if schedule is None:
        _require_backup(database, backup)
    slot = {"schedule": schedule, "scheduled_for": scheduled_for}
    run = DrillRun(database=database, backup=backup, requested_by=actor, **slot)
    refusal = f"A backup of {database} is being drilled already. Wait until that drill ends."
    queue_run(run, action="drill.queued", at=at, refusal=refusal)
    return run


def carry_out_drill(*, run: DrillRun, clock: Clock = now) -> bool:
    """Drill the backup and record the verdict. False means that another worker has the run."""
    if run.is_point_in_time:
        is_mine = runs.carry_out(run, lambda: drill_point(run, clock), lambda it: record_point(run, it), clock=clock)
    else:
        is_mine = runs.carry_out(run, lambda: _drill(run, clock), lambda result: _record(run, *result), clock=clock)
    if is_mine:
        observe(run.database, POINT_IN_TIME if run.is_point_in_time else RESTORE_DRILL, RECOVERY_POINT, RECOVERY_TIME)
    return is_mine


def _drill(run: DrillRun, clock: Clock) -> tuple[Backup, DrillReport]:
    backup = run.backup or _choose_newest(run)
    job = DrillJob(
        storage=open_storage(copy_to_read(backup).storage),
        prefix=backup.storage_key,
        now=clock(),
        manifest_sha256=backup.manifest_sha256,
        connection_url=run.database.connection_url,
        identities=identities_for(backup),
        disk_budget_bytes=settings.DRILL_DISK_BUDGET_BYTES or None,
        checks=[check.question for check in run.database.checks.filter(is_enabled=True)],
    )
    return backup, engine_named(backup.engine).drill(job)


def copy_to_read(backup: Backup) -> BackupCopy:
    """The copy that a drill or a restore reads. Raises NothingToDrill when no storage has one."""
    copy = backup.copies.stored().select_related("storage").order_by("pk").first()
    if copy is None:
        raise NothingToDrill(f"No storage holds the backup {backup} any more. Choose a newer one.")
    return copy


def _record(run: DrillRun, backup: Backup, report: DrillReport) -> dict[str, Any]:
    audit.record(action="drill.finished", subject=run, details={"verdict": report.verdict.value, "backup": backup.pk})
    return {
        "backup": backup,
        "verdict": report.verdict.value,
        "findings": as_rows(report.findings),
        "warnings": as_rows(report.warnings),
        "stages": list(report.stages.items()),
        "rto_seconds": report.rto_seconds,
        "rpo_seconds": report.rpo_seconds,
        "tables": report.tables,
        "rows": report.rows,
        "size_bytes": report.size_bytes,
    }


@transaction.atomic
def _choose_newest(run: DrillRun) -> Backup:
    """Note which one it is at once, so that retention leaves it alone."""
    run.backup = _require_backup(run.database)
    run.save(update_fields=["backup"])
    return run.backup


def _require_backup(database: Database, backup: Backup | None = None) -> Backup:
    if backup is not None:  # retention that is about to remove it waits, or has removed it
        backup = Backup.objects.select_for_update(no_key=True).get(pk=backup.pk)
    if backup is not None and not backup.is_stored:
        raise NothingToDrill(f"The backup {backup} was removed from the storage. Choose a newer one.")
    backup = backup or database.backups.stored().newest_first().first()
    if backup is None:
        raise NothingToDrill(f"The database {database} has no backup yet. Take one first: manage.py backup {database}")
    return backup
