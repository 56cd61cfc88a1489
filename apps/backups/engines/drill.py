"""Proves a backup or refutes it: fetch, decompress, start a server, restore, compare with what the source was."""

import hashlib
import secrets
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from apps.backups.exceptions import ArtefactUnreadable, ManifestUnreadable, ObjectMissing, StorageFailed
from apps.common import shell
from apps.common.exceptions import OperationError
from apps.common.postgresql.binaries import PostgreSQLMissing, installation_for
from apps.common.postgresql.server import Server, ServerFailed
from apps.common.postgresql.throwaway import throwaway_folder, throwaway_server

from . import artefact, findings
from .findings import Finding, Verdict
from .manifest import ARTEFACT_NAME, MANIFEST_NAME, Manifest, read_manifest
from .postgresql.comparison import compare
from .postgresql.restore import explain_failure, fingerprint_of, restore
from .stages import TIMEOUT_SECONDS, Stages
from .storage import Storage

SERVER_BYTES = 200 << 20  # an empty server with its first write-ahead log


@dataclass(frozen=True)
class DrillReport:
    """What a drill found, and how long a real restore would take."""

    verdict: Verdict
    findings: list[Finding]
    stages: dict[str, float]
    rto_seconds: float | None
    rpo_seconds: float | None
    tables: int
    rows: int
    size_bytes: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Stopped(Exception):
    """The drill ends here with this verdict and finding."""

    def __init__(self, verdict: Verdict, identifier: str, message: str) -> None:
        super().__init__(message)
        self.verdict = verdict
        self.finding = Finding(identifier, message)


def run_drill(
    *,
    storage: Storage,
    prefix: str,
    now: datetime,
    manifest_sha256: str | None = None,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> DrillReport:
    """Restore the backup under the prefix into a throwaway server and compare it, exactly. Leaves nothing behind.

    `manifest_sha256` is what was recorded when the backup was taken; without it the manifest vouches for itself.
    """
    stages = Stages()
    manifest: Manifest | None = None
    try:
        with _translated(), throwaway_folder() as folder:
            with stages.measure("fetch"):
                manifest = _fetch_manifest(storage, prefix, folder, manifest_sha256)
                stored = _fetch_artefact(storage, prefix, folder, manifest)
            found = _restore_and_compare(manifest, stored, folder / "dump", stages, timeout_seconds)
    except Stopped as stop:
        return _report(stop.verdict, [stop.finding], manifest, stages, now)
    return _report(Verdict.FAILED if found else Verdict.PROVEN, found, manifest, stages, now)


def _fetch_manifest(storage: Storage, prefix: str, folder: Path, sha256: str | None) -> Manifest:
    with _translated():
        try:
            path = storage.fetch(f"{prefix}/{MANIFEST_NAME}", folder)
            if sha256 is not None and hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
                raise _refuted(findings.MANIFEST_DIFFERS, "The manifest is not the one that was written by the backup.")
            return read_manifest(path)
        except ObjectMissing as error:
            raise _refuted(findings.MANIFEST_MISSING, f"The backup has no manifest: {error.message}.") from error
        except ManifestUnreadable as error:
            raise _refuted(findings.MANIFEST_UNREADABLE, f"The manifest cannot be read: {error.message}.") from error


def _fetch_artefact(storage: Storage, prefix: str, folder: Path, manifest: Manifest) -> Path:
    with _translated():
        try:
            path = storage.fetch(f"{prefix}/{ARTEFACT_NAME}", folder)
        except ObjectMissing as error:
            raise _refuted(findings.ARTEFACT_MISSING, f"The artefact is gone: {error.message}.") from error
    expected = manifest.artefact
    size_bytes = path.stat().st_size
    if size_bytes < expected.size_bytes:
        message = f"The artefact has {size_bytes} bytes; {expected.size_bytes} were stored."
        raise _refuted(findings.ARTEFACT_TRUNCATED, message)
    if artefact.hash_file(path) != expected.sha256:
        message = "The SHA-256 of the artefact is not that of the bytes that were stored."
        raise _refuted(findings.ARTEFACT_CHECKSUM_DIFFERS, message)
    return path


def _restore_and_compare(
    manifest: Manifest, stored: Path, dump: Path, stages: Stages, timeout_seconds: float
) -> list[Finding]:
    _require_disk(dump.parent, manifest)
    with _translated(), ExitStack() as stack, ThreadPoolExecutor(max_workers=1) as pool:
        # The server starts while the artefact is decompressed. The pool is left first, so the stack is complete then.
        starting = pool.submit(stack.enter_context, _server_for(manifest))
        with stages.measure("decompress"):
            _decompress(stored, dump, manifest)
        with stages.measure("start"):
            server = starting.result()
        with stages.measure("restore"):
            _restore(server, dump, manifest, timeout_seconds)
        dump.unlink()
        with stages.measure("compare"):
            return compare(manifest.fingerprint, fingerprint_of(server, manifest.database))


@contextmanager
def _server_for(manifest: Manifest) -> Iterator[Server]:
    """A server that is not older than the source nor than the tool that dumped it."""
    dump_major = int(manifest.dump_version.split(".")[0])
    major = max(manifest.fingerprint.server_major, dump_major)
    # A name that no source uses: a lost owner must not look like the right one.
    superuser = f"drill_{secrets.token_hex(4)}"
    with throwaway_server(installation_for(major, with_server=True), superuser=superuser) as server:
        yield server


def _decompress(stored: Path, dump: Path, manifest: Manifest) -> None:
    try:
        content_bytes = artefact.decompress(stored, dump)
    except ArtefactUnreadable as error:
        raise _refuted(findings.ARTEFACT_UNREADABLE, error.message) from error
    if content_bytes != manifest.artefact.content_bytes:
        message = f"The artefact holds {content_bytes} bytes of dump; {manifest.artefact.content_bytes} went in."
        raise _refuted(findings.ARTEFACT_UNREADABLE, message)


def _restore(server: Server, dump: Path, manifest: Manifest, timeout_seconds: float) -> None:
    try:
        restore(server, dump, database=manifest.database, roles=manifest.roles, timeout_seconds=timeout_seconds)
    except shell.ToolFailed as error:
        is_refuted, finding = explain_failure(error)
        verdict = Verdict.FAILED if is_refuted else Verdict.COULD_NOT_VERIFY
        raise Stopped(verdict, finding.id, finding.message) from error


def _require_disk(folder: Path, manifest: Manifest) -> None:
    needed = manifest.artefact.content_bytes + manifest.fingerprint.database_size_bytes + SERVER_BYTES
    free = shutil.disk_usage(folder).free
    if free < needed:
        message = f"The drill needs {needed >> 20} MiB in {folder.parent} and {free >> 20} MiB are free."
        raise Stopped(Verdict.COULD_NOT_VERIFY, findings.DISK_TOO_SMALL, message)


@contextmanager
def _translated() -> Iterator[None]:
    """Whatever this machine could not do leaves the backup neither proven nor refuted."""
    reasons = {
        PostgreSQLMissing: findings.SERVER_MISSING,
        ServerFailed: findings.SERVER_FAILED,
        StorageFailed: findings.STORAGE_UNREADABLE,
    }
    try:
        yield
    except OperationError as error:
        reason = reasons.get(type(error), findings.DRILL_BROKEN)
        raise Stopped(Verdict.COULD_NOT_VERIFY, reason, error.message) from error
    except (psycopg.Error, OSError) as error:
        words = " ".join(str(error).split())
        raise Stopped(Verdict.COULD_NOT_VERIFY, findings.DRILL_BROKEN, f"The drill broke: {words}") from error


def _refuted(identifier: str, message: str) -> Stopped:
    return Stopped(Verdict.FAILED, identifier, message)


def _report(
    verdict: Verdict, found: list[Finding], manifest: Manifest | None, stages: Stages, now: datetime
) -> DrillReport:
    restored = "restore" in stages.seconds and "compare" in stages.seconds
    return DrillReport(
        verdict=verdict,
        findings=found,
        stages=dict(stages.seconds),
        rto_seconds=stages.total_seconds if restored else None,
        rpo_seconds=(now - manifest.snapshot_at).total_seconds() if manifest else None,
        tables=len(manifest.fingerprint.tables) if manifest else 0,
        rows=manifest.fingerprint.row_count if manifest else 0,
        size_bytes=manifest.fingerprint.database_size_bytes if manifest else 0,
    )
