"""Roadmaps in the one folder of the server that may be read."""

from pathlib import Path

from django.conf import settings

from apps.roadmap.engines.git import read_committed
from apps.roadmap.engines.source import Limits
from apps.roadmap.exceptions import DocumentRefused
from apps.roadmap.services.importing import Origin


def may_read_files() -> bool:
    """Whether a folder is set."""
    return bool(settings.ROADMAP_DIRECTORY)


def find_file(path: str) -> Path:
    """The file of that path inside the folder. Raises DocumentRefused, naming the path and never the folder."""
    if not may_read_files():
        raise DocumentRefused("The server may read no files: ROADMAP_DIRECTORY is not set.")
    folder = Path(settings.ROADMAP_DIRECTORY).resolve()
    try:
        found = (folder / path).resolve()
    except (OSError, ValueError) as error:
        raise DocumentRefused(f"{path!r} is no path.") from error
    if not found.is_relative_to(folder):
        raise DocumentRefused(f"{path!r} lies outside the folder of roadmaps.")
    return found


def read_file(path: str, revision: str = "") -> tuple[bytes, Origin]:
    """The bytes of a file inside the folder, as it lies there or at a revision of git. Raises DocumentRefused."""
    found = find_file(path)
    if not revision:
        return _read_plain(found, path), Origin()
    committed = read_committed(found, revision)
    return committed.raw, Origin(committed.path, committed.commit)


def _read_plain(found: Path, path: str) -> bytes:
    limit = Limits().size_bytes
    if not found.is_file():
        raise DocumentRefused(f"There is no file {path!r} in the folder of roadmaps.")
    try:
        with found.open("rb") as file:
            raw = file.read(limit + 1)
    except OSError as error:
        raise DocumentRefused(f"{path!r} cannot be read: {error.strerror}.") from error
    if len(raw) > limit:
        raise DocumentRefused(f"{path!r} is larger than {limit // 1024 // 1024} MB: split it.")
    return raw
