"""Further copies of each backup: written after it, tried again until they are there."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import F, OuterRef, Subquery

from apps.audit import services as audit
from apps.backups.engines.copying import copy_backup, read_back
from apps.backups.engines.register import is_streamed
from apps.backups.exceptions import BackupMoved, NothingToDrill, StorageFailed
from apps.backups.models import Backup, BackupCopy, DrillRun, Storage
from apps.common.clock import Clock, now
from apps.common.exceptions import OperationError
from apps.common.postgresql.throwaway import throwaway_folder
from apps.common.runs import UNEXPECTED_ERROR, renewed_lease

from .storing import open_storage, remove_leftovers

logger = structlog.get_logger(__name__)


def want_copies(backup: Backup, storages: Iterable[Storage]) -> None:
    """Note that the backup is to go into these storages too. Only what is one stream can be copied."""
    if is_streamed(backup.engine):
        wanted = [BackupCopy(backup=backup, storage=storage) for storage in storages]
        BackupCopy.objects.bulk_create(wanted, ignore_conflicts=True)


def copies_to_read(backup: Backup) -> Sequence[BackupCopy]:
    """The copies that are there, that of the storage first that was drilled longest ago. Raises NothingToDrill."""
    drills = DrillRun.objects.filter(
        storage=OuterRef("storage"), database=backup.database_id, finished_at__isnull=False
    )
    drilled_at = Subquery(drills.order_by("-finished_at").values("finished_at")[:1])
    stored = backup.copies.stored().select_related("storage").annotate(drilled_at=drilled_at)
    copies = list(stored.order_by(F("drilled_at").asc(nulls_first=True), "pk"))
    if not copies:
        raise NothingToDrill(f"No storage holds the backup {backup} any more. Choose a newer one.")
    return copies


def due_copies(*, at: datetime) -> list[BackupCopy]:
    """The copies that a worker should write now, of the newest backups first."""
    return list(BackupCopy.objects.due(at).order_by("-backup__snapshot_at", "pk"))


def store_copy(*, copy: BackupCopy, clock: Clock = now) -> bool:
    """Write the copy from a storage that has the backup. False means that it is not stored, now or by this worker."""
    if not copy.claim(at=clock()):
        return False
    storage_key = copy.backup.storage_key
    try:
        with renewed_lease(copy, clock=clock):
            _store(copy)
        return _record(copy, storage_key, at=clock())
    except OperationError as error:
        if isinstance(error, BackupMoved):
            remove_leftovers(copy.storage, storage_key)
        logger.warning("copy_failed", copy=copy.pk, error=error.message)
        copy.put_off(error.message, at=clock())
        return False
    except Exception:
        copy.put_off(UNEXPECTED_ERROR, at=clock())
        raise


@transaction.atomic
def _record(copy: BackupCopy, storage_key: str, *, at: datetime) -> bool:
    # Whoever encrypts the backup anew waits for this, or has done it, and then these are its old objects.
    if Backup.objects.select_for_update(no_key=True).get(pk=copy.backup_id).storage_key != storage_key:
        raise BackupMoved(f"{copy.backup} was encrypted anew while it was copied. It is copied again.")
    if not copy.finish(at=at):
        return False  # retention asked for its removal meanwhile, and removes what was written
    audit.record(action="backup.copied", subject=copy.backup, details={"storage": copy.storage.name})
    return True


def _store(copy: BackupCopy) -> None:
    sources = BackupCopy.objects.stored().filter(backup=copy.backup).select_related("storage").order_by("pk")
    failures = []
    for source in sources:
        try:
            return _copy(copy, source.storage)
        except StorageFailed as failure:
            failures.append(failure)
    if failures:
        raise failures[-1]
    raise StorageFailed("No storage has the backup, so there is nothing to copy it from.")


def _copy(copy: BackupCopy, source: Storage) -> None:
    backup, target = copy.backup, open_storage(copy.storage)
    sha256s = backup.object_sha256s
    with throwaway_folder() as folder:
        copy_backup(
            prefix=backup.storage_key, source=open_storage(source), target=target, folder=folder, sha256s=sha256s
        )
        if copy.storage.reads_back:
            read_back(prefix=backup.storage_key, storage=target, folder=folder, sha256s=sha256s)
