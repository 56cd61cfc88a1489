"""Proves one backup of pgBackRest: restored, replayed to the instant of its witness, and compared with it."""

import hashlib
from collections.abc import Iterator

from apps.backups.engines import findings
from apps.backups.engines.contract import DrillJob
from apps.backups.engines.drill import examine
from apps.backups.engines.findings import Finding
from apps.backups.engines.manifest import Manifest
from apps.backups.engines.postgresql.prover import PostgreSQLProver
from apps.backups.engines.postgresql.recovery import Recovered
from apps.backups.engines.reading import fetch_manifest, translated
from apps.backups.engines.report import DrillReport, Stopped, left_open, make_report, refuted, refuting, verdict_on
from apps.backups.engines.space import require_disk
from apps.backups.engines.stages import Stages
from apps.backups.engines.watch import Limits, watched
from apps.backups.exceptions import ToolRefused
from apps.common.postgresql.placement import temporary_folder
from apps.common.postgresql.throwaway import throwaway_folder

from . import tool
from .instant import Instant, late_commits
from .listing import BackupSet
from .recovery import Recovery, Target, recovering
from .stanza import Stanza


def drill_set(job: DrillJob) -> DrillReport:
    """Prove or refute the backup that the manifest under the job's prefix names. Leaves nothing behind."""
    stages = Stages()
    manifest: Manifest | None = None
    try:
        with translated():
            with stages.measure("fetch"), throwaway_folder() as folder:
                manifest = fetch_manifest(job.storage, job.prefix, folder, job.manifest_sha256)
            found = list(_prove(manifest, job, stages))
    except Stopped as stop:
        return make_report(stop.verdict, [stop.finding], manifest, stages, job.now)
    return make_report(verdict_on(found), found, manifest, stages, job.now)


def _prove(manifest: Manifest, job: DrillJob, stages: Stages) -> Iterator[Finding]:
    stanza, instant = Stanza.from_url(job.connection_url), Instant.from_json(manifest.extras["instant"])
    with stages.measure("look"):
        held = find_set(stanza, manifest)
        yield from look_at_set(stanza, held)
    require_disk(temporary_folder(stanza.user), held.database_size_bytes)
    target = Target(tool.lsn_target(instant.lsn), lsn_settings(instant))
    recovery = Recovery(stanza, held.label, held.server_major, instant.superuser, target, job.timeout_seconds)
    with recovering(recovery, stages) as recovered:
        prover = PostgreSQLProver(recovered.server, manifest)
        with watched(prover, Limits(job.timeout_seconds, job.disk_budget_bytes)):
            with stages.measure("compare"):
                yield from _compare(recovered, prover, instant)
            yield from examine(prover, job.checks, stages)


def lsn_settings(instant: Instant) -> dict[str, str]:
    """Stop before what begins at the position, on the time line of the backup."""
    return {
        "recovery_target_lsn": instant.lsn,
        "recovery_target_inclusive": "off",
        "recovery_target_timeline": "current",
    }


def find_set(stanza: Stanza, manifest: Manifest) -> BackupSet:
    """The backup that the manifest names, as pgBackRest still holds it. Raises Stopped."""
    label = manifest.extras["origin"]
    held = tool.list_backups(stanza).named(label)
    if held is None:
        raise refuted(findings.ARTEFACT_MISSING, f"pgBackRest has no backup {label} any more.")
    try:
        own_manifest = tool.read_set_manifest(stanza, label)
    except ToolRefused as error:
        message = f"pgBackRest's manifest of the backup {label} is gone: {error.message}"
        raise refuted(findings.ARTEFACT_MISSING, message) from error
    if hashlib.sha256(own_manifest).hexdigest() != manifest.artefact.sha256:
        message = f"pgBackRest's manifest of the backup {label} is not the one that was written with it."
        raise refuted(findings.ARTEFACT_CHECKSUM_DIFFERS, message)
    return held


def look_at_set(stanza: Stanza, held: BackupSet) -> Iterator[Finding]:
    """What pgBackRest knows and does not stop at."""
    if held.has_page_errors:
        message = "pgBackRest found pages with a wrong checksum when it copied the files, and only warned."
        yield Finding(findings.PAGE_CHECKSUM_INVALID, message)
    if stanza.is_verified and held.label in tool.invalid_sets(stanza):
        message = f"pgbackrest verify finds damaged or missing files of the backup {held.label}."
        yield Finding(findings.REPOSITORY_DAMAGED, message)


def _compare(recovered: Recovered, prover: PostgreSQLProver, instant: Instant) -> list[Finding]:
    with recovered.connect("template1") as connection:
        late = late_commits(connection, instant)
    found = prover.compare()
    if late and refuting(found):
        message = (
            f"{len(late)} transactions committed between the witness of this backup and the position that the log was "
            f"replayed to, so that these may be their doing: {' '.join(one.message for one in found[:3])}"
        )
        raise left_open(findings.INSTANT_NOT_EXACT, message)
    return found
