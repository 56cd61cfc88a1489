"""Drilling backups."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from apps.audit import services as audit
from apps.backups.engines import findings
from apps.backups.engines.advice import as_rows
from apps.backups.engines.checks import Check
from apps.backups.engines.contract import DrillJob
from apps.backups.engines.register import engine_named
from apps.backups.engines.report import DrillReport, left_open, report_of
from apps.backups.exceptions import KeyMissing, NothingToDrill
from apps.backups.models import Backup, BackupCopy, Database, DrillRun, Schedule
from apps.common import runs
from apps.common.clock import Clock, now

from .copies import copies_to_read
from .custody import identities_for
from .custody_drills import key_alone, newest_readable_by, note_custody, read_escrow
from .observing import KEY_CUSTODY, POINT_IN_TIME, RECOVERY_POINT, RECOVERY_TIME, RESTORE_DRILL, observe
from .points import drill_point, record_point
from .queueing import queue_run
from .reproof import conditions_of, earlier_proof, report_again
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


def carry_out_drill(*, run: DrillRun, identity: str = "", clock: Clock = now) -> bool:
    """Drill the backup and record the verdict. False means that another worker has the run.

    `identity` is that of a custody drill's key when a person brings it; it is kept nowhere.
    """
    if run.is_point_in_time:
        is_mine = runs.carry_out(run, lambda: drill_point(run, clock), lambda it: record_point(run, it), clock=clock)
    elif run.is_custody:
        is_mine = runs.carry_out(
            run, lambda: _drill_custody(run, identity, clock), lambda it: _record(run, *it, clock()), clock=clock
        )
    else:
        is_mine = runs.carry_out(run, lambda: _drill(run, clock), lambda it: _record(run, *it, clock()), clock=clock)
    if is_mine:
        observe(run.database, *_evidence_of(run), RECOVERY_POINT, RECOVERY_TIME)
    return is_mine


def _evidence_of(run: DrillRun) -> list[str]:
    if run.is_point_in_time:
        return [POINT_IN_TIME]
    return [RESTORE_DRILL, KEY_CUSTODY] if run.is_custody else [RESTORE_DRILL]


def _drill(run: DrillRun, clock: Clock) -> tuple[Backup, DrillReport]:
    backup = run.backup or _choose(run, _require_backup(run.database))
    earlier = earlier_proof(run, backup, _checks(run.database), clock())
    if earlier and (report := report_again(run, backup, earlier, clock())):
        return backup, report
    return backup, _drill_backup(run, backup, identities_for(backup), clock())


def _drill_custody(run: DrillRun, identity: str, clock: Clock) -> tuple[Backup, DrillReport]:
    recipient = key_alone(run)
    backup = run.backup or _choose(run, newest_readable_by(recipient, run.database))
    try:
        identity = identity or read_escrow(recipient)
    except KeyMissing as error:
        return backup, report_of(left_open(findings.KEY_MISSING, error.message), clock())
    return backup, _drill_backup(run, backup, [identity], clock())


def _drill_backup(run: DrillRun, backup: Backup, identities: list[str], at: datetime) -> DrillReport:
    """Drill one copy of the backup; while its storage is away, the next one."""
    for copy in copies_to_read(backup):
        run.storage = copy.storage
        report = _drill_copy(run, copy, identities, at)
        if not report.could_not_read:
            break
    return report


def _drill_copy(run: DrillRun, copy: BackupCopy, identities: list[str], at: datetime) -> DrillReport:
    backup = copy.backup
    job = DrillJob(
        storage=open_storage(copy.storage),
        prefix=backup.storage_key,
        now=at,
        manifest_sha256=backup.manifest_sha256,
        connection_url=run.database.connection_url,
        identities=identities,
        disk_budget_bytes=settings.DRILL_DISK_BUDGET_BYTES or None,
        checks=_checks(run.database),
    )
    return engine_named(backup.engine).drill(job)


def _checks(database: Database) -> list[Check]:
    return [check.question for check in database.checks.filter(is_enabled=True)]


def copy_to_read(backup: Backup) -> BackupCopy:
    """The copy that a restore reads. Raises NothingToDrill when no storage has one."""
    return copies_to_read(backup)[0]


def _record(run: DrillRun, backup: Backup, report: DrillReport, at: datetime) -> dict[str, Any]:
    note_custody(run, report, at)
    audit.record(action="drill.finished", subject=run, details={"verdict": report.verdict.value, "backup": backup.pk})
    return {
        "backup": backup,
        "storage": run.storage,
        "satisfied_by": run.satisfied_by,
        "conditions_sha256": conditions_of(backup, _checks(run.database)),
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
def _choose(run: DrillRun, backup: Backup) -> Backup:
    """Note which one it is at once, so that retention leaves it alone."""
    run.backup = backup
    run.save(update_fields=["backup"])
    return backup


def _require_backup(database: Database, backup: Backup | None = None) -> Backup:
    if backup is not None:  # retention that is about to remove it waits, or has removed it
        backup = Backup.objects.select_for_update(no_key=True).get(pk=backup.pk)
    if backup is not None and not backup.is_stored:
        raise NothingToDrill(f"The backup {backup} was removed from the storage. Choose a newer one.")
    backup = backup or database.backups.stored().newest_first().first()
    if backup is None:
        raise NothingToDrill(f"The database {database} has no backup yet. Take one first: manage.py backup {database}")
    return backup
