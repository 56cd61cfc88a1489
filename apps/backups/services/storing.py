"""The storage that the settings name."""

from pathlib import Path

from django.conf import settings

from apps.backups.engines.storage import LocalStorage


def backup_storage() -> LocalStorage:
    """Where this installation keeps its backups."""
    return LocalStorage(Path(settings.BACKUP_DIRECTORY))
