"""The dumps in a folder. What a file is and how old it is, it says itself: names prove nothing."""

import gzip
import shutil
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, cast

import zstandard

from apps.backups.engines.streams import CHUNK_BYTES
from apps.backups.exceptions import AdoptionFailed, DumpUnreadable

from .header import Header, read_header
from .location import Location

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
UNFINISHED = {".part", ".partial", ".tmp", ".unfinished", ".filepart", ".crdownload"}
CLOCKS_APART = timedelta(minutes=5)
BROKEN = (OSError, EOFError, zlib.error, zstandard.ZstdError)


@dataclass(frozen=True)
class Dump:
    """A finished file in the custom format."""

    path: Path
    name: str
    header: Header
    created_at: datetime
    size_bytes: int

    @property
    def origin(self) -> str:
        """Another dump under the same name is another backup."""
        return f"{self.name} of {self.created_at:%Y-%m-%d %H:%M:%S}"


def newest_dump(location: Location, *, now: datetime) -> Dump:
    """Raises AdoptionFailed, naming what else is there."""
    passed_over: Counter[str] = Counter()
    dumps = list(find_dumps(location, now=now, passed_over=passed_over))
    if not dumps:
        others = "; ".join(f"{count} files: {reason}" for reason, count in passed_over.most_common()) or "it is empty"
        raise AdoptionFailed(f"There is no finished dump in PostgreSQL's custom format in {location.folder}: {others}")
    return max(dumps, key=lambda dump: (dump.created_at, dump.name))


def find_dumps(location: Location, *, now: datetime, passed_over: Counter[str] | None = None) -> Iterator[Dump]:
    """Every finished dump of the wanted database."""
    if not location.folder.is_dir():
        raise AdoptionFailed(f"The folder {location.folder} is not there. Check what is mounted.")
    for path in location.folder.rglob("*"):
        if not path.is_file() or path.is_symlink():
            continue
        try:
            yield _examine(location, path, now)
        except DumpUnreadable as error:
            if passed_over is not None:
                passed_over[error.message] += 1


def unwrap(dump: Path, target: Path) -> None:
    """Write the dump itself, without what it was compressed with. Raises DumpUnreadable."""
    try:
        with opened(dump) as source, target.open("xb") as file:
            shutil.copyfileobj(source, file, CHUNK_BYTES)
    except BROKEN as error:
        raise DumpUnreadable(f"{dump.name} cannot be decompressed: {error}") from error


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The file's content, decompressed where it was compressed as a whole."""
    with path.open("rb") as file:
        start = file.read(4)
        file.seek(0)
        if start.startswith(GZIP):
            yield cast("IO[bytes]", gzip.GzipFile(fileobj=file))
        elif start == ZSTD:
            yield cast("IO[bytes]", zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True))
        else:
            yield file


def _examine(location: Location, path: Path, now: datetime) -> Dump:
    status = path.stat()
    written_at = datetime.fromtimestamp(status.st_mtime, UTC)
    if path.suffix in UNFINISHED or now - written_at < location.settled_after:
        raise DumpUnreadable("Still being written.")
    header = _read_header(path)
    if location.database and header.database != location.database:
        raise DumpUnreadable("A dump of another database.")
    created_at = header.created_at.replace(tzinfo=location.timezone).astimezone(UTC)
    if created_at > written_at + CLOCKS_APART:  # nothing ends before it begins: the time zone is another one
        created_at = written_at
    return Dump(path, str(path.relative_to(location.folder)), header, created_at, status.st_size)


def _read_header(path: Path) -> Header:
    try:
        with opened(path) as file:
            start = file.read(4096)
        if start.lstrip(b"-\r\n ").startswith((b"PostgreSQL database", b"\\restrict", b"SET ")):
            raise DumpUnreadable(
                "Plain SQL, which restores without an error when it is cut; write it with pg_dump --format=custom."
            )
        with opened(path) as file:
            return read_header(file)
    except BROKEN as error:
        raise DumpUnreadable("Cannot be read or decompressed.") from error
