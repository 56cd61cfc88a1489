"""Removing what retention let go, once its grace is over: unlisted first, deleted, seen to be gone, tried again."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F

from apps.audit import services as audit
from apps.backups.exceptions import BackupError, StorageFailed
from apps.backups.models import Backup, BackupCopy, Database
from apps.common.exceptions import OperationError

from .retention import Outlook, in_use, mark_backups
from .storing import open_storage

logger = structlog.get_logger(__name__)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=5), timedelta(days=1)
COPIES_AT_ONCE = 100


def prune(*, database: Database, at: datetime, at_once: bool = False) -> Outlook:
    """Mark what goes, and remove what was marked before its grace began to count: without grace when `at_once`."""
    outlook = mark_backups(database=database, at=at)
    if not outlook.frozen_because:
        asked_before = at if at_once else at - outlook.plan.removal_grace
        for one in outlook.going:
            unlist(one.backup, asked_before=asked_before, at=at)
    remove_copies(database=database, at=at)
    return outlook


def prune_all(*, at: datetime) -> None:
    """Prune every database."""
    prune_each(Database.objects.all(), at=at)


def prune_each(databases: Iterable[Database], *, at: datetime, at_once: bool = False) -> None:
    """Prune these databases, whatever becomes of the others."""
    for database in databases:
        try:
            prune(database=database, at=at, at_once=at_once)
        except OperationError as error:
            logger.error("not_pruned", database=database.name, error=error.message)
        except Exception:
            logger.exception("not_pruned", database=database.name)


def remove_copies(*, database: Database, at: datetime) -> list[BackupCopy]:
    """Remove the copies that are due for it, and return those that are gone."""
    due = BackupCopy.objects.being_removed().filter(backup__database=database).removable(at)
    copies = list(due.select_related("storage", "backup__database").order_by("removal_due_at", "pk")[:COPIES_AT_ONCE])
    return [copy for copy in copies if _remove(copy, at)]


@transaction.atomic
def unlist(backup: Backup, *, asked_before: datetime, at: datetime) -> bool:
    """Unlist what was let go: what is listed must be there, even if this process dies in between."""
    Backup.objects.select_for_update(no_key=True).get(pk=backup.pk)  # whoever queues a drill of it waits, or we see it
    if backup.pk in in_use(backup.database) or not backup.begin_removal(asked_before=asked_before, at=at):
        return False
    for copy in backup.copies.filter(removal_asked_at__isnull=True).select_related("storage"):
        copy.ask_removal(at=at)
    audit.record(action="backup.removal_began", subject=backup, details={"why": backup.removal_reason})
    return True


def _remove(copy: BackupCopy, at: datetime) -> bool:
    try:
        _delete(copy)
    except StorageFailed as error:
        _put_off(copy, error, at)
        return False
    _record(copy, at)
    return True


def _delete(copy: BackupCopy) -> None:
    """Believe the storage's listing, not its answer to the deletion."""
    storage, prefix = open_storage(copy.storage), f"{copy.backup.storage_key}/"
    storage.delete(copy.backup.storage_key)
    left = next(storage.objects(prefix), None)
    if left is not None:
        raise StorageFailed(f"{copy.storage} still lists {left.key} after its deletion.")


def _put_off(copy: BackupCopy, error: BackupError, at: datetime) -> None:
    wait = min(FIRST_WAIT * 2 ** min(copy.removal_attempts, 20), LONGEST_WAIT)
    logger.error("copy_not_removed", storage_key=copy.backup.storage_key, error=error.message)
    BackupCopy.objects.filter(pk=copy.pk).update(
        error=error.message, removal_attempts=F("removal_attempts") + 1, removal_due_at=at + wait
    )


@transaction.atomic
def _record(copy: BackupCopy, at: datetime) -> None:
    if not copy.note_removed(at=at):
        return
    if copy.backup.note_removed(at=at):
        details = {"storage_key": copy.backup.storage_key, "why": copy.backup.removal_reason}
        audit.record(action="backup.removed", subject=copy.backup, details=details)
