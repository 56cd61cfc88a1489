"""Encrypting stored backups to the keys that their plan has now. The old objects go last."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog
from django.db import IntegrityError, transaction

from apps.audit import services as audit
from apps.backups.engines.manifest import Manifest
from apps.backups.engines.register import is_streamed
from apps.backups.engines.report import Stopped
from apps.backups.engines.rewrapping import rewrap_backup
from apps.backups.exceptions import RewrapFailed, RunUnfinished, StorageFailed
from apps.backups.models import Backup, Database, RewrapRun, Storage
from apps.common import runs
from apps.common.clock import Clock, now
from apps.common.runs import RunStatus

from .custody import identities_for, public_keys_for
from .retention import in_use
from .storing import open_storage

logger = structlog.get_logger(__name__)
REWRAPPED = re.compile(r"-r\d+-\d+$")


def backups_to_rewrap(database: Database) -> list[Backup]:
    """The stored backups that are encrypted to other keys than the plan names now, the newest first."""
    wanted = set(public_keys_for(database))
    stored = database.backups.stored().newest_first()
    return [one for one in stored if set(one.recipients) != wanted and is_streamed(one.engine)]


@transaction.atomic
def queue_rewrap(*, backup: Backup, actor: Any = None, at: datetime | None = None) -> RewrapRun:
    """Add a run that encrypts the backup to the keys of its plan. Raises RunUnfinished."""
    try:
        with transaction.atomic():
            run = RewrapRun.objects.create(
                backup=backup,
                requested_by=actor,
                recipients=public_keys_for(backup.database),
                old_key=backup.storage_key,
                queued_at=at or now(),
            )
    except IntegrityError as error:
        raise RunUnfinished(f"{backup} is being encrypted anew already. Wait until that has ended.") from error
    audit.record(action="rewrap.queued", subject=run, actor=actor, details={"recipients": run.recipients})
    return run


def carry_out_rewrap(*, run: RewrapRun, identities: Sequence[str] = (), clock: Clock = now) -> bool:
    """Encrypt the backup anew, list that, and only then remove the old objects. False: another worker has the run.

    `identities` are those that a person brings beside the ones kept here; they are kept nowhere.
    """
    is_mine = runs.carry_out(
        run, lambda: _rewrap(run, identities), lambda written: _swap(run, *written, clock()), clock=clock
    )
    if is_mine:
        clear_obsolete(at=clock())
    return is_mine


def clear_obsolete(*, at: datetime) -> int:
    """Remove what ended runs left: old objects that were replaced, new ones that were never listed. Tried again."""
    runs.reap(RewrapRun, at=at)
    ended = RewrapRun.objects.uncleared().select_related("backup__database")
    return sum(_clear(run, at) for run in ended)


def _rewrap(run: RewrapRun, identities: Sequence[str]) -> tuple[Manifest, list[Storage]]:
    backup = Backup.objects.get(pk=run.backup_id)
    storages = _storages_of(backup)
    if not storages:
        raise RewrapFailed(f"No storage holds the backup {backup} any more.")
    _begin(run, backup)
    try:
        manifest = rewrap_backup(
            source=open_storage(storages[0]),
            targets=[open_storage(storage) for storage in storages],
            old_key=run.old_key,
            new_key=run.new_key,
            manifest_sha256=backup.manifest_sha256,
            identities=[*identities, *identities_for(backup)],
            recipients=run.recipients,
        )
    except Stopped as stop:
        raise RewrapFailed(stop.finding.message) from stop
    return manifest, storages


def _begin(run: RewrapRun, backup: Backup) -> None:
    """Note where it will write before it does, so that whatever becomes of it can be cleared."""
    if run.new_key:  # a worker that was told to stop gave the run back
        _delete(run.new_key, _storages_of(backup))
    run.old_key = backup.storage_key
    run.new_key = f"{REWRAPPED.sub('', backup.storage_key)}-r{run.pk}-{run.fence}"
    run.save(update_fields=["old_key", "new_key"])


def _swap(run: RewrapRun, manifest: Manifest, written: Sequence[Storage], at: datetime) -> dict[str, Any]:
    backup = Backup.objects.select_for_update(no_key=True).get(pk=run.backup_id)
    if not backup.is_stored or backup.storage_key != run.old_key:
        raise RewrapFailed(f"{backup} was removed or moved while it was encrypted anew.")
    is_being_copied = backup.copies.wanted().filter(not_before__gt=at).exists()
    if is_being_copied or not set(_storages_of(backup)) <= set(written):
        raise RewrapFailed(f"{backup} was copied to another storage meanwhile. Try again when that has ended.")
    backup.storage_key = run.new_key
    backup.sha256, backup.size_bytes = manifest.artefact.sha256, manifest.artefact.size_bytes
    backup.manifest_sha256 = manifest.sha256
    backup.recipients = list(manifest.artefact.recipients)
    backup.companions = [vars(companion) for companion in manifest.companions]
    backup.save(update_fields=["storage_key", "sha256", "size_bytes", "manifest_sha256", "recipients", "companions"])
    backup.copies.stored().update(stored_at=at, verified_at=at)
    audit.record(action="backup.rewrapped", subject=backup, details={"recipients": backup.recipients})
    return {}


def _clear(run: RewrapRun, at: datetime) -> bool:
    key = run.obsolete_key
    if run.status == RunStatus.SUCCEEDED and run.backup_id in in_use(run.backup.database):
        return False  # a drill or a restore may still read the old objects
    # Whatever went wrong, what a row lists is never removed here.
    if key and not Backup.objects.filter(storage_key=key).exists():
        try:
            _delete(key, _storages_written(run))
        except StorageFailed as error:
            logger.warning("rewrap_not_cleared", run=run.pk, error=error.message)
            return False
    with transaction.atomic():
        RewrapRun.objects.filter(pk=run.pk).update(cleared_at=at)
        audit.record(action="rewrap.cleared", subject=run, details={"storage_key": key})
    return True


def _delete(key: str, storages: Sequence[Storage]) -> None:
    """Remove the objects wherever they are. One storage that is away does not keep them in the others."""
    failures = []
    for storage in storages:
        try:
            _delete_in(storage, key)
        except StorageFailed as failure:
            failures.append(failure)
    if failures:
        raise failures[-1]


def _delete_in(storage: Storage, key: str) -> None:
    opened = open_storage(storage)
    opened.delete(key)
    if next(opened.objects(f"{key}/"), None) is not None:
        raise StorageFailed(f"{storage} still lists {key} after its deletion.")


def _storages_written(run: RewrapRun) -> list[Storage]:
    """Wherever old or new objects may lie: also where the backup was removed, or found missing, since the run began."""
    written = run.backup.copies.filter(stored_at__isnull=False).exclude(removed_at__lt=run.queued_at)
    return [copy.storage for copy in written.select_related("storage").order_by("pk")]


def _storages_of(backup: Backup) -> list[Storage]:
    copies = backup.copies.stored().select_related("storage").order_by("pk")
    return [copy.storage for copy in copies]
