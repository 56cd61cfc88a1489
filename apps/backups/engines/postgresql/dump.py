"""Dumps a database in one snapshot, and fingerprints it in that same snapshot."""

import os
import socket
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

import psycopg

from apps.backups.exceptions import SourceUnreachable, SourceUnreadable
from apps.common import shell
from apps.common.postgresql.binaries import Installation, installation_for

from . import fingerprint
from .address import Address
from .fingerprint import Fingerprint
from .reasons import reason_for
from .roles import Role, read_roles
from .rows import FULL, Effort

LOCK_WAIT_MILLISECONDS = 60_000


@dataclass(frozen=True)
class Snapshot:
    """An exported snapshot, alive as long as its connection's transaction."""

    connection: psycopg.Connection[Any]
    name: str
    taken_at: datetime
    installation: Installation
    roles: list[Role]
    is_standby: bool = False


@contextmanager
def open_snapshot(address: Address) -> Iterator[Snapshot]:
    """Hold one moment of the database still, for every reader that imports the snapshot."""
    with address.connect() as connection, translated(address):
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        fingerprint.prepare_session(connection)
        row = connection.execute("SELECT pg_export_snapshot(), now(), pg_is_in_recovery()").fetchone()
        assert row is not None  # noqa: S101 - a SELECT without FROM has one row
        installation = installation_for(connection.info.server_version // 10_000)
        yield Snapshot(connection, row[0], row[1], installation, read_roles(connection), is_standby=row[2])


@contextmanager
def fingerprinting(snapshot: Snapshot, effort: Effort = FULL) -> Iterator[Future[Fingerprint]]:
    """Take the fingerprint in a thread beside whatever the block does."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        future = pool.submit(fingerprint.take_fingerprint, snapshot.connection, effort=effort)
        try:
            yield future
        except BaseException as error:
            # When the fingerprint broke, the snapshot ended with it, and pg_dump only tells of that.
            cause = future.exception() if future.done() else None
            # When its session was ended, pg_dump heard why: libpq drops what the server says while it is idle.
            knows_better = isinstance(error, SourceUnreadable) and snapshot.connection.broken
            _end_reading(future, snapshot.connection)
            if cause is not None and isinstance(error, (shell.ToolFailed, SourceUnreadable)) and not knows_better:
                raise cause from error
            raise


def _end_reading(reading: Future[Any], connection: psycopg.Connection[Any]) -> None:
    """Close the connection, but only once the thread that reads on it has ended: libpq crashes otherwise."""
    if not reading.done():
        with suppress(psycopg.Error):
            connection.cancel_safe()
        # The thread may be between two statements, or the server too far away to cancel one.
        with suppress(psycopg.Error, OSError), socket.socket(fileno=os.dup(connection.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)
        wait([reading])
    connection.close()


@contextmanager
def dumping(address: Address, snapshot: Snapshot, *, timeout_seconds: float) -> Iterator[IO[bytes]]:
    """Yield the dump's bytes. Leaving the block raises unless pg_dump ended well."""
    command = shell.Command(
        [
            snapshot.installation.program("pg_dump"),
            *make_dump_arguments(address.public_conninfo, snapshot.name, is_standby=snapshot.is_standby),
        ],
        environment=address.environment,
        secrets=address.secrets,
        timeout_seconds=timeout_seconds,
    )
    try:
        with shell.stream(command) as stdout:
            yield stdout
    except shell.ToolFailed as error:
        if reason := reason_for(error.message):
            raise SourceUnreadable(f"{reason} ({error.message})") from error
        raise


def make_dump_arguments(conninfo: str, snapshot: str, *, is_standby: bool = False) -> list[str]:
    """Arguments of pg_dump: everything, custom format, uncompressed because zstd compresses it better."""
    return [
        "--format=custom",
        "--compress=0",
        "--no-password",
        f"--snapshot={snapshot}",
        f"--lock-wait-timeout={LOCK_WAIT_MILLISECONDS}",
        *(["--no-unlogged-table-data"] if is_standby else []),
        f"--dbname={conninfo}",
    ]


@contextmanager
def translated(address: Address) -> Iterator[None]:
    """Turn the driver's errors into the words of this app."""
    try:
        yield
    except psycopg.Error as error:
        words = " ".join(str(error).split())
        reason = reason_for(words)
        said = f"{reason} ({words})" if reason else words
        raise SourceUnreachable(f"The database {address.database} could not be read: {said}") from error
