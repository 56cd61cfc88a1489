"""Unchanged bytes are not restored again for the same checks, as long as the earlier proof is young enough."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

from apps.backups.engines.checks import Check
from apps.backups.engines.copying import read_back
from apps.backups.engines.drill import DRILL_VERSION
from apps.backups.engines.findings import Verdict
from apps.backups.engines.report import DrillReport
from apps.backups.engines.stages import Stages
from apps.backups.exceptions import StorageFailed
from apps.backups.models import Backup, DrillRun
from apps.common.postgresql.throwaway import throwaway_folder

from .copies import copies_to_read
from .plans import plan_of
from .storing import open_storage


def conditions_of(backup: Backup, checks: Sequence[Check]) -> str:
    """A digest of everything that a proof depends on: the bytes, the questions, and how this version drills."""
    asked = sorted(json.dumps(vars(check), default=str, sort_keys=True) for check in checks)
    words = [backup.manifest_sha256, DRILL_VERSION, *asked]
    return hashlib.sha256("\n".join(words).encode()).hexdigest()


def earlier_proof(run: DrillRun, backup: Backup, checks: Sequence[Check], at: datetime) -> DrillRun | None:
    """The drill that proved the same under the same conditions. Who asks for a drill now gets one."""
    if not run.is_scheduled or not Backup.objects.proven().filter(pk=backup.pk).exists():
        return None
    window = plan_of(run.database).prove_again_after
    proven = DrillRun.objects.restored().filter(backup=backup, conditions_sha256=conditions_of(backup, checks))
    return proven.filter(finished_at__gt=at - window, finished_at__lte=at).order_by("-finished_at").first()


def report_again(run: DrillRun, backup: Backup, earlier: DrillRun, at: datetime) -> DrillReport | None:
    """A proof by the earlier drill, if every stored byte is still what was proven then; otherwise None."""
    stages = Stages()
    try:
        with stages.measure("read back"):
            _read_back(backup)
    except StorageFailed:
        return None
    run.satisfied_by = earlier
    return DrillReport(
        verdict=Verdict.PROVEN,
        findings=[],
        stages=dict(stages.seconds),
        rto_seconds=None,
        rpo_seconds=(at - backup.snapshot_at).total_seconds(),
        tables=backup.tables,
        rows=backup.rows,
        size_bytes=backup.database_size_bytes,
    )


def _read_back(backup: Backup) -> None:
    storage, prefix = open_storage(copies_to_read(backup)[0].storage), backup.storage_key
    expected = backup.object_sha256s
    if len(list(storage.objects(f"{prefix}/"))) < len(expected):
        raise StorageFailed(f"The backup {prefix} is not whole any more.")
    with throwaway_folder() as folder:
        read_back(prefix=prefix, storage=storage, folder=folder, sha256s=expected)
