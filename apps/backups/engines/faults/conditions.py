"""Faults around a backup: disks, clocks, credentials, storages and sources that fail while it is taken or drilled."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import IO, cast

from apps.backups.engines import findings
from apps.backups.engines.artefact import pack
from apps.backups.engines.encryption import make_identity, public_key_of
from apps.backups.engines.storage import LocalStorage
from apps.common.postgresql.throwaway import throwaway_folder

from .bucket import refusing_bucket
from .case import Case
from .fault import CaughtBy, Fault, drilled, make_fault, refused
from .targets import LARGEST_ROWS, LONG_VALUES
from .troubles import amid, changed_password, damaged_page, end_session, interrupted, kill_dump, too_few_rights

POSTGRESQL = ("postgresql",)
IMPOSSIBLE_BYTES = 1 << 60
ROOM_BYTES = 1 << 10


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
            case.take(case.healthy.connection_url, prefix, storage)

    return attempt


def onto_full_disk(case: Case, prefix: str) -> None:
    """A backup into a folder whose disk is full."""
    case.take(case.healthy.connection_url, prefix, FullDisk(case.healthy.storage.folder))


def of_another_database(case: Case) -> None:
    """The dump is of an empty database of the same server."""
    case.replace_artefact(case.pristine().connection_url("postgres"))


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
    during_backup(
        8, "killed-dump", "pg_dump is killed in the middle.", DUMP_ENDED, amid(interrupted(kill_dump)), POSTGRESQL
    ),
    during_backup(
        9, "ended-session", "The server ends the session of pg_dump in the middle.", DUMP_ENDED,
        amid(interrupted(end_session)), POSTGRESQL,
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
        27, "hidden-rows", "The role that dumps may not read everything.", SOURCE_UNREACHABLE, amid(too_few_rights),
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
        amid(damaged_page(LARGEST_ROWS), is_cold=True), POSTGRESQL,
    ),
    during_drill(46, "lost-key", "The key that decrypts is lost.", findings.KEY_MISSING, without_key),
    during_drill(47, "wrong-key", "The key at hand is another one.", findings.KEY_MISSING, with_wrong_key),
    during_drill(
        47, "wrong-recipient", "It was encrypted to another key than the manifest says.",
        findings.ARTEFACT_UNREADABLE, to_wrong_recipient,
    ),
    during_backup(
        44, "damaged-toast", "A page of long values is damaged on the source's disk.",
        (*DUMP_ENDED, SOURCE_UNREACHABLE), amid(damaged_page(LONG_VALUES), is_cold=True), POSTGRESQL,
    ),
    during_backup(
        50, "changed-password", "The database's password was changed.", SOURCE_UNREACHABLE, amid(changed_password),
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
