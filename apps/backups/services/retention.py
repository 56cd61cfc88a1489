"""Removing old backups."""

from datetime import datetime

import structlog
from django.db import transaction

from apps.audit import services as audit
from apps.backups.engines.retention import Candidate, choose_removable
from apps.backups.exceptions import StorageFailed
from apps.backups.models import Backup, BackupCopy, Database, DrillRun

from .plans import plan_of
from .storing import open_storage

logger = structlog.get_logger(__name__)


def remove_old_backups(*, database: Database, at: datetime) -> list[Backup]:
    """Remove what is older than the backups to keep. The newest proven one always stays."""
    removable = choose_removable(_candidates(database), kept=plan_of(database).keep_newest)
    removed = []
    for backup in Backup.objects.filter(pk__in=removable):
        _remove(backup, at)
        removed.append(backup)
    return removed


def _candidates(database: Database) -> list[Candidate]:
    stored = database.backups.stored()
    proven = set(stored.proven().values_list("pk", flat=True))
    refuted = set(stored.refuted().values_list("pk", flat=True))
    in_use = set(DrillRun.objects.unfinished().filter(database=database).values_list("backup_id", flat=True))
    return [
        Candidate(
            identifier=pk,
            snapshot_at=snapshot_at,
            is_proven=pk in proven,
            is_refuted=pk in refuted,
            is_in_use=pk in in_use,
        )
        for pk, snapshot_at in stored.values_list("pk", "snapshot_at")
    ]


def _remove(backup: Backup, at: datetime) -> None:
    """Unlist it first: what is listed must be there, even if this process dies in between."""
    with transaction.atomic():
        backup.removed_at = at
        backup.save(update_fields=["removed_at"])
        backup.copies.filter(removal_asked_at__isnull=True).update(removal_asked_at=at)
        audit.record(action="backup.removed", subject=backup, details={"storage_key": backup.storage_key})
    for copy in backup.copies.being_removed().select_related("storage"):
        _remove_copy(copy, at)


def _remove_copy(copy: BackupCopy, at: datetime) -> None:
    try:
        open_storage(copy.storage).delete(copy.backup.storage_key)
    except StorageFailed as error:
        logger.error("backup_not_deleted", storage_key=copy.backup.storage_key, error=error.message)
    else:
        BackupCopy.objects.filter(pk=copy.pk).update(removed_at=at)
