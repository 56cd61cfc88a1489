"""The storages of the settings and of the plans, opened."""

from pathlib import Path

from django.conf import settings

from apps.backups.engines.storage import LocalStorage
from apps.backups.engines.storage import Storage as OpenStorage
from apps.backups.exceptions import StorageFailed
from apps.backups.models import Database, Storage, StorageKind
from apps.common.dialling.addresses import allowed_networks

from .plans import plan_of


def open_storage(storage: Storage) -> OpenStorage:
    """The storage, to write and to read."""
    if storage.kind == StorageKind.FOLDER:
        return LocalStorage(Path(storage.folder or settings.BACKUP_DIRECTORY))
    from apps.backups.engines.s3.storage import Bucket, S3Storage  # its library takes half a second to load

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
            allowed=allowed_networks(),
        )
    )


def first_storage(database: Database) -> Storage:
    """Where new backups of the database are written first. Raises StorageFailed when its plan names none."""
    storage = plan_of(database).storages.filter(is_enabled=True).order_by("pk").first()
    if storage is None:
        raise StorageFailed(f"The plan of {database} has no enabled storage. Choose one.")
    return storage


def backup_storage() -> LocalStorage:
    """The folder that BACKUP_DIRECTORY names."""
    return LocalStorage(Path(settings.BACKUP_DIRECTORY))
