"""Proves a backup or refutes it: fetch, decrypt, decompress, restore, compare with what the source was."""

import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

from apps.common.postgresql.throwaway import throwaway_folder

from . import findings
from .checks import Check
from .contract import Examiner, Prover
from .findings import Finding
from .manifest import Manifest
from .provers import PROVERS
from .reading import (
    fetch_artefact,
    fetch_companions,
    fetch_manifest,
    translated,
    unpack_artefact,
    unpack_companions,
)
from .report import DrillReport, Stopped, left_open, make_report, refuted, verdict_on
from .stages import Stages
from .storage import Storage
from .watch import UNLIMITED, Limits, watched

DRILL_VERSION = "3"  # of what a drill looks at: a proof by another version is none for this one
SERVER_BYTES = 200 << 20  # an empty server with its first write-ahead log
CLOCKS_APART = timedelta(minutes=5)


def run_drill(
    *,
    storage: Storage,
    prefix: str,
    now: datetime,
    manifest_sha256: str | None = None,
    identities: Sequence[str] = (),
    limits: Limits = UNLIMITED,
    checks: Sequence[Check] = (),
) -> DrillReport:
    """Restore the backup under the prefix into a throwaway server and compare it, exactly. Leaves nothing behind.

    `manifest_sha256` is what was recorded when the backup was taken; without it the manifest vouches for itself.
    """
    stages = Stages()
    manifest: Manifest | None = None
    try:
        with translated(), throwaway_folder() as folder:
            with stages.measure("fetch"):
                manifest = _known(fetch_manifest(storage, prefix, folder, manifest_sha256))
                _require_clock(manifest, now)
                beside = fetch_companions(storage, prefix, folder, manifest)
                stored = fetch_artefact(storage, prefix, folder, manifest)

            def unpack(dump: Path) -> None:
                unpack_artefact(stored, dump, manifest, identities=identities, stages=stages)
                unpack_companions(beside, dump.parent, manifest, identities=identities)

            found = _restore_and_compare(manifest, unpack, folder / "dump", stages, limits, checks)
    except Stopped as stop:
        return make_report(stop.verdict, [stop.finding], manifest, stages, now)
    return make_report(verdict_on(found), found, manifest, stages, now)


def fetch_dump(
    *,
    storage: Storage,
    prefix: str,
    folder: Path,
    stages: Stages,
    manifest_sha256: str | None,
    identities: Sequence[str] = (),
) -> tuple[Manifest, Path]:
    """The backup's manifest and its dump in the folder, decrypted and decompressed. Raises Stopped."""
    with stages.measure("fetch"):
        manifest = _known(fetch_manifest(storage, prefix, folder, manifest_sha256))
        stored = fetch_artefact(storage, prefix, folder, manifest)
    _require_disk(folder, manifest)
    unpack_artefact(stored, folder / "dump", manifest, identities=identities, stages=stages)
    return manifest, folder / "dump"


def _known(manifest: Manifest) -> Manifest:
    if manifest.engine not in PROVERS:
        message = f"No engine of this version proves backups of {manifest.engine}."
        raise left_open(findings.ENGINE_UNKNOWN, message)
    if not manifest.fingerprint:
        message = "The manifest says nothing of what the source held, so nothing can be compared."
        raise refuted(findings.MANIFEST_UNREADABLE, message)
    return manifest


def _require_clock(manifest: Manifest, now: datetime) -> None:
    """A clock that stands before the snapshot makes every age wrong, and would let an old backup seem new."""
    ahead = manifest.snapshot_at - now
    if ahead > CLOCKS_APART:
        message = f"The snapshot lies {ahead} after this machine's time: one of the two clocks is wrong. Set it."
        raise left_open(findings.CLOCK_SKEWED, message)


def _restore_and_compare(
    manifest: Manifest,
    unpack: Callable[[Path], None],
    dump: Path,
    stages: Stages,
    limits: Limits,
    checks: Sequence[Check],
) -> list[Finding]:
    _require_disk(dump.parent, manifest)
    with translated(), ExitStack() as stack, ThreadPoolExecutor(max_workers=1) as pool:
        # The server starts while the artefact is unpacked. The pool is left first, so the stack is complete then.
        starting = pool.submit(lambda: stack.enter_context(PROVERS[manifest.engine](manifest, dump.parent)))
        unpack(dump)
        with stages.measure("start"):
            prover: Prover = starting.result()
        with watched(prover, limits):
            with stages.measure("restore"):
                prover.restore(dump, timeout_seconds=limits.timeout_seconds)
            dump.unlink()
            with stages.measure("compare"):
                found = prover.compare()
            return [*found, *examine(prover, checks, stages)]


def examine(prover: Prover, checks: Sequence[Check], stages: Stages) -> list[Finding]:
    """Look at the restored copy by itself, and ask it the questions of its people."""
    if isinstance(prover, Examiner):
        return prover.examine(checks, stages)
    if checks:
        message = f"The {len(checks)} checks of this database were not run: its engine has no way to ask them."
        return [Finding(findings.CHECKS_NOT_RUN, message)]
    return []


def _require_disk(folder: Path, manifest: Manifest) -> None:
    needed = manifest.artefact.content_bytes + manifest.summary.size_bytes + SERVER_BYTES
    free = shutil.disk_usage(folder).free
    if free < needed:
        message = f"The drill needs {needed >> 20} MiB in {folder.parent} and {free >> 20} MiB are free."
        raise left_open(findings.DISK_TOO_SMALL, message)
