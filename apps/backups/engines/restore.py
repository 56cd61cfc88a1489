"""Restores a backup into a new database, for people: fetch, decompress, restore, compare."""

from apps.backups.exceptions import RestoreFailed
from apps.common.postgresql.throwaway import throwaway_folder

from .drill import fetch_dump
from .postgresql.into_new import restore_into_new
from .report import Stopped
from .restoring import RestoreJob, Restorer, RestoreReport
from .stages import Stages

RESTORERS: dict[str, Restorer] = {
    "postgresql": restore_into_new,
}


def run_restore(job: RestoreJob) -> RestoreReport:
    """Restore the job's backup into its target. Raises RestoreRefused, RestoreFailed, ToolFailed, StorageFailed."""
    stages = Stages()
    with throwaway_folder() as folder:
        try:
            manifest, dump = fetch_dump(
                storage=job.storage,
                prefix=job.prefix,
                folder=folder,
                stages=stages,
                manifest_sha256=job.manifest_sha256,
                identities=job.identities,
            )
        except Stopped as stop:
            raise RestoreFailed(stop.finding.message) from stop
        if manifest.engine not in RESTORERS:
            raise RestoreFailed(f"Backups of {manifest.engine} are not restored into a new database by Seaworthy.")
        found = RESTORERS[manifest.engine](manifest, dump, job.target, stages)
    return RestoreReport(dict(stages.seconds), found)
