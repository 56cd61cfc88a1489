"""What a dump in PostgreSQL's custom format says of itself, in its first bytes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apps.backups.exceptions import DumpUnreadable

MAGIC = b"PGDMP"
CUSTOM = 1
NEWEST_BYTES = 1 << 16  # no header is longer


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True)
class Header:
    """When it was begun, by the clock and in the time zone of the machine that dumped, and of what."""

    created_at: datetime
    database: str
    server_version: str
    dump_version: str

    @property
    def major(self) -> int:
        """The oldest server that can take it."""
        return max(int(version.split(".")[0].split()[0]) for version in (self.server_version, self.dump_version))


def read_header(file: Readable) -> Header:
    """Raises DumpUnreadable when it is not a dump of the custom format."""
    if file.read(5) != MAGIC:
        raise DumpUnreadable("It is not a dump in PostgreSQL's custom format.")
    try:
        return _Reader(file).read()
    except (IndexError, ValueError, OverflowError) as error:
        raise DumpUnreadable("It begins as a dump in PostgreSQL's custom format, and ends in its header.") from error


class _Reader:
    """pg_dump writes integers as a sign and as many bytes as it says first, and texts with their length before."""

    def __init__(self, file: Readable) -> None:
        self._file = file
        self._integer_bytes = 4

    def read(self) -> Header:
        version = (self._byte(), self._byte(), self._byte())
        self._integer_bytes = self._byte()
        self._byte()  # of offsets
        if self._byte() != CUSTOM:
            raise DumpUnreadable("It is a dump in another format than PostgreSQL's custom one.")
        if version >= (1, 15, 0):
            self._byte()  # the compression is a byte since PostgreSQL 16
        else:
            self._integer()
        second, minute, hour, day, month, year, _ = (self._integer() for _ in range(7))
        created_at = datetime(1900 + year, month + 1, day, hour, minute, min(second, 59))  # noqa: DTZ001 - it has none
        return Header(created_at, self._text(), self._text(), self._text())

    def _byte(self) -> int:
        return self._file.read(1)[0]

    def _integer(self) -> int:
        sign, content = self._byte(), self._file.read(self._integer_bytes)
        if len(content) < self._integer_bytes:
            raise ValueError
        return -int.from_bytes(content, "little") if sign else int.from_bytes(content, "little")

    def _text(self) -> str:
        length = self._integer()
        if not 0 <= length < NEWEST_BYTES:
            raise ValueError
        content = self._file.read(length)
        if len(content) < length:
            raise ValueError
        return content.decode(errors="replace")
