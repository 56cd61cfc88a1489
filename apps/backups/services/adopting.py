"""Listing again what lies in a storage, when Seaworthy's own database was lost."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.audit import services as audit
from apps.backups.engines.manifest import MANIFEST_NAME, Manifest, read_manifest
from apps.backups.engines.storage import Storage as OpenStorage
from apps.backups.exceptions import ManifestUnreadable, ObjectMissing, StorageFailed
from apps.backups.models import Backup, BackupCopy, BackupRun, Database, Storage
from apps.common.clock import now
from apps.common.postgresql.throwaway import throwaway_folder
from apps.common.runs import RunStatus

from .backups import list_backup
from .storing import open_storage


@dataclass(frozen=True)
class Adopted:
    """What was listed, and what was not, with the reason."""

    listed: list[Backup] = field(default_factory=list)
    passed_over: dict[str, str] = field(default_factory=dict)


def adopt_backups(*, storage: Storage, actor: Any = None, at: datetime | None = None) -> Adopted:
    """List every whole backup of a known database in the storage. What is listed already stays as it is.

    Nothing vouches for them but themselves, so none is proven until it is drilled. Raises StorageFailed.
    """
    opened, adopted = open_storage(storage), Adopted()
    keys = [found.key for found in opened.objects() if found.key.endswith(f"/{MANIFEST_NAME}")]
    known = set(BackupCopy.objects.filter(storage=storage).values_list("backup__storage_key", flat=True))
    for prefix in sorted(key.removesuffix(f"/{MANIFEST_NAME}") for key in keys):
        if prefix in known:
            continue
        try:
            adopted.listed.append(_adopt(prefix, storage, opened, actor, at or now()))
        except (ManifestUnreadable, ObjectMissing, StorageFailed, _NotOurs) as reason:
            adopted.passed_over[prefix] = str(reason)
    return adopted


class _NotOurs(Exception):
    """A backup that cannot be listed here."""


@transaction.atomic
def _adopt(prefix: str, storage: Storage, opened: OpenStorage, actor: Any, at: datetime) -> Backup:
    database = Database.objects.filter(name=prefix.split("/")[0]).first()
    if database is None:
        raise _NotOurs(f"There is no database named {prefix.split('/')[0]}. Add it under Backups, then adopt again.")
    manifest = _read(prefix, opened)
    backup = Backup.objects.filter(storage_key=prefix).first()
    if backup is None:
        backup = list_backup(
            run=_past_run(database, manifest, actor), storage=storage, storage_key=prefix, manifest=manifest
        )
    elif backup.manifest_sha256 == manifest.sha256:
        BackupCopy.objects.create(backup=backup, storage=storage, stored_at=at)
    else:
        raise _NotOurs("Another backup is listed under this key, with another manifest.")
    audit.record(action="backup.adopted", subject=backup, actor=actor, details={"storage": storage.name})
    return backup


def _read(prefix: str, opened: OpenStorage) -> Manifest:
    """The manifest, if everything that it names is there in its size. Raises ObjectMissing, ManifestUnreadable."""
    with throwaway_folder() as folder:
        manifest = read_manifest(opened.fetch(f"{prefix}/{MANIFEST_NAME}", folder))
    for name, expected_bytes in manifest.sizes.items():
        size_bytes = opened.head(f"{prefix}/{name}").size_bytes
        if size_bytes != expected_bytes:
            raise _NotOurs(f"{name} has {size_bytes} bytes; its manifest says {expected_bytes}.")
    return manifest


def _past_run(database: Database, manifest: Manifest, actor: Any) -> BackupRun:
    return BackupRun.objects.create(
        database=database,
        status=RunStatus.SUCCEEDED,
        queued_at=manifest.snapshot_at,
        started_at=manifest.snapshot_at,
        finished_at=manifest.finished_at,
        stages=list(manifest.stages.items()),
        requested_by=actor,
    )
