"""The storages of the settings and of the plans, opened."""

from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from django.conf import settings

from apps.backups.engines.storage import LocalStorage
from apps.backups.engines.storage import Storage as OpenStorage
from apps.backups.exceptions import StorageFailed
from apps.backups.models import Database, Storage, StorageKind
from apps.common.dialling.addresses import allowed_networks

from .plans import plan_of

if TYPE_CHECKING:
    from apps.backups.engines.s3.storage import S3Storage

logger = structlog.get_logger(__name__)


def open_storage(storage: Storage) -> OpenStorage:
    """The storage, to write and to read."""
    return open_folder(storage) if storage.kind == StorageKind.FOLDER else open_bucket(storage)


def open_folder(storage: Storage) -> LocalStorage:
    """The folder of the storage, or that of BACKUP_DIRECTORY."""
    return LocalStorage(Path(storage.folder or settings.BACKUP_DIRECTORY))


def open_bucket(storage: Storage) -> "S3Storage":
    """The bucket of the storage. An endpoint of one's own is dialled only where that is allowed."""
    # Their library takes half a second to load, which commands that need no bucket are spared.
    from apps.backups.engines.s3.bucket import Bucket
    from apps.backups.engines.s3.storage import S3Storage

    return S3Storage(
        Bucket(
            name=storage.bucket,
            prefix=storage.prefix,
            storage=storage.name,
            endpoint_url=storage.endpoint_url,
            region=storage.region,
            access_key_id=storage.access_key_id,
            secret_access_key=storage.secret_access_key,
            locked_days=storage.locked_days,
            lock_mode=storage.lock_mode,
            allowed=allowed_networks(),
        )
    )


def storages_of(database: Database) -> list[Storage]:
    """Where its backups go: the first one that takes it gets the stream, the others copies. Raises StorageFailed."""
    storages = list(plan_of(database).storages.filter(is_enabled=True).order_by("pk"))
    if not storages:
        raise StorageFailed(f"The plan of {database} has no enabled storage. Choose one.")
    return storages


def remove_leftovers(storage: Storage, prefix: str) -> bool:
    """Remove what never became a backup. A storage that is away now is cleared when it is next reconciled."""
    try:
        open_storage(storage).delete(prefix)
    except StorageFailed as failure:
        logger.warning("leftovers_not_removed", storage=storage.name, prefix=prefix, error=failure.message)
        return False
    return True


def backup_storage() -> LocalStorage:
    """The folder that BACKUP_DIRECTORY names."""
    return LocalStorage(Path(settings.BACKUP_DIRECTORY))
