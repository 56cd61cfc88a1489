"""Faults around a backup: disks, clocks, credentials, storages and sources that fail while it is taken or drilled."""
# ruff: noqa: S608 - the queries are composed of constants

import errno
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import IO, cast
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from apps.backups.engines import findings
from apps.backups.engines.artefact import pack
from apps.backups.engines.contract import BackupJob
from apps.backups.engines.encryption import make_identity, public_key_of
from apps.backups.engines.storage import LocalStorage, Storage
from apps.common.postgresql.throwaway import throwaway_folder

from .bucket import refusing_bucket
from .case import Case
from .contents import LARGEST, STORED, TABLE
from .fault import CaughtBy, Fault, NotApplicable, drilled, make_fault, refused
from .scratch import Scratch, scratch_database

POSTGRESQL = ("postgresql",)
IMPOSSIBLE_BYTES = 1 << 60
ROOM_BYTES = 1 << 10
PAGE_BYTES = 8192
LONG_VALUES = f"SELECT c.reltoastrelid AS oid {STORED} AND pg_relation_size(c.reltoastrelid) > 0 {LARGEST}"
APPEARS_SECONDS = 20.0


class FullDisk(LocalStorage):
    """A folder on a disk that has room for a kilobyte."""

    @contextmanager
    def write(self, key: str, *, once: bool = False) -> Iterator[IO[bytes]]:
        with super().write(key, once=once) as file:
            yield cast("IO[bytes]", _FullFile(file))


class _FullFile:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._room = ROOM_BYTES

    def write(self, data: bytes) -> int:
        self._room -= len(data)
        if self._room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self._file.write(data)


def without_disk(case: Case) -> None:
    """The database is larger than any disk."""
    manifest = case.read_manifest()
    case.publish(replace(manifest, summary=replace(manifest.summary, size_bytes=IMPOSSIBLE_BYTES)))


def without_time(case: Case) -> None:
    """The drill may take a millisecond."""
    case.job = replace(case.job, timeout_seconds=0.001)


def without_folder(case: Case) -> None:
    """The folder of the storage is not mounted."""
    case.job = replace(case.job, storage=LocalStorage(case.folder / "not-mounted"))


def before_its_snapshot(case: Case) -> None:
    """The clock of the drill stands a day before the snapshot."""
    case.job = replace(case.job, now=case.healthy.manifest.snapshot_at - timedelta(days=1))


def without_key(case: Case) -> None:
    """Nobody has the key any more."""
    case.job = replace(case.job, identities=())


def with_wrong_key(case: Case) -> None:
    """The key at hand is another one."""
    case.job = replace(case.job, identities=[make_identity()])


def to_wrong_recipient(case: Case) -> None:
    """The backup was encrypted to somebody else than its manifest says."""
    stranger = public_key_of(make_identity())
    manifest = case.healthy.manifest
    with throwaway_folder() as folder, case.healthy.decode(folder).open("rb") as dump, case.artefact.open("wb") as file:
        written = pack(dump, file, recipients=[stranger])
    case.publish(replace(manifest, artefact=replace(written, recipients=manifest.artefact.recipients)))


def of_unknown_engine(case: Case) -> None:
    """The manifest names an engine that does not exist."""
    case.publish(replace(case.read_manifest(), engine="punch-cards"))


def with_empty_fingerprint(case: Case) -> None:
    """The manifest says nothing of what the source held."""
    case.publish(replace(case.read_manifest(), fingerprint={}))


def from_bucket(status: int, code: str) -> Callable[[Case], list[findings.Finding]]:
    """The drill fetches from a bucket that refuses."""

    def happen(case: Case) -> list[findings.Finding]:
        with refusing_bucket(status, code) as storage:
            case.job = replace(case.job, storage=storage)
            return case.drill().findings

    return happen


def into_bucket(status: int, code: str) -> Callable[[Case, str], None]:
    """A backup into a bucket that refuses."""

    def attempt(case: Case, prefix: str) -> None:
        with refusing_bucket(status, code) as storage:
            _take(case, prefix, storage=storage)

    return attempt


def onto_full_disk(case: Case, prefix: str) -> None:
    """A backup into a folder whose disk is full."""
    _take(case, prefix, storage=FullDisk(case.healthy.storage.folder))


def of_another_database(case: Case) -> None:
    """The dump is of an empty database of the same server."""
    case.replace_artefact(case.pristine().connection_url("postgres"))


def with_wrong_password(case: Case, prefix: str) -> None:
    """The password of the database was changed since."""
    with scratch_database(case) as scratch:
        password = urlsplit(scratch.url).password or ""
        _take(case, prefix, url=scratch.url.replace(password, "changed-since"))


def without_rights(case: Case, prefix: str) -> None:
    """A role that may not read everything takes the backup."""
    with scratch_database(case) as scratch:
        role, password = f"reader_{scratch.name}", "reader"
        with scratch.connect() as connection:
            create = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), password)
            connection.execute(create)
        parameters = scratch.server.connection_parameters(scratch.name)
        url = f"postgresql://{role}:{password}@/{scratch.name}?host={parameters['host']}&port={parameters['port']}"
        try:
            _take(case, prefix, url=url)
        finally:
            with scratch.connect() as connection:
                connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


def with_damaged_page(case: Case, prefix: str) -> None:
    """A page of the largest table was overwritten on the source's disk."""
    with scratch_database(case, is_cold=True) as scratch:
        _overwrite_page(scratch, f"SELECT c.oid {STORED} {LARGEST}")
        _take(case, prefix, url=scratch.url)


def with_damaged_long_values(case: Case, prefix: str) -> None:
    """A page of values that are kept beside their rows was overwritten on the source's disk."""
    with scratch_database(case, is_cold=True) as scratch:
        _overwrite_page(scratch, LONG_VALUES)
        _take(case, prefix, url=scratch.url)


def with_killed_dump(case: Case, prefix: str) -> None:
    """The program that dumps is killed in the middle."""
    with scratch_database(case) as scratch, _interrupted(scratch, partial(_kill_dump_of, scratch)):
        _take(case, prefix, url=scratch.url)


def with_ended_sessions(case: Case, prefix: str) -> None:
    """The server ends the session of the dump, as it does when it stops."""
    with scratch_database(case) as scratch, _interrupted(scratch, partial(_end_dump_of, scratch)):
        _take(case, prefix, url=scratch.url)


@contextmanager
def _interrupted(scratch: Scratch, interrupt: Callable[[], bool]) -> Iterator[None]:
    """A lock holds up the dump in the block until it was interrupted."""
    with scratch.connect() as connection, ThreadPoolExecutor(max_workers=1) as pool:
        table = connection.execute(f"SELECT {TABLE} {STORED} {LARGEST}").fetchone()
        if table is None:
            raise NotApplicable("The database has no table with rows.")
        connection.execute(f"LOCK TABLE {table[0]}".encode())
        interrupting = pool.submit(_until, interrupt)
        try:
            yield
        finally:
            connection.rollback()
            interrupting.result()


def _until(interrupt: Callable[[], bool]) -> None:
    deadline = time.monotonic() + APPEARS_SECONDS
    while not interrupt() and time.monotonic() < deadline:
        time.sleep(0.02)


def _kill_dump_of(scratch: Scratch) -> bool:
    for folder in Path("/proc").iterdir():
        with suppress(OSError):
            program, *arguments = (folder / "cmdline").read_bytes().split(b"\0")
            if program.endswith(b"pg_dump") and any(scratch.name.encode() in argument for argument in arguments):
                os.kill(int(folder.name), signal.SIGKILL)
                return True
    return False


def _end_dump_of(scratch: Scratch) -> bool:
    with psycopg.connect(**scratch.server.connection_parameters("template1")) as connection:
        ended = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = %s AND wait_event_type = 'Lock' AND query LIKE 'LOCK TABLE%%'",
            [scratch.name],
        )
        return ended.fetchone() is not None


def _overwrite_page(scratch: Scratch, relation: str) -> None:
    with scratch.connect() as connection:
        found = connection.execute(f"SELECT pg_relation_filepath(oid) FROM ({relation}) r".encode()).fetchone()
        if found is None:
            raise NotApplicable("The database has no such table with rows.")
    with (scratch.server.data_folder / found[0]).open("r+b") as file:
        file.write(b"\xa5" * PAGE_BYTES)


def _take(case: Case, prefix: str, *, url: str = "", storage: Storage | None = None) -> None:
    healthy = case.healthy
    healthy.engine.take(
        BackupJob(
            connection_url=url or healthy.connection_url,
            storage=storage or healthy.storage,
            prefix=prefix,
            recipients=healthy.recipients,
        )
    )


def during_backup(
    mode: int,
    identifier: str,
    sentence: str,
    expected: str | tuple[str, ...],
    attempt: Callable[[Case, str], object],
    engines: tuple[str, ...] = (),
) -> Fault:
    """A fault that the backup must refuse."""
    happen = refused(attempt)
    return make_fault(mode, identifier, sentence, expected, happen, caught_by=CaughtBy.BACKUP, engines=engines)


def during_drill(
    mode: int,
    identifier: str,
    sentence: str,
    expected: str,
    damage: Callable[[Case], None],
    engines: tuple[str, ...] = (),
) -> Fault:
    """A fault that the drill must name."""
    return make_fault(mode, identifier, sentence, expected, drilled(damage), engines=engines)


STORAGE_FAILED, SOURCE_UNREACHABLE, TOOL_FAILED = "storage-failed", "source-unreachable", "tool-failed"
DUMP_ENDED = (TOOL_FAILED, "source-unreadable")

CONDITION_FAULTS = [
    during_backup(8, "killed-dump", "pg_dump is killed in the middle.", DUMP_ENDED, with_killed_dump, POSTGRESQL),
    during_backup(
        9, "ended-session", "The server ends the session of pg_dump in the middle.", DUMP_ENDED, with_ended_sessions,
        POSTGRESQL,
    ),
    during_backup(10, "full-disk", "The storage's disk is full.", STORAGE_FAILED, onto_full_disk),
    during_backup(
        10, "full-bucket", "The bucket is over its quota.", STORAGE_FAILED, into_bucket(507, "XMinioStorageFull")
    ),
    during_drill(10, "disk-too-small", "The drill's disk is too small.", findings.DISK_TOO_SMALL, without_disk),
    during_drill(
        15, "time-limit", "The restore takes longer than it may.", findings.TIME_LIMIT_REACHED, without_time,
        POSTGRESQL,
    ),
    during_backup(
        27, "hidden-rows", "The role that dumps may not read everything.", SOURCE_UNREACHABLE, without_rights,
        POSTGRESQL,
    ),
    during_drill(
        30, "another-database", "The dump is of another database.", findings.TABLE_MISSING, of_another_database,
        POSTGRESQL,
    ),
    during_drill(
        34, "unknown-engine", "No engine here proves this backup.", findings.ENGINE_UNKNOWN, of_unknown_engine
    ),
    during_drill(
        39, "clock-set-back", "The clock stands before the snapshot.", findings.CLOCK_SKEWED, before_its_snapshot
    ),
    during_backup(
        41, "damaged-page", "A page of the source is damaged on its disk.", (*DUMP_ENDED, SOURCE_UNREACHABLE),
        with_damaged_page, POSTGRESQL,
    ),
    during_drill(46, "lost-key", "The key that decrypts is lost.", findings.KEY_MISSING, without_key),
    during_drill(47, "wrong-key", "The key at hand is another one.", findings.KEY_MISSING, with_wrong_key),
    during_drill(
        47, "wrong-recipient", "It was encrypted to another key than the manifest says.",
        findings.ARTEFACT_UNREADABLE, to_wrong_recipient,
    ),
    during_backup(
        44, "damaged-toast", "A page of long values is damaged on the source's disk.",
        (*DUMP_ENDED, SOURCE_UNREACHABLE), with_damaged_long_values, POSTGRESQL,
    ),
    during_backup(
        50, "changed-password", "The database's password was changed.", SOURCE_UNREACHABLE, with_wrong_password,
        POSTGRESQL,
    ),
    during_backup(
        51, "expired-credential", "The bucket's credentials expired.", STORAGE_FAILED, into_bucket(400, "ExpiredToken")
    ),
    make_fault(
        51, "expired-credential-at-drill", "The bucket's credentials expired since.", findings.STORAGE_UNREADABLE,
        from_bucket(400, "ExpiredToken"),
    ),
    make_fault(
        52, "read-denied", "The bucket refuses to be read.", findings.STORAGE_UNREADABLE,
        from_bucket(403, "AccessDenied"),
    ),
    make_fault(
        6, "archived-object", "The bucket moved the backup into an archive.", findings.STORAGE_UNREADABLE,
        from_bucket(403, "InvalidObjectState"),
    ),
    during_drill(
        6, "missing-folder", "The storage's folder is not mounted.", findings.STORAGE_UNREADABLE, without_folder
    ),
    during_drill(
        64, "empty-fingerprint", "The manifest holds nothing to compare with.", findings.MANIFEST_UNREADABLE,
        with_empty_fingerprint,
    ),
]  # fmt: skip
