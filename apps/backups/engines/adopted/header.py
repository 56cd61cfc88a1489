"""What a dump says of itself, in its first bytes."""

import io
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apps.backups.exceptions import DumpUnreadable

from .form import Form

MAGIC = b"PGDMP"
FORMATS = {Form.CUSTOM: 1, Form.TAR: 3, Form.DIRECTORY: 3}
CONTENTS_FILE = "toc.dat"
TAR_HEADER_BYTES = 512
NEWEST_BYTES = 1 << 16  # no header is longer

SCRIPT = b"-- PostgreSQL database dump\n"
CLUSTER_SCRIPT = b"-- PostgreSQL database cluster dump\n"
VERSIONS = re.compile(
    rb"^-- Dumped from database version (\d\S*).*\n-- Dumped by pg_dump version (\d\S*)", re.MULTILINE
)
CONNECT = re.compile(rb'^\\connect ("?)([^"\s]+)\1$', re.MULTILINE)
ENCRYPTED = {b"age-encryption.org": "age", b"-----BEGIN PGP": "GPG", b"-----BEGIN AGE": "age"}


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True)
class Header:
    """When it was begun, by the clock and in the time zone of the machine that dumped, and of what.

    A script says neither when, nor of which database unless it creates it.
    """

    created_at: datetime | None
    database: str
    server_version: str
    dump_version: str
    form: Form = Form.CUSTOM

    @property
    def major(self) -> int:
        """The oldest server that can take it."""
        return max(int(version.split(".")[0].split()[0]) for version in (self.server_version, self.dump_version))


def read_any_header(start: bytes) -> Header:
    """The header of a file that begins so, whatever its form. Raises DumpUnreadable."""
    if start.startswith(MAGIC):
        return read_header(io.BytesIO(start))
    if start.startswith(CONTENTS_FILE.encode() + b"\0"):
        return read_header(io.BytesIO(start[TAR_HEADER_BYTES:]), Form.TAR)
    for beginning, tool in ENCRYPTED.items():
        if start.startswith(beginning):
            raise DumpUnreadable(f"Encrypted with {tool}, by a key that is not known here.")
    return read_script_header(start)


def read_script_header(start: bytes) -> Header:
    """What pg_dump writes above a script of SQL. Raises DumpUnreadable when it is none."""
    if CLUSTER_SCRIPT in start:
        raise DumpUnreadable("A script of pg_dumpall, of a whole server; dump each database by itself, with pg_dump.")
    versions = VERSIONS.search(start)
    if SCRIPT not in start or not versions:
        raise DumpUnreadable("Not a dump of PostgreSQL.")
    named = CONNECT.search(start)
    texts = (named[2] if named else b"", versions[1], versions[2])
    database, server_version, dump_version = (text.decode(errors="replace") for text in texts)
    return Header(None, database, server_version, dump_version, Form.SCRIPT)


def read_header(file: Readable, form: Form = Form.CUSTOM) -> Header:
    """Raises DumpUnreadable when it is not a dump of that form."""
    if file.read(5) != MAGIC:
        raise DumpUnreadable(f"It is not a dump in PostgreSQL's {form} format.")
    try:
        return _Reader(file).read(form)
    except (IndexError, ValueError, OverflowError) as error:
        raise DumpUnreadable(f"It begins as a dump in PostgreSQL's {form} format, and ends in its header.") from error


class _Reader:
    """pg_dump writes integers as a sign and as many bytes as it says first, and texts with their length before."""

    def __init__(self, file: Readable) -> None:
        self._file = file
        self._integer_bytes = 4

    def read(self, form: Form) -> Header:
        version = (self._byte(), self._byte(), self._byte())
        self._integer_bytes = self._byte()
        self._byte()  # of offsets
        if self._byte() != FORMATS[form]:
            raise DumpUnreadable(f"It is a dump in another format than PostgreSQL's {form} one.")
        if version >= (1, 15, 0):
            self._byte()  # the compression is a byte since PostgreSQL 16
        else:
            self._integer()
        second, minute, hour, day, month, year, _ = (self._integer() for _ in range(7))
        created_at = datetime(1900 + year, month + 1, day, hour, minute, min(second, 59))  # noqa: DTZ001 - it has none
        return Header(created_at, self._text(), self._text(), self._text(), form)

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
