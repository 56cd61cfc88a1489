"""The storages of the settings and of the plans, opened."""

from pathlib import Path

from django.conf import settings

from apps.backups.engines.storage import LocalStorage
from apps.backups.engines.storage import Storage as OpenStorage
from apps.backups.exceptions import StorageFailed
from apps.backups.models import Database, Storage, StorageKind

from .plans import plan_of


def open_storage(storage: Storage) -> OpenStorage:
    """The storage, to write and to read."""
    if storage.kind == StorageKind.FOLDER:
        return LocalStorage(Path(storage.folder or settings.BACKUP_DIRECTORY))
    raise StorageFailed(f"The storage {storage} is of a kind that this version cannot open.")


def first_storage(database: Database) -> Storage:
    """Where new backups of the database are written first. Raises StorageFailed when its plan names none."""
    storage = plan_of(database).storages.filter(is_enabled=True).order_by("pk").first()
    if storage is None:
        raise StorageFailed(f"The plan of {database} has no enabled storage. Choose one.")
    return storage


def backup_storage() -> LocalStorage:
    """The folder that BACKUP_DIRECTORY names."""
    return LocalStorage(Path(settings.BACKUP_DIRECTORY))
