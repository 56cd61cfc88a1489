"""Where backups are kept. An object appears under its key only when it is whole and on the disk."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Protocol

from apps.backups.exceptions import ObjectMissing, StorageFailed

UNFINISHED_SUFFIX = ".unfinished"


class Storage(Protocol):
    """What a backup needs of its storage."""

    @contextmanager
    def write(self, key: str) -> Iterator[IO[bytes]]:
        """Yield a writer. The object is published when the block ends well, and not at all otherwise."""

    def fetch(self, key: str, folder: Path) -> Path:
        """A local file with the object's bytes, in the folder or in place. Raises ObjectMissing."""

    def delete(self, prefix: str) -> None:
        """Remove everything under the prefix. Removing nothing is no error."""


class LocalStorage:
    """A folder on this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def write(self, key: str) -> Iterator[IO[bytes]]:
        """Write beside the final name, flush to the disk, then rename: a kill at any point leaves no whole object."""
        final = self._path(key)
        unfinished = final.with_name(final.name + UNFINISHED_SUFFIX)
        with _translated(key):
            final.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                    yield file
                    file.flush()
                    os.fsync(file.fileno())
                unfinished.rename(final)
                _sync_folders(final.parent, self.folder)
            except BaseException:
                unfinished.unlink(missing_ok=True)
                raise

    def fetch(self, key: str, folder: Path) -> Path:
        """The object's own file: it is local already. Raises StorageFailed when the whole storage is away."""
        path = self._path(key)
        if not self.folder.is_dir():  # a disk that is not mounted says nothing about the backups on it
            raise StorageFailed(f"The folder {self.folder} is not there. Check BACKUP_DIRECTORY and what is mounted.")
        if not path.is_file():
            raise ObjectMissing(f"{key} is not in {self.folder}")
        return path

    def delete(self, prefix: str) -> None:
        """Remove a backup's folder, its manifest first, so that what remains is never taken for a backup."""
        path = self._path(prefix)
        with _translated(prefix), suppress(FileNotFoundError, NotADirectoryError):
            (path / "manifest.json").unlink(missing_ok=True)
            shutil.rmtree(path)

    def _path(self, key: str) -> Path:
        path = (self.folder / key).resolve()
        if not path.is_relative_to(self.folder.resolve()):
            raise StorageFailed(f"The key {key} leaves the storage")
        return path


@contextmanager
def _translated(key: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageFailed(f"{key} could not be written: {error.strerror}") from error


def _sync_folders(folder: Path, top: Path) -> None:
    """A rename lasts only when the folders that name it are on the disk too."""
    for one in [folder, *[parent for parent in folder.parents if parent.is_relative_to(top.resolve())]]:
        descriptor = os.open(one, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
