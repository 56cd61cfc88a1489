"""Dumps that another tool writes, as an engine: the newest is recorded, and a drill restores what was recorded."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from apps.backups.engines import findings
from apps.backups.engines.artefact import Written
from apps.backups.engines.backup import publish_manifest
from apps.backups.engines.contract import BackupJob, DrillJob, Examiner
from apps.backups.engines.destinations import Destination
from apps.backups.engines.drill import examine
from apps.backups.engines.files.bucket_address import BucketAddress
from apps.backups.engines.findings import Finding, Verdict
from apps.backups.engines.manifest import Manifest, Summary
from apps.backups.engines.postgresql.into_new import PostgreSQLRestorer
from apps.backups.engines.postgresql.restore import fingerprint_of
from apps.backups.engines.reading import fetch_manifest, translated
from apps.backups.engines.report import DrillReport, Stopped, make_report, refuted, refuting, verdict_on
from apps.backups.engines.restore import measured
from apps.backups.engines.restoring import Restored, RestoreJob, RestoreReport, Target
from apps.backups.engines.space import require_disk
from apps.backups.engines.stages import Stages
from apps.backups.engines.watch import Limits
from apps.backups.exceptions import (
    DumpCut,
    DumpUnreadable,
    NothingNew,
    ObjectMissing,
    SourceUnreachable,
    StorageFailed,
)
from apps.common.postgresql.throwaway import throwaway_folder

from .converted import CONVERTED, dump_copy, owner_of_the_rest
from .dumps import database_of, find_dumps, newest_dump, unwrap
from .form import Form
from .into_new import DESTINATION, restore_dump
from .location import Location
from .physical import recovered_copy
from .reference import compare_with_reference
from .restored import Copy, restored_copy
from .stored import Dump, hash_of, size_of

GROWTH = 8  # a dump may be compressed, and what it holds is not known before it is restored
NOTHING_TO_COMPARE = Finding(
    findings.NOTHING_TO_COMPARE,
    "It was restored without an error. Nobody measured its source, and no check says what to expect.",
)


class Adopted:
    """Files of pg_dump in a folder or a bucket, whoever writes them: cron, Heroku, django-dbbackup. Or Barman's."""

    key = "adopted"

    def check_url(self, url: str) -> None:
        Location.from_url(url)

    def take(self, job: BackupJob) -> Manifest:
        """Record the newest finished dump. Raises NothingNew when it is recorded already, or AdoptionFailed."""
        stages, now, location = Stages(), datetime.now(UTC), Location.from_url(job.connection_url)
        with stages.measure("look"):
            dump = newest_dump(location, now=now)
            if dump.origin in job.known_origins:
                raise NothingNew(f"The newest dump is still {dump.origin}.")
        with stages.measure("hash"):
            sha256 = _hash(dump, location)
        manifest = make_manifest(dump, database_of(dump, location), sha256, stages)
        job.before_publishing()
        publish_manifest(manifest, storage=job.storage, prefix=job.prefix)
        return manifest

    def drill(self, job: DrillJob) -> DrillReport:
        stages = Stages()
        manifest: Manifest | None = None
        try:
            with translated(), throwaway_folder() as folder:
                with stages.measure("fetch"):
                    manifest = fetch_manifest(job.storage, job.prefix, folder, job.manifest_sha256)
                    dump = _fetch(manifest, Location.from_url(job.connection_url), folder)
                return _prove(manifest, dump, folder, job, stages)
        except Stopped as stop:
            return make_report(stop.verdict, [stop.finding], manifest, stages, job.now)

    @property
    def destination(self) -> Destination:
        return DESTINATION

    def restore(self, job: RestoreJob) -> RestoreReport:
        return measured(lambda stages: _restore(job, stages))

    def discard(self, target: Target) -> bool:
        return PostgreSQLRestorer().discard(target)

    def list_origins(self, connection_url: str) -> set[str]:
        return {dump.origin for dump in find_dumps(Location.from_url(connection_url), now=datetime.now(UTC))}


def make_manifest(dump: Dump, database: str, sha256: str, stages: Stages) -> Manifest:
    """The record. Nothing was measured at the source, so there is no fingerprint to compare with."""
    return Manifest(
        engine=Adopted.key,
        database=database,
        snapshot_at=dump.created_at,
        finished_at=datetime.now(UTC),
        artefact=Written(size_bytes=dump.size_bytes, sha256=sha256, content_bytes=dump.size_bytes, name=""),
        summary=Summary(tables=0, rows=0, size_bytes=dump.size_bytes, server_version=dump.header.server_version),
        fingerprint={},
        tool_version=dump.header.dump_version,
        stages=dict(stages.seconds),
        extras={
            "origin": dump.origin,
            "file": dump.name,
            "major": dump.header.major,
            "form": dump.header.form.value,
        },
    )


def _hash(dump: Dump, location: Location) -> str:
    """It is the source that cannot be read, and no storage."""
    try:
        with throwaway_folder() as folder:
            return hash_of(_fetched(location, dump.name, folder))
    except StorageFailed as failure:
        raise SourceUnreachable(failure.message) from failure


def _fetched(location: Location, name: str, folder: Path) -> Path:
    """Where it lies, or a copy in the folder. Raises ObjectMissing, StorageFailed."""
    if isinstance(location.place, BucketAddress):
        from .bucket import fetch_object  # its library takes half a second to load, which folders are spared

        target = folder / "fetched"
        target.mkdir()
        return fetch_object(location.place, name, target)
    if not location.place.is_dir():
        raise StorageFailed(f"The folder {location.place} is not there.")
    path = location.place / name
    if not path.exists():
        raise ObjectMissing(f"{name} is not in {location.place}")
    return path


def _fetch(manifest: Manifest, location: Location, folder: Path) -> Path:
    name, expected = manifest.extras["file"], manifest.artefact
    try:
        path = _fetched(location, name, folder)
    except ObjectMissing as error:
        raise refuted(findings.ARTEFACT_MISSING, f"The dump {name} is gone.") from error
    if (size_bytes := size_of(path)) < expected.size_bytes:
        message = f"The dump {name} has {size_bytes} bytes; when it was recorded it had {expected.size_bytes}."
        raise refuted(findings.ARTEFACT_TRUNCATED, message)
    if hash_of(path) != expected.sha256:
        raise refuted(findings.ARTEFACT_CHECKSUM_DIFFERS, f"The dump {name} is not the one that was recorded.")
    return path


def _prove(manifest: Manifest, stored: Path, folder: Path, job: DrillJob, stages: Stages) -> DrillReport:
    location, limits = Location.from_url(job.connection_url), Limits(job.timeout_seconds, job.disk_budget_bytes)
    reference = location.reference
    with _restored(manifest, stored, folder, location, stages, limits) as copy:
        with stages.measure("compare"):
            restored = fingerprint_of(copy.server, manifest.database)
            found = compare_with_reference(restored, reference) if reference else []
        found += [*copy.warnings, *examine(copy.prover, job.checks, stages)]
    has_answered = bool(job.checks) and isinstance(copy.prover, Examiner)
    if not (reference or has_answered or refuting(found)):
        report = make_report(Verdict.COULD_NOT_VERIFY, [NOTHING_TO_COMPARE, *found], manifest, stages, job.now)
    else:
        report = make_report(verdict_on(found), found, manifest, stages, job.now)
    return replace(report, tables=len(restored.tables), rows=restored.row_count)


@contextmanager
def _restored(
    manifest: Manifest, stored: Path, folder: Path, location: Location, stages: Stages, limits: Limits, owner: str = ""
) -> Iterator[Copy]:
    form = Form(manifest.extras.get("form", Form.CUSTOM))
    if form == Form.BARMAN:
        require_disk(folder, manifest.artefact.size_bytes)
        with recovered_copy(manifest, stored, location.superuser, stages, limits) as copy:
            yield copy
        return
    dump = _decompressed(manifest, stored, folder, form, stages)
    with restored_copy(manifest, dump, stages, limits, owner=owner) as copy:
        yield copy


def _restore(job: RestoreJob, stages: Stages) -> Restored:
    location = Location.from_url(job.connection_url)
    with throwaway_folder() as folder:
        with stages.measure("fetch"):
            manifest = fetch_manifest(job.storage, job.prefix, folder, job.manifest_sha256)
            form = Form(manifest.extras.get("form", Form.CUSTOM))
            stored = _fetch(manifest, location, folder)
        if form in CONVERTED:
            with stages.measure("convert"):
                manifest, dump = _converted(manifest, stored, folder, location, job.target)
        else:
            dump = _decompressed(manifest, stored, folder, form, stages)
        return restore_dump(manifest, dump, job.target, stages)


def _converted(
    manifest: Manifest, stored: Path, folder: Path, location: Location, target: Target
) -> tuple[Manifest, Path]:
    """An archive made of what is none, which no server can hold that is older than the one that made it."""
    archive, limits = folder / "archive", Limits(target.timeout_seconds, settings.DRILL_DISK_BUDGET_BYTES or None)
    owner = owner_of_the_rest(target.connection_url)
    with _restored(manifest, stored, folder, location, Stages(), limits, owner=owner) as copy:
        dump_copy(copy, manifest.database, archive, timeout_seconds=target.timeout_seconds)
        major = copy.server.installation.major
    return replace(manifest, extras=manifest.extras | {"major": major}), archive


def _decompressed(manifest: Manifest, stored: Path, folder: Path, form: Form, stages: Stages) -> Path:
    require_disk(folder, GROWTH * manifest.artefact.size_bytes)
    dump = folder / ("dump.tar" if form == Form.TAR else "dump")
    with stages.measure("decompress"):
        _unwrap(stored, dump, form)
    return dump


def _unwrap(stored: Path, dump: Path, form: Form) -> None:
    try:
        unwrap(stored, dump, form)
    except DumpCut as error:
        raise refuted(findings.ARTEFACT_TRUNCATED, error.message) from error
    except DumpUnreadable as error:
        raise refuted(findings.ARTEFACT_UNREADABLE, error.message) from error
