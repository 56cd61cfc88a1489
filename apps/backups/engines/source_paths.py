"""Where on this machine sources may lie: what is backed up can be downloaded, so nobody may name any file at all."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.conf import settings

from apps.backups.exceptions import AddressInvalid


def allowed_path(url: str, scheme: str) -> Path:
    """The path that a URL such as sqlite:///srv/app.db names, symbolic links followed. Raises AddressInvalid."""
    parts = urlsplit(url)
    if parts.scheme != scheme or parts.netloc or not parts.path.startswith("/"):
        raise AddressInvalid(f"The connection URL is not one; write {scheme}:///absolute/path")
    if not settings.BACKUP_SOURCE_DIRECTORIES:
        raise AddressInvalid("The server may read no files: BACKUP_SOURCE_DIRECTORIES is not set.")
    try:
        path = Path(unquote(parts.path)).resolve()
    except (OSError, ValueError) as error:
        raise AddressInvalid(f"{unquote(parts.path)!r} is no path.") from error
    if not any(path.is_relative_to(Path(folder).resolve()) for folder in settings.BACKUP_SOURCE_DIRECTORIES):
        raise AddressInvalid(f"{path} lies outside the folders that BACKUP_SOURCE_DIRECTORIES allows.")
    return path
