"""A dump as it lies there: one file, or a folder of files, measured and hashed alike."""

import hashlib
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from apps.backups.engines.artefact import hash_file

from .header import Header

NOTED_LATER = {"backup.info", "annotations"}  # what Barman writes of a backup that it has taken already


@dataclass(frozen=True)
class Dump:
    """A finished backup: a file, the folder of a dump in the directory format, or one of Barman's folders."""

    path: Path
    name: str
    header: Header
    created_at: datetime
    size_bytes: int

    @property
    def origin(self) -> str:
        """Another dump under the same name is another backup."""
        return f"{self.name} of {self.created_at:%Y-%m-%d %H:%M:%S}"


def files_of(dump: Path) -> list[Path]:
    """The files that make it up, in one order. Links are none of them."""
    if not dump.is_dir():
        return [dump]
    within = (path for path in dump.rglob("*") if path.relative_to(dump).parts[0] not in NOTED_LATER)
    return sorted(path for path in within if path.is_file() and not path.is_symlink())


def size_of(dump: Path) -> int:
    """The bytes of all of it."""
    return sum(path.stat().st_size for path in files_of(dump))


def hash_of(dump: Path) -> str:
    """The SHA-256 of the file; of a folder, that of what `sha256sum` says of all its files."""
    if not dump.is_dir():
        return hash_file(dump)
    lines = [f"{hash_file(path)}  {path.relative_to(dump)}\n" for path in files_of(dump)]
    return hashlib.sha256("".join(lines).encode(errors="surrogateescape")).hexdigest()


def copy_folder(dump: Path, target: Path) -> None:
    """Its files, into a new folder."""
    target.mkdir(mode=0o700)
    for path in files_of(dump):
        shutil.copyfile(path, target / path.name)


def discard(dump: Path) -> None:
    """Remove a copy of it."""
    if dump.is_dir():
        shutil.rmtree(dump)
    else:
        dump.unlink()
