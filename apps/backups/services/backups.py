"""Taking backups."""

from datetime import datetime
from typing import Any

import structlog
from django.db import transaction

from apps.audit import services as audit
from apps.backups.engines.advice import as_rows
from apps.backups.engines.contract import BackupJob
from apps.backups.engines.copying import read_back
from apps.backups.engines.findings import SOURCE_CHANGED, Finding
from apps.backups.engines.identity import compare_sources
from apps.backups.engines.manifest import Manifest
from apps.backups.engines.register import engine_named
from apps.backups.exceptions import NothingNew, StorageFailed
from apps.backups.models import Backup, BackupCopy, BackupRun, Database, Schedule, Storage
from apps.common import runs
from apps.common.clock import Clock, now
from apps.common.postgresql.throwaway import throwaway_folder

from .copies import want_copies
from .custody import public_keys_for
from .expiring import forget_expired
from .observing import RECENT, observe
from .plans import plan_of
from .queueing import queue_run
from .removing import prune
from .room import make_room
from .storing import open_storage, remove_leftovers, storages_of

logger = structlog.get_logger(__name__)


@transaction.atomic
def queue_backup(
    *,
    database: Database,
    actor: Any = None,
    schedule: Schedule | None = None,
    scheduled_for: datetime | None = None,
    at: datetime | None = None,
) -> BackupRun:
    """Add a run for the database. The caller sends the task. Raises RunUnfinished."""
    run = BackupRun(database=database, schedule=schedule, scheduled_for=scheduled_for, requested_by=actor)
    refusal = f"The database {database} is being backed up already. Wait until that run has ended."
    queue_run(run, action="backup.queued", at=at, refusal=refusal)
    return run


def carry_out_backup(*, run: BackupRun, clock: Clock = now) -> bool:
    """Take the backup and record how it went. False means that another worker has the run."""

    def work() -> tuple[Storage, Manifest | None]:
        try:
            return _take_somewhere(run, clock)
        except NothingNew:
            return storages_of(run.database)[0], None

    is_mine = runs.carry_out(run, work, lambda result: _record(run, *result), clock=clock)
    if is_mine:
        remove_unless_listed(run)
        observe(run.database, RECENT)
        forget_expired(database=run.database, at=clock())
        prune(database=run.database, at=clock())
    return is_mine


def remove_unless_listed(run: BackupRun) -> None:
    """What a run left in the storages without becoming a backup must not look like one."""
    if not Backup.objects.filter(run=run).exists():
        for storage in plan_of(run.database).storages.all():
            remove_leftovers(storage, run.storage_key)


def _take_somewhere(run: BackupRun, clock: Clock) -> tuple[Storage, Manifest]:
    """Into the first storage that takes it: one that is away must not cost the backup."""
    *storages, last = storages_of(run.database)
    for storage in storages:
        try:
            return storage, _take_into(storage, run, clock)
        except StorageFailed as failure:
            logger.warning("storage_failed", storage=storage.name, run=run.pk, error=failure.message)
    return last, _take_into(last, run, clock)


def _take_into(storage: Storage, run: BackupRun, clock: Clock) -> Manifest:
    make_room(database=run.database, storage=storage, at=clock())
    return _take(run, storage, clock)


def _take(run: BackupRun, storage: Storage, clock: Clock) -> Manifest:
    def require_lease() -> None:
        if not run.renew(at=clock()):
            raise runs.LeaseLost("The run was ended while its work went on, so its backup was not published.")

    job = BackupJob(
        connection_url=run.database.connection_url,
        storage=open_storage(storage),
        prefix=run.storage_key,
        recipients=public_keys_for(run.database),
        before_publishing=require_lease,
        known_origins=frozenset(run.database.backups.exclude(origin="").values_list("origin", flat=True)),
    )
    try:
        manifest = engine_named(run.database.engine).take(job)
        if storage.reads_back:
            with throwaway_folder() as folder:
                read_back(prefix=job.prefix, storage=job.storage, folder=folder, sha256s=manifest.object_sha256s)
    except BaseException:
        remove_leftovers(storage, run.storage_key)
        raise
    return manifest


def _record(run: BackupRun, storage: Storage, manifest: Manifest | None) -> dict[str, Any]:
    if manifest is None:
        audit.record(action="backup.nothing_new", subject=run)
        return {}
    backup = list_backup(run=run, storage=storage, storage_key=run.storage_key, manifest=manifest)
    want_copies(backup, [other for other in storages_of(run.database) if other != storage])
    audit.record(action="backup.finished", subject=backup, details={"sha256": backup.sha256})
    for warning in backup.warnings:
        if warning["id"] == SOURCE_CHANGED:
            audit.record(action="backup.source_changed", subject=backup, details={"message": warning["message"]})
    return {"stages": list(manifest.stages.items())}


def list_backup(*, run: BackupRun, storage: Storage, storage_key: str, manifest: Manifest) -> Backup:
    """Make a row of what lies in the storage under that key."""
    backup = Backup.objects.create(
        database=run.database,
        run=run,
        engine=manifest.engine,
        origin=manifest.extras.get("origin", ""),
        storage_key=storage_key,
        sha256=manifest.artefact.sha256,
        manifest_sha256=manifest.sha256,
        size_bytes=manifest.artefact.size_bytes,
        content_bytes=manifest.artefact.content_bytes,
        database_size_bytes=manifest.summary.size_bytes,
        tables=manifest.summary.tables,
        rows=manifest.summary.rows,
        server_version=manifest.summary.server_version,
        snapshot_at=manifest.snapshot_at,
        finished_at=manifest.finished_at,
        fingerprint=manifest.fingerprint,
        warnings=as_rows([*manifest.warnings, *_compare_with_last(run.database, manifest)]),
        recipients=list(manifest.artefact.recipients),
        companions=[vars(companion) for companion in manifest.companions],
    )
    finished_at = manifest.finished_at
    BackupCopy.objects.create(backup=backup, storage=storage, stored_at=finished_at, verified_at=finished_at)
    return backup


def _compare_with_last(database: Database, manifest: Manifest) -> list[Finding]:
    last = database.backups.newest_first().first()
    before = last.fingerprint if last else {}
    return list(compare_sources(before, manifest.fingerprint, lag_allowed=database.rpo_objective))
