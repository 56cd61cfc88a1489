"""A SQLite file as a source: copied by SQLite's own backup while others write, then read from the copy."""

import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from apps.backups.engines.contract import Store, Taken
from apps.backups.engines.manifest import Summary
from apps.backups.engines.source_paths import allowed_path
from apps.backups.engines.stages import Stages
from apps.backups.exceptions import SourceUnreachable
from apps.common.clock import now
from apps.common.postgresql.throwaway import throwaway_folder

from .fingerprint import Fingerprint, reading, take_fingerprint

HEADER = b"SQLite format 3\x00"
LOCK_WAIT_SECONDS = 60.0
RETRY_SECONDS = 0.02
LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


@dataclass(frozen=True)
class SQLiteSource:
    """One SQLite file."""

    path: Path
    lock_wait_seconds: float = LOCK_WAIT_SECONDS
    engine = "sqlite"

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Raises AddressInvalid."""
        return cls(allowed_path(url, "sqlite"))

    @property
    def name(self) -> str:
        return self.path.name

    def read(self, store: Store, stages: Stages) -> Taken:
        size_bytes = require_database(self.path)
        with throwaway_folder() as folder:
            copy, snapshot_at = folder / "copy", now()
            with stages.measure("dump"):
                _require_room(folder, size_bytes)
                copy_database(self.path, copy, wait_seconds=self.lock_wait_seconds)
                with copy.open("rb") as stream:
                    store(stream)
            with stages.measure("fingerprint"):
                fingerprint = self._fingerprint(copy)
            size_bytes = copy.stat().st_size
        summary = Summary(len(fingerprint.tables), fingerprint.row_count, size_bytes, sqlite3.sqlite_version)
        return Taken(snapshot_at, sqlite3.sqlite_version, summary, fingerprint.as_json())

    def _fingerprint(self, copy: Path) -> Fingerprint:
        try:
            with reading(copy) as connection:
                return take_fingerprint(connection)
        except sqlite3.Error as error:
            raise SourceUnreachable(f"The database {self.name} could not be read: {error}") from error


def require_database(path: Path) -> int:
    """The size of a SQLite file. Raises SourceUnreachable for what is none."""
    try:
        with path.open("rb") as file:
            header = file.read(len(HEADER))
        size_bytes = path.stat().st_size
    except OSError as error:
        raise SourceUnreachable(f"The file {path} cannot be read: {error.strerror}.") from error
    if header != HEADER:
        raise SourceUnreachable(f"The file {path} is no SQLite database: it does not begin as one.")
    return size_bytes


def copy_database(path: Path, copy: Path, *, wait_seconds: float) -> None:
    """Copy every page of one moment. Writers in WAL mode go on meanwhile. Raises SourceUnreachable."""
    try:
        with (
            closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=wait_seconds)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            copy.chmod(0o600)
            watch = _giving_up(path, time.monotonic() + wait_seconds)
            source.backup(target, pages=-1, progress=watch, sleep=RETRY_SECONDS)
    except sqlite3.Error as error:
        raise SourceUnreachable(f"The database {path.name} could not be copied: {error}.") from error


def _giving_up(path: Path, deadline_seconds: float) -> Callable[[int, int, int], None]:
    """SQLite would wait for a locked file for ever."""

    def look(status: int, remaining: int, total: int) -> None:
        if status in LOCKED and time.monotonic() > deadline_seconds:
            raise SourceUnreachable(f"The database {path.name} stayed locked: another program holds it.")

    return look


def _require_room(folder: Path, size_bytes: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < size_bytes:
        message = f"A copy needs {size_bytes >> 20} MiB in {folder.parent}, and {free >> 20} MiB are free."
        raise SourceUnreachable(message)
