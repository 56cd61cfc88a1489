"""Restores a backup for people: fetch, decompress, restore, compare."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from apps.backups.exceptions import RestoreFailed
from apps.common.postgresql.throwaway import throwaway_folder

from .drill import fetch_dump
from .report import Stopped
from .restorers import RESTORERS
from .restoring import Restored, RestoreJob, RestoreReport
from .stages import Stages


def run_restore(job: RestoreJob) -> RestoreReport:
    """Restore the job's backup into its target. Raises RestoreRefused, RestoreFailed, ToolFailed, StorageFailed."""
    return measured(lambda stages: _restore(job, stages))


def measured(restore: Callable[[Stages], Restored]) -> RestoreReport:
    """The report of what was restored. Raises RestoreFailed where a drill would have stopped."""
    stages = Stages()
    with translated():
        restored = restore(stages)
    return RestoreReport(dict(stages.seconds), restored.findings, restored.outcome)


@contextmanager
def translated() -> Iterator[None]:
    """Say what stopped a restore as what it is: a failure, whoever is to blame."""
    try:
        yield
    except Stopped as stop:
        raise RestoreFailed(stop.finding.message) from stop
    except OSError as error:
        raise RestoreFailed(f"This machine could not restore it: {error}.") from error


def _restore(job: RestoreJob, stages: Stages) -> Restored:
    with throwaway_folder() as folder:
        manifest, dump = fetch_dump(
            storage=job.storage,
            prefix=job.prefix,
            folder=folder,
            stages=stages,
            manifest_sha256=job.manifest_sha256,
            identities=job.identities,
        )
        return RESTORERS[manifest.engine].restore(manifest, dump, job.target, stages)
