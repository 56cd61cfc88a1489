"""Taking backups."""

from datetime import datetime
from typing import Any

from django.db import transaction

from apps.audit import services as audit
from apps.backups.engines.backup import take_backup
from apps.backups.engines.manifest import Manifest
from apps.backups.models import Backup, BackupRun, Database, Schedule
from apps.common import runs
from apps.common.clock import Clock, now

from .observing import RECENT, observe
from .queueing import queue_run
from .retention import remove_old_backups
from .storing import backup_storage


@transaction.atomic
def queue_backup(
    *,
    database: Database,
    actor: Any = None,
    schedule: Schedule | None = None,
    scheduled_for: datetime | None = None,
    at: datetime | None = None,
) -> BackupRun:
    """Add a run for the database. The caller sends the task. Raises RunUnfinished."""
    run = BackupRun(database=database, schedule=schedule, scheduled_for=scheduled_for, requested_by=actor)
    refusal = f"The database {database} is being backed up already. Wait until that run has ended."
    queue_run(run, action="backup.queued", at=at, refusal=refusal)
    return run


def carry_out_backup(*, run: BackupRun, clock: Clock = now) -> bool:
    """Take the backup and record how it went. False means that another worker has the run."""
    is_mine = runs.carry_out(run, lambda: _take(run, clock), lambda manifest: _record(run, manifest), clock=clock)
    if is_mine:
        _remove_unless_listed(run)
        observe(run.database, RECENT)
        remove_old_backups(database=run.database, at=clock())
    return is_mine


def _take(run: BackupRun, clock: Clock) -> Manifest:
    def require_lease() -> None:
        if not run.renew(at=clock()):
            raise runs.LeaseLost("The run was ended while its work went on, so its backup was not published.")

    try:
        return take_backup(
            address=run.database.address,
            storage=backup_storage(),
            prefix=run.storage_key,
            before_publishing=require_lease,
        )
    except BaseException:
        backup_storage().delete(run.storage_key)
        raise


def _record(run: BackupRun, manifest: Manifest) -> dict[str, Any]:
    backup = Backup.objects.create(
        database=run.database,
        run=run,
        storage_key=run.storage_key,
        sha256=manifest.artefact.sha256,
        manifest_sha256=manifest.sha256,
        size_bytes=manifest.artefact.size_bytes,
        content_bytes=manifest.artefact.content_bytes,
        database_size_bytes=manifest.fingerprint.database_size_bytes,
        tables=len(manifest.fingerprint.tables),
        rows=manifest.fingerprint.row_count,
        server_version=manifest.fingerprint.server_version,
        snapshot_at=manifest.snapshot_at,
        finished_at=manifest.finished_at,
        fingerprint=manifest.fingerprint.as_json(),
    )
    audit.record(action="backup.finished", subject=backup, details={"sha256": backup.sha256})
    return {"stages": list(manifest.stages.items())}


def _remove_unless_listed(run: BackupRun) -> None:
    """A manifest that was published while the lease was lost must not look like a backup."""
    if not Backup.objects.filter(run=run).exists():
        backup_storage().delete(run.storage_key)
