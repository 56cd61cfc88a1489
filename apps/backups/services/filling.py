"""Older backups go into a storage that their plan gained later: a few at a time, the newest first."""

from django.db import transaction

from apps.audit import services as audit
from apps.backups.models import Backup, BackupCopy, Storage
from apps.backups.selectors.storages import lacking_in

from .copies import want_copies

AT_ONCE = 3  # waiting in one storage, so that they never stand in the way of new backups
STUCK_AFTER = 5  # attempts: one that fails again and again does not hold up the others


def want_older_copies() -> int:
    """Note which proven backups are to be copied next into storages of their plans. Gives how many there are."""
    return sum(_want(storage) for storage in Storage.objects.filter(is_enabled=True))


@transaction.atomic
def _want(storage: Storage) -> int:
    waiting = BackupCopy.objects.wanted().filter(storage=storage, attempts__lt=STUCK_AFTER).count()
    chosen = lacking_in(storage).newest_first().values_list("pk", flat=True)[: max(0, AT_ONCE - waiting)]
    # Retention waits for this, or has unlisted it.
    backups = list(Backup.objects.stored().filter(pk__in=list(chosen)).select_for_update(no_key=True))
    for backup in backups:
        want_copies(backup, [storage])
    if backups:
        keys = [backup.storage_key for backup in backups]
        audit.record(action="storage.copies_wanted", subject=storage, details={"backups": keys})
    return len(backups)
