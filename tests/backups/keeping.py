"""Backups as runs leave them, without the minutes that real ones take."""

from datetime import datetime, timedelta

from apps.backups.models import Backup, BackupCopy, BackupRun, Database, DrillRun
from apps.backups.services.plans import plan_of
from apps.backups.services.storing import backup_storage
from apps.common.clock import now
from apps.common.runs import RunStatus

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOW = now().replace(minute=0, second=0, microsecond=0)


def make_backup(database: Database, at: datetime, *, size_bytes: int = 100, verdict: str = "") -> Backup:
    """A backup as a run leaves it, its bytes in the storage, without the minutes that a real one takes."""
    ended = {"database": database, "queued_at": at, "started_at": at, "finished_at": at}
    taken = BackupRun.objects.create(status=RunStatus.SUCCEEDED, **ended)
    backup = Backup.objects.create(
        database=database, run=taken, storage_key=f"{database}/{taken.pk}", sha256="a" * 64, manifest_sha256="b" * 64,
        size_bytes=size_bytes, content_bytes=1, database_size_bytes=1, tables=1, rows=1, server_version="16.1",
        snapshot_at=at, finished_at=at, fingerprint={},
    )  # fmt: skip
    storage = plan_of(database).storages.get()
    BackupCopy.objects.create(backup=backup, storage=storage, stored_at=at)
    with backup_storage().write(f"{backup.storage_key}/manifest.json") as file:
        file.write(b"{}")
    if verdict:
        drilled = {"status": RunStatus.SUCCEEDED, "verdict": verdict, "rto_seconds": 1.0, "backup": backup}
        DrillRun.objects.create(**{**ended, **drilled})
    return backup
