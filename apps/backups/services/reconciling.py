"""The rows against what a storage really has: what is gone is said loudly, what nobody knows is removed in time."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import chain

import structlog
from django.db import transaction

from apps.audit import services as audit
from apps.backups.engines import storage_findings
from apps.backups.engines.findings import Finding
from apps.backups.engines.leftovers import RUN_PREFIX, Group, group_by_prefix
from apps.backups.engines.register import is_streamed
from apps.backups.models import Backup, BackupCopy, BackupRun, Database, RewrapRun, Storage

from .observing import RECENT, RESTORE_DRILL, observe
from .storing import open_storage, remove_leftovers

logger = structlog.get_logger(__name__)
GRACE = timedelta(days=1)
SHOWN = 100


def reconcile_storage(*, storage: Storage, at: datetime) -> list[Finding]:
    """Compare the rows with the storage's listing. Raises StorageFailed when it cannot be listed."""
    # The rows first: whatever they name was stored before the listing begins.
    kept = list(BackupCopy.objects.kept().filter(storage=storage).select_related("backup"))
    groups = group_by_prefix(open_storage(storage).objects())
    missing = _unmoved([copy for copy in kept if not _is_whole(copy.backup, groups.get(copy.backup.storage_key))])
    _note(storage, kept, missing, at)
    _remove_orphans(storage, groups, at)
    if not missing:
        return []
    backups = "a backup that it had" if len(missing) == 1 else f"{len(missing)} backups that it had"
    message = f"{storage} lacks {backups}, such as {missing[0].backup}, and nobody here removed it. Find out who did."
    return [Finding(storage_findings.BACKUPS_MISSING, message)]


def _unmoved(copies: Collection[BackupCopy]) -> list[BackupCopy]:
    """Without those that were removed or encrypted anew while the storage was listed."""
    kept = BackupCopy.objects.kept().filter(pk__in=[copy.pk for copy in copies])
    keys = dict(kept.values_list("pk", "backup__storage_key"))
    return [copy for copy in copies if keys.get(copy.pk) == copy.backup.storage_key]


def _is_whole(backup: Backup, group: Group | None) -> bool:
    if group is None or not group.has_manifest:
        return False
    companions_bytes = sum(companion["size_bytes"] for companion in backup.companions)
    return not is_streamed(backup.engine) or group.size_bytes >= backup.size_bytes + companions_bytes


def _note(storage: Storage, kept: Collection[BackupCopy], missing: Collection[BackupCopy], at: datetime) -> None:
    """Mark what is missing, and unmark what is there again, such as after a disk was mounted."""
    gone = {copy.pk for copy in missing}
    newly = [copy for copy in missing if copy.missing_at is None]
    again = [copy for copy in kept if copy.missing_at is not None and copy.pk not in gone]
    if not newly and not again:
        return
    with transaction.atomic():
        BackupCopy.objects.kept().filter(pk__in=[copy.pk for copy in newly]).update(missing_at=at)
        BackupCopy.objects.filter(pk__in=[copy.pk for copy in again]).update(missing_at=None)
        affected = {copy.backup_id for copy in [*newly, *again]}
        _note_lost(affected, at)
        _want_again(storage, affected)
        keys = [copy.backup.storage_key for copy in newly]
        details = {"missing": keys[:SHOWN], "missing_count": len(keys), "found_again_count": len(again)}
        audit.record(action="storage.reconciled", subject=storage, details=details)
    for database in Database.objects.filter(backups__in=affected).distinct().select_related("environment__service"):
        observe(database, RECENT, RESTORE_DRILL)


def _note_lost(affected: Collection[int], at: datetime) -> None:
    """A backup that no storage has is listed no more; found again, it is."""
    there = BackupCopy.objects.stored().filter(backup__in=affected).values("backup")
    backups = Backup.objects.filter(pk__in=affected, removed_at__isnull=True)
    backups.filter(lost_at__isnull=True).exclude(pk__in=there).update(lost_at=at)
    backups.filter(pk__in=there).update(lost_at=None)


def _want_again(storage: Storage, affected: Collection[int]) -> None:
    """Where another storage still has the backup, it is copied again."""
    elsewhere = BackupCopy.objects.stored().filter(backup__in=affected).exclude(storage=storage).values("backup")
    gone = BackupCopy.objects.kept().filter(storage=storage, missing_at__isnull=False, backup__in=elsewhere)
    gone.update(stored_at=None, verified_at=None, not_before=None, attempts=0)


def _remove_orphans(storage: Storage, groups: Mapping[str, Group], at: datetime) -> None:
    """Remove what a run of this installation left and no row names, once it is older than the grace time."""
    for prefix in _orphans(storage, groups, at):
        if remove_leftovers(storage, prefix):
            audit.record(action="storage.orphan_removed", subject=storage, details={"prefix": prefix})


def _orphans(storage: Storage, groups: Mapping[str, Group], at: datetime) -> Iterator[str]:
    named = BackupCopy.objects.filter(storage=storage, removed_at__isnull=True)
    rewraps = RewrapRun.objects.filter(cleared_at__isnull=True).values_list("old_key", "new_key")
    known = {*named.values_list("backup__storage_key", flat=True), *chain.from_iterable(rewraps)}
    for prefix, group in groups.items():
        if prefix not in known and group.newest_at < at - GRACE and _is_ours(prefix):
            yield prefix


def _is_ours(prefix: str) -> bool:
    """Whether an ended run of this installation wrote it. The bucket may hold others' backups too."""
    found = RUN_PREFIX.fullmatch(prefix)
    run = BackupRun.objects.select_related("database").filter(pk=found["run"]).first() if found else None
    if found is None or run is None or not run.is_finished:
        return False
    return run.storage_key.startswith(found["of_run"])
