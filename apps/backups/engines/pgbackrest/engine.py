"""pgBackRest as an engine: it takes the backups and keeps them; this asks, witnesses and proves."""

import hashlib
from datetime import UTC, datetime

from apps.backups.engines.artefact import Written
from apps.backups.engines.backup import publish_manifest
from apps.backups.engines.contract import BackupJob, DrillJob, PointJob
from apps.backups.engines.destinations import Destination
from apps.backups.engines.manifest import Manifest
from apps.backups.engines.postgresql.source import summary_of
from apps.backups.engines.report import DrillReport, PointReport
from apps.backups.engines.restore import measured
from apps.backups.engines.restoring import RestoreJob, RestoreReport, Target
from apps.backups.engines.stages import Stages

from . import tool
from .drill import drill_set
from .instant import Witness, witness
from .into_folder import DESTINATION, discard_folder, restore_into_folder
from .listing import BackupSet
from .point import drill_point
from .stanza import Stanza


class PgBackRest:
    """Physical backups of a whole server. One database of it is compared."""

    key = "pgbackrest"

    def check_url(self, url: str) -> None:
        Stanza.from_url(url)

    def take(self, job: BackupJob) -> Manifest:
        """Let pgBackRest take a backup; record it, and what the database held at an instant right after it."""
        stanza, stages = Stanza.from_url(job.connection_url), Stages()
        with stages.measure("backup"):
            taken = tool.back_up(stanza, choose_kind(stanza))
        with stages.measure("fingerprint"):
            seen = witness(stanza.source)
        with stages.measure("archive"):
            tool.push_log(stanza)
        manifest = make_manifest(stanza, taken, seen, tool.read_set_manifest(stanza, taken.label), stages)
        job.before_publishing()
        publish_manifest(manifest, storage=job.storage, prefix=job.prefix)
        return manifest

    def drill(self, job: DrillJob) -> DrillReport:
        return drill_set(job)

    def drill_point(self, job: PointJob) -> PointReport:
        return drill_point(job)

    @property
    def destination(self) -> Destination:
        return DESTINATION

    def restore(self, job: RestoreJob) -> RestoreReport:
        return measured(lambda stages: restore_into_folder(job, stages))

    def discard(self, target: Target) -> bool:
        return discard_folder(target)

    def list_origins(self, connection_url: str) -> set[str]:
        return {one.label for one in tool.list_backups(Stanza.from_url(connection_url)).backups}


def choose_kind(stanza: Stanza) -> str:
    """Full as often as the connection URL says, incremental in between."""
    newest = tool.list_backups(stanza).newest_full()
    is_due = newest is None or datetime.now(UTC) - newest.stopped_at >= stanza.full_every
    return "full" if is_due else "incr"


def make_manifest(stanza: Stanza, taken: BackupSet, seen: Witness, own_manifest: bytes, stages: Stages) -> Manifest:
    """The commit record. pgBackRest's own manifest, with the checksum of every file, stands for the artefact."""
    return Manifest(
        engine=PgBackRest.key,
        database=stanza.address.database,
        snapshot_at=seen.instant.taken_at.astimezone(UTC),
        finished_at=datetime.now(UTC),
        artefact=Written(
            size_bytes=taken.stored_bytes,
            sha256=hashlib.sha256(own_manifest).hexdigest(),
            content_bytes=taken.database_size_bytes,
            name="",  # the artefact is in pgBackRest's repository
        ),
        summary=summary_of(seen.fingerprint),
        fingerprint=seen.fingerprint.as_json(),
        tool_version=seen.fingerprint.server_version,
        stages=dict(stages.seconds),
        extras={
            "origin": taken.label,
            "set": taken.as_json(),
            "instant": seen.instant.as_json(),
            "roles": seen.roles,
        },
        warnings=seen.warnings,
    )
