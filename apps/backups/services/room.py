"""Room for the next backup: a full storage must not keep retention from freeing it."""

import shutil
from datetime import datetime
from pathlib import Path

import structlog
from django.conf import settings

from apps.backups.models import Database, Storage, StorageKind

from .removing import prune_each

logger = structlog.get_logger(__name__)
SPARE_BYTES = 64 << 20


def make_room(*, database: Database, storage: Storage, at: datetime) -> None:
    """Remove at once what retention lets go of every plan with this storage, when it is nearly full."""
    free = free_bytes(storage)
    if free is None or free >= _needed_bytes(database):
        return
    logger.warning("storage_nearly_full", storage=storage.name, free_bytes=free)
    prune_each(Database.objects.filter(plan__storages=storage), at=at, at_once=True)


def free_bytes(storage: Storage) -> int | None:
    """What a folder's disk has left; None of a bucket, and of a folder that is not there yet."""
    if storage.kind != StorageKind.FOLDER:
        return None
    folder = Path(storage.folder or settings.BACKUP_DIRECTORY)
    return shutil.disk_usage(folder).free if folder.is_dir() else None


def _needed_bytes(database: Database) -> int:
    """Half as much again as the newest backup took."""
    newest = database.backups.stored().newest_first().values_list("size_bytes", flat=True).first() or 0
    return newest * 3 // 2 + SPARE_BYTES
