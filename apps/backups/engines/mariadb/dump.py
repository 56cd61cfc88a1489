"""Runs mariadb-dump, and knows from what it writes when its snapshot was there and whether it reached its end."""

import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from apps.backups.exceptions import SourceUnreachable
from apps.common import shell

from .address import Address
from .programs import Tool

CHUNK_BYTES = 1 << 16
# Written once the dump's transaction has begun, and before anything of the database was read.
BEGUN = b"\n-- Current Database: "
ENDED = b"-- Dump completed"
TAIL_BYTES = 64


class DumpStream:
    """The dump's bytes. Remembers whether its last line is the one that a whole dump ends with."""

    def __init__(self, stdout: IO[bytes]) -> None:
        self._stdout = stdout
        self._first = b""
        self._tail = b""

    @property
    def is_whole(self) -> bool:
        return ENDED in self._tail

    def wait_until_begun(self, *, timeout_seconds: float) -> None:
        """Return when the dump has its snapshot, or has ended. Raises SourceUnreachable."""
        deadline = time.monotonic() + timeout_seconds
        while BEGUN not in self._first:
            ready, _, _ = select.select([self._stdout], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise SourceUnreachable(f"mariadb-dump did not begin to dump within {timeout_seconds:g} s.")
            chunk = self._stdout.read1(CHUNK_BYTES)  # type: ignore[attr-defined]
            if not chunk:
                return
            self._first += chunk

    def read(self, size: int = -1) -> bytes:
        data, self._first = (self._first, b"") if self._first else (self._stdout.read(size), b"")
        self._tail = (self._tail + data[-TAIL_BYTES:])[-TAIL_BYTES:]
        return data


@contextmanager
def dumping(address: Address, tool: Tool, *, with_history: bool, timeout_seconds: float) -> Iterator[DumpStream]:
    """Yield the dump's bytes. Leaving the block raises unless mariadb-dump ended well, with its last line."""
    command = shell.Command(
        [tool.path, *make_dump_arguments(address, with_history=with_history)],
        environment=address.environment,
        secrets=[address.password],
        timeout_seconds=timeout_seconds,
    )
    with shell.stream(command) as stdout:
        stream = DumpStream(stdout)
        yield stream
    if not stream.is_whole:
        raise SourceUnreachable("mariadb-dump ended without its last line, so the dump may not be whole.")


def make_dump_arguments(address: Address, *, with_history: bool) -> list[str]:
    """Arguments of mariadb-dump: everything that belongs to the database, in one transaction."""
    return [
        *address.arguments,
        "--single-transaction",
        "--quick",
        "--routines",
        "--events",
        "--triggers",
        "--hex-blob",
        "--default-character-set=utf8mb4",
        "--max-allowed-packet=1G",
        "--skip-dump-date",
        *(["--dump-history"] if with_history else []),
        "--databases",
        address.database,
    ]
