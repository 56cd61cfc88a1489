"""Where backups are kept. An object appears under its key only when it is whole and on the disk."""

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Protocol

from apps.backups.exceptions import ObjectExists, ObjectMissing, StorageFailed

from .parts import Part

UNFINISHED_SUFFIX = ".unfinished"


@dataclass(frozen=True)
class Head:
    """What a storage says of an object without reading it. A folder keeps no checksum."""

    size_bytes: int
    checksum: str = ""


@dataclass(frozen=True)
class Listed:
    """One whole object."""

    key: str
    size_bytes: int
    stored_at: datetime


class Storage(Protocol):
    """What a backup needs of its storage."""

    def write(self, key: str, *, once: bool = False) -> AbstractContextManager[IO[bytes]]:
        """Yield a writer. The object is published when the block ends well, and not at all otherwise.

        `once` refuses to write over an object of other bytes. Raises ObjectExists.
        """

    def fetch(self, key: str, folder: Path) -> Path:
        """A local file with the object's bytes, in the folder or in place. Raises ObjectMissing."""

    def head(self, key: str) -> Head:
        """Size and checksum of the object, as the storage has them. Raises ObjectMissing."""

    def objects(self, prefix: str = "") -> Iterator[Listed]:
        """Every whole object whose key begins so."""

    def delete(self, prefix: str) -> None:
        """Remove the object or everything below it, in every version. Removing nothing is no error."""

    def sweep_unfinished(self, before: datetime) -> list[str]:
        """Remove what was begun before the instant and never became an object. Returns the keys."""


def parts_of(file: IO[bytes]) -> list[Part]:
    """The parts in which a storage took the object, once it is published. A folder takes it as a whole."""
    return list(getattr(file, "parts", []))


class LocalStorage:
    """A folder on this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __str__(self) -> str:
        return f"the folder {self.folder}"

    @contextmanager
    def write(self, key: str, *, once: bool = False) -> Iterator[IO[bytes]]:
        """Write beside the final name, flush to the disk, then rename: a kill at any point leaves no whole object."""
        final = self._path(key)
        unfinished = final.with_name(f"{final.name}.{secrets.token_hex(4)}{UNFINISHED_SUFFIX}")
        with _translated(key):
            final.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    yield file
                    file.flush()
                    os.fsync(file.fileno())
                _name(unfinished, final, once=once)
                _sync_folders(final.parent, self.folder)
            finally:
                unfinished.unlink(missing_ok=True)

    def fetch(self, key: str, folder: Path) -> Path:
        """The object's own file: it is local already. Raises StorageFailed when the whole storage is away."""
        path = self._path(key)
        self._require_folder()
        if not path.is_file():
            raise ObjectMissing(f"{key} is not in {self.folder}")
        return path

    def head(self, key: str) -> Head:
        return Head(self.fetch(key, self.folder).stat().st_size)

    def objects(self, prefix: str = "") -> Iterator[Listed]:
        self._require_folder()
        for path in sorted(self.folder.rglob("*")):
            key = path.relative_to(self.folder).as_posix()
            if key.startswith(prefix) and path.is_file() and path.suffix != UNFINISHED_SUFFIX:
                stat = path.stat()
                yield Listed(key, stat.st_size, datetime.fromtimestamp(stat.st_mtime, UTC))

    def delete(self, prefix: str) -> None:
        """Remove a backup's folder, its manifest first, so that what remains is never taken for a backup."""
        path = self._path(prefix)
        with _translated(prefix), suppress(FileNotFoundError, NotADirectoryError):
            if path.is_file():
                path.unlink()
            else:
                (path / "manifest.json").unlink(missing_ok=True)
                shutil.rmtree(path)

    def sweep_unfinished(self, before: datetime) -> list[str]:
        self._require_folder()
        stale = [
            path
            for path in self.folder.rglob(f"*{UNFINISHED_SUFFIX}")
            if datetime.fromtimestamp(path.stat().st_mtime, UTC) < before
        ]
        for path in stale:
            path.unlink(missing_ok=True)
        return [path.relative_to(self.folder).as_posix() for path in stale]

    def _require_folder(self) -> None:
        if not self.folder.is_dir():  # a disk that is not mounted says nothing about the backups on it
            raise StorageFailed(f"The folder {self.folder} is not there. Check BACKUP_DIRECTORY and what is mounted.")

    def _path(self, key: str) -> Path:
        path = (self.folder / key).resolve()
        if not path.is_relative_to(self.folder.resolve()):
            raise StorageFailed(f"The key {key} leaves the storage")
        return path


def _name(unfinished: Path, final: Path, *, once: bool) -> None:
    """Give the whole file its name."""
    if not once:
        unfinished.rename(final)
        return
    try:
        os.link(unfinished, final)  # unlike a rename, it never replaces
    except FileExistsError:
        if unfinished.read_bytes() != final.read_bytes():
            raise ObjectExists(f"{final} is there already, with other bytes. Nothing is written over.") from None


@contextmanager
def _translated(key: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            message = f"{key} could not be written: the disk is full, or over its quota. Make room, or raise the quota."
            raise StorageFailed(message) from error
        raise StorageFailed(f"{key} could not be written: {error.strerror}") from error


def _sync_folders(folder: Path, top: Path) -> None:
    """A rename lasts only when the folders that name it are on the disk too."""
    for one in [folder, *[parent for parent in folder.parents if parent.is_relative_to(top.resolve())]]:
        descriptor = os.open(one, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
