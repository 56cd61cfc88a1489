"""The dumps in a place. What a file is and how old it is, it says itself: names prove nothing."""

import gzip
import io
import shutil
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path, PurePath
from typing import IO, cast

import zstandard

from apps.backups.engines.files.bucket_address import BucketAddress
from apps.backups.engines.streams import CHUNK_BYTES
from apps.backups.exceptions import AdoptionFailed, DumpUnreadable

from .barman import find_records, is_barman_server, read_record
from .form import Form
from .header import CONTENTS_FILE, Header, read_any_header, read_header
from .location import Location, require_adoptable
from .script import write_script
from .stored import Dump, copy_folder, size_of

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
UNFINISHED = {".part", ".partial", ".tmp", ".unfinished", ".filepart", ".crdownload"}
CLOCKS_APART = timedelta(minutes=5)
BROKEN = (OSError, EOFError, zlib.error, zstandard.ZstdError)
START_BYTES = 4096
UNNAMED = "restored"  # what a script is restored into that names no database


def newest_dump(location: Location, *, now: datetime) -> Dump:
    """Raises AdoptionFailed, naming what else is there."""
    passed_over: Counter[str] = Counter()
    dumps = list(find_dumps(location, now=now, passed_over=passed_over))
    if not dumps:
        others = "; ".join(f"{count} files: {reason}" for reason, count in passed_over.most_common()) or "it is empty"
        raise AdoptionFailed(f"There is no finished backup of PostgreSQL in {location.place}: {others}")
    return max(dumps, key=lambda dump: (dump.created_at, dump.name))


def find_dumps(location: Location, *, now: datetime, passed_over: Counter[str] | None = None) -> Iterator[Dump]:
    """Every finished dump of the wanted database, or backup of Barman. Raises AdoptionFailed, SourceUnreachable."""
    for look in _candidates(location, now):
        try:
            yield look()
        except DumpUnreadable as error:
            if passed_over is not None:
                passed_over[error.message] += 1


def _candidates(location: Location, now: datetime) -> Iterator[Callable[[], Dump]]:
    """How to look at each file that may be one."""
    if isinstance(location.place, BucketAddress):
        from .bucket import find_objects  # its library takes half a second to load, which folders are spared

        return find_objects(location.place, location, now)
    require_adoptable(location.place)
    if is_barman_server(location.place):
        return (partial(read_record, path) for path in find_records(location.place))
    files = (path for path in location.place.rglob("*") if path.is_file() and not path.is_symlink())
    return (partial(_examine, location, location.place, path, now) for path in files if not _is_part_of_folder(path))


def database_of(dump: Dump, location: Location) -> str:
    """The database that drills look at. Raises AdoptionFailed when nobody says which."""
    if dump.header.form == Form.BARMAN and not location.database:
        raise AdoptionFailed("Barman backs up a whole server. Name the database that drills look at: ?database=NAME")
    return dump.header.database or location.database or UNNAMED


def unwrap(dump: Path, target: Path, form: Form) -> None:
    """Write the dump for the tool that restores it, without what it was compressed with. Raises DumpUnreadable."""
    try:
        if form == Form.DIRECTORY:
            copy_folder(dump, target)
            return
        with opened(dump) as source, target.open("x+b") as file:
            if form == Form.SCRIPT:
                write_script(source, file)
            else:
                shutil.copyfileobj(source, file, CHUNK_BYTES)
    except BROKEN as error:
        raise DumpUnreadable(f"{dump.name} cannot be read or decompressed: {error}") from error


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The file's content, decompressed where it was compressed as a whole."""
    with path.open("rb") as file:
        yield decompressed(file)


def decompressed(file: IO[bytes]) -> IO[bytes]:
    """The same of an open file."""
    start = file.read(4)
    file.seek(0)
    if start.startswith(GZIP):
        return cast("IO[bytes]", gzip.GzipFile(fileobj=file))
    if start == ZSTD:
        reader = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
        return cast("IO[bytes]", io.BufferedReader(cast("io.RawIOBase", reader)))
    return file


def _is_part_of_folder(path: Path) -> bool:
    """The contents file stands for its folder."""
    return path.name != CONTENTS_FILE and (path.parent / CONTENTS_FILE).is_file()


def require_settled(location: Location, path: PurePath, written_at: datetime, now: datetime) -> None:
    """Raises DumpUnreadable."""
    if path.suffix in UNFINISHED or now - written_at < location.settled_after:
        raise DumpUnreadable("Still being written.")


def make_dump(location: Location, path: Path, name: str, header: Header, written_at: datetime, size_bytes: int) -> Dump:
    """The dump, when it is one of the wanted database. Raises DumpUnreadable."""
    if location.database and header.database not in {location.database, ""}:
        raise DumpUnreadable("A dump of another database.")
    return Dump(path, name, header, _created_at(header, location, written_at), size_bytes)


def _examine(location: Location, folder: Path, path: Path, now: datetime) -> Dump:
    written_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    require_settled(location, path, written_at, now)
    header = _read_header(path)
    dump = path.parent if header.form == Form.DIRECTORY else path
    return make_dump(location, dump, str(dump.relative_to(folder)), header, written_at, size_of(dump))


def _created_at(header: Header, location: Location, written_at: datetime) -> datetime:
    if header.created_at is None:
        return written_at
    created_at = header.created_at.replace(tzinfo=location.timezone).astimezone(UTC)
    # Nothing ends before it begins: then the time zone is another one.
    return written_at if created_at > written_at + CLOCKS_APART else created_at


def _read_header(path: Path) -> Header:
    try:
        with opened(path) as file:
            if path.name == CONTENTS_FILE:
                return read_header(file, Form.DIRECTORY)
            return read_any_header(file.read(START_BYTES))
    except BROKEN as error:
        raise DumpUnreadable("Cannot be read or decompressed.") from error
