"""Older backups go into a storage that their plan gained later: a few at a time, the newest first."""

from django.db import transaction

from apps.audit import services as audit
from apps.backups.models import Backup, BackupCopy, Storage
from apps.backups.selectors.storages import lacking_in

from .copies import want_copies

AT_ONCE = 3  # waiting in one storage, so that they never stand in the way of new backups


def want_older_copies() -> int:
    """Note which proven backups are to be copied next into storages of their plans. Gives how many there are."""
    return sum(_want(storage) for storage in Storage.objects.filter(is_enabled=True))


@transaction.atomic
def _want(storage: Storage) -> int:
    room = AT_ONCE - BackupCopy.objects.wanted().filter(storage=storage).count()
    chosen = list(lacking_in(storage).newest_first().values_list("pk", flat=True)[:room]) if room > 0 else []
    if not chosen:
        return 0
    # Retention waits for this, or has unlisted it.
    backups = list(Backup.objects.stored().filter(pk__in=chosen).select_for_update(no_key=True))
    for backup in backups:
        want_copies(backup, [storage])
    keys = [backup.storage_key for backup in backups]
    audit.record(action="storage.copies_wanted", subject=storage, details={"backups": keys})
    return len(backups)
