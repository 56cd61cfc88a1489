"""Troubles of a source while it is backed up: killed dumps, ended sessions, damaged pages, refused sign-ins."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from . import targets
from .case import Case
from .fault import NotApplicable
from .scratch import Scratch, scratch_database
from .targets import Target

PAGE_BYTES = 8192
APPEARS_SECONDS = 20.0
ENDED_BY_SERVER = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = %s AND wait_event_type = 'Lock' AND query LIKE 'LOCK TABLE%%'"""

Trouble = Callable[[Scratch], AbstractContextManager[str]]


def amid(trouble: Trouble, *, is_cold: bool = False) -> Callable[[Case, str], None]:
    """A backup of a copy of the database in this trouble, which says what URL leads there."""

    def attempt(case: Case, prefix: str) -> None:
        with scratch_database(case, is_cold=is_cold) as scratch, trouble(scratch) as url:
            case.take(url, prefix)

    return attempt


@contextmanager
def changed_password(scratch: Scratch) -> Iterator[str]:
    """The password of the database was changed since."""
    yield scratch.url.replace(urlsplit(scratch.url).password or "", "changed-since")


@contextmanager
def too_few_rights(scratch: Scratch) -> Iterator[str]:
    """A role that may not read everything takes the backup."""
    role, password = f"reader_{scratch.name}", "reader"
    with scratch.connect() as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), password))
    parameters = scratch.server.connection_parameters(scratch.name)
    try:
        yield f"postgresql://{role}:{password}@/{scratch.name}?host={parameters['host']}&port={parameters['port']}"
    finally:
        with scratch.connect() as connection:
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


def damaged_page(target: Target) -> Trouble:
    """The first page of what the target names was overwritten on the source's disk."""

    @contextmanager
    def trouble(scratch: Scratch) -> Iterator[str]:
        (relation, *_) = _find(scratch, target)
        with scratch.connect() as connection:
            row = connection.execute("SELECT pg_relation_filepath(%s::oid)", [relation]).fetchone()
        with (scratch.server.data_folder / str(row and row[0])).open("r+b") as file:
            file.write(b"\xa5" * PAGE_BYTES)
        yield scratch.url

    return trouble


def interrupted(interrupt: Callable[[Scratch], bool]) -> Trouble:
    """A lock holds up the dump until it was interrupted."""

    @contextmanager
    def trouble(scratch: Scratch) -> Iterator[str]:
        _, table = _find(scratch, targets.LARGEST_ROWS)
        with scratch.connect() as connection, ThreadPoolExecutor(max_workers=1) as pool:
            connection.execute(f"LOCK TABLE {table}".encode())
            interrupting = pool.submit(_until, interrupt, scratch)
            try:
                yield scratch.url
            finally:
                connection.rollback()
                interrupting.result()

    return trouble


def kill_dump(scratch: Scratch) -> bool:
    """Kill the program that dumps the database. False: it is not there yet."""
    for folder in Path("/proc").iterdir():
        with suppress(OSError):
            program, *arguments = (folder / "cmdline").read_bytes().split(b"\0")
            if program.endswith(b"pg_dump") and any(scratch.name.encode() in argument for argument in arguments):
                os.kill(int(folder.name), signal.SIGKILL)
                return True
    return False


def end_session(scratch: Scratch) -> bool:
    """End the session of the dump, as a server does when it stops. False: it is not there yet."""
    with psycopg.connect(**scratch.server.connection_parameters("template1")) as connection:
        return connection.execute(ENDED_BY_SERVER, [scratch.name]).fetchone() is not None


def _until(interrupt: Callable[[Scratch], bool], scratch: Scratch) -> None:
    deadline = time.monotonic() + APPEARS_SECONDS
    while not interrupt(scratch) and time.monotonic() < deadline:
        time.sleep(0.02)


def _find(scratch: Scratch, target: Target) -> tuple[str, ...]:
    with scratch.connect() as connection:
        found = connection.execute(target.query.encode()).fetchone()
    if found is None:
        raise NotApplicable(f"The database has no {target.what}.")
    return found
