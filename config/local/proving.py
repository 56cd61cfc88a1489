"""What a first run proves: a backup of Seaworthy's own database, its drill, and its own checks. The worker does it."""

import time
from collections.abc import Callable
from typing import TypeVar

from apps.backups.exceptions import RunUnfinished
from apps.backups.models import BackupRun, Database, DrillRun
from apps.backups.selectors import protection_of
from apps.backups.services import queue_backup, queue_drill
from apps.backups.tasks import send
from apps.common.clock import now
from apps.common.runs import RunStatus
from config.local.preflight import CannotStart
from config.local.processes import Processes
from config.local.progress import Progress

RUN_SECONDS = 900
POLL_SECONDS = 0.1

RunType = TypeVar("RunType", BackupRun, DrillRun)


def prove_backup(progress: Progress, processes: Processes, database: Database) -> None:
    """Back up and drill, unless a proven backup is recent enough."""
    protection = protection_of(database)
    age = protection.proven_age(now())
    if age is not None and age < database.rpo_objective:
        return
    with progress.step("Back up Seaworthy's own database") as step:
        backup = _carried_out(BackupRun, queue_backup, database, processes)
        step.outcome, step.is_good = _outcome(backup, "stored"), backup.status == RunStatus.SUCCEEDED
    if not step.is_good:
        return
    with progress.step("Restore it into a throwaway server, and compare") as step:
        drill = _carried_out(DrillRun, queue_drill, database, processes)
        step.outcome, step.is_good = _outcome(drill, drill.get_verdict_display()), drill.verdict == "proven"


def _carried_out(
    model: type[RunType], queue: Callable[..., RunType], database: Database, processes: Processes
) -> RunType:
    """Hand the run to the worker, or find the one that beat handed it already, and wait for its end."""
    try:
        run = queue(database=database)
        send(run)
    except RunUnfinished:
        run = model.objects.unfinished().filter(database=database).latest("queued_at")
        send(run)  # after a kill nobody may have been told of it; a run that has a worker already is left to it
    deadline = time.monotonic() + RUN_SECONDS
    while not run.is_finished:
        processes.check_running()
        if time.monotonic() > deadline:
            raise CannotStart(f"{run} did not end in {RUN_SECONDS} s. See {processes.log_file}")
        time.sleep(POLL_SECONDS)
        run.refresh_from_db()
    return run


def _outcome(run: BackupRun | DrillRun, verdict: str) -> str:
    return verdict if run.status == RunStatus.SUCCEEDED else f"{run.get_status_display()}: {run.error}"
