"""Which runs are due, which were missed, which are dead. Beat only ticks; this decides."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Max, Q

from apps.audit import services as audit
from apps.backups.exceptions import NoPointInTime, RunUnfinished
from apps.backups.models import BackupRun, DrillRun, Operation, RestoreRun, Schedule
from apps.common import runs
from apps.common.postgresql.throwaway import remove_orphans
from apps.common.runs import RunStatus

from .backups import queue_backup, remove_unless_listed
from .custody_drills import queue_custody_drill
from .drills import queue_drill
from .plans import plan_of
from .points import queue_point_drill
from .restores import forgotten_restores
from .restoring import end_dead_restores

logger = structlog.get_logger(__name__)
SENT_AGAIN_AFTER = timedelta(minutes=10)
MODELS: dict[str, type[BackupRun] | type[DrillRun]] = {
    Operation.BACKUP: BackupRun,
    Operation.DRILL: DrillRun,
    Operation.POINT_IN_TIME: DrillRun,
    Operation.CUSTODY: DrillRun,
}
QUEUES: dict[str, Callable[..., BackupRun | DrillRun]] = {
    Operation.BACKUP: queue_backup,
    Operation.DRILL: queue_drill,
    Operation.POINT_IN_TIME: queue_point_drill,
    Operation.CUSTODY: queue_custody_drill,
}
SPECIAL_DRILLS = {Operation.POINT_IN_TIME, Operation.CUSTODY}


def tick(*, at: datetime) -> list[BackupRun | DrillRun | RestoreRun]:
    """End dead runs, queue due ones, and return everything that a worker should be told of."""
    end_dead_runs(at=at)
    end_dead_restores(at=at)
    return [*queue_due_runs(at=at), *_take_forgotten_runs(at), *forgotten_restores(at=at)]


def end_dead_runs(*, at: datetime) -> int:
    """End the runs whose worker died, and clear away what they left."""
    overdue = list(BackupRun.objects.overdue(at).values_list("pk", flat=True))
    ended = runs.reap(BackupRun, at=at) + runs.reap(DrillRun, at=at)
    # One that renewed its lease in between is alive, and still writes.
    dead = BackupRun.objects.filter(pk__in=overdue, status=RunStatus.ERRORED, backup__isnull=True)
    for run in dead.select_related("database"):
        remove_unless_listed(run)
    if ended:
        remove_orphans()
        logger.warning("dead_runs_ended", count=ended)
    return ended


def queue_due_runs(*, at: datetime) -> list[BackupRun | DrillRun]:
    """Queue the newest due slot of each schedule, and record the older ones as missed."""
    for resting in Schedule.objects.resting().filter(promised_from__isnull=False):
        resting.rest()
    schedules = Schedule.objects.active().urgent_first().values_list("pk", flat=True)
    queued = (queue_due_run(schedule_id=pk, at=at) for pk in schedules)
    return [run for run in queued if run is not None]


@transaction.atomic
def queue_due_run(*, schedule_id: int, at: datetime) -> BackupRun | DrillRun | None:
    """Queue the schedule's newest due slot. None when nothing is due, in quiet hours, or while the last run goes on."""
    # Another beat may tick at the same moment; whoever has the lock does the work.
    locked = Schedule.objects.select_for_update(skip_locked=True, of=("self",)).select_related("database")
    schedule = locked.filter(pk=schedule_id).first()
    if schedule is None:
        return None
    promised_from = schedule.promise(at=at)
    quiet = plan_of(schedule.database).quiet_hours
    if quiet is not None and at in quiet:  # what comes due inside waits until its end
        return None
    model = MODELS[schedule.operation]
    # A slot that lies ahead was taken by a clock that has been set back since.
    taken = model.objects.filter(schedule=schedule, scheduled_for__lte=at)
    last = taken.aggregate(last=Max("scheduled_for"))["last"]
    due = schedule.slots.due(after=last, until=at)
    if not due or model.objects.unfinished().filter(database=schedule.database).exists():
        return None
    *older, newest = due
    if last is not None:  # before its first run, a schedule has promised nothing
        missed = [slot for slot in older if slot >= promised_from and (quiet is None or slot not in quiet)]
        _record_missed(schedule, missed, at)
    queue = QUEUES[schedule.operation]
    try:
        return queue(database=schedule.database, schedule=schedule, scheduled_for=newest, at=at)
    except (RunUnfinished, NoPointInTime):  # somebody asked for one just now; the slot stays due
        return None


def _record_missed(schedule: Schedule, slots: list[datetime], at: datetime) -> None:
    if not slots:
        return
    model = MODELS[schedule.operation]
    kind = (
        {f"is_{schedule.operation}": True} if schedule.operation in {Operation.POINT_IN_TIME, Operation.CUSTODY} else {}
    )
    missed: list[Any] = [
        model(
            database=schedule.database,
            schedule=schedule,
            scheduled_for=slot,
            queued_at=at,
            finished_at=at,
            status=RunStatus.MISSED,
            error="Nobody was there to take this slot; a later one was caught up.",
            **kind,
        )
        for slot in slots
    ]
    model.objects.bulk_create(missed, ignore_conflicts=True)
    audit.record(action=f"{schedule.operation}.missed", subject=schedule, details={"slots": slots})


def _take_forgotten_runs(at: datetime) -> list[BackupRun | DrillRun]:
    """Runs that were queued long ago and never claimed: their message was lost, or the workers are busy."""
    forgotten: list[BackupRun | DrillRun] = []
    long_ago = Q(sent_at__lt=at - SENT_AGAIN_AFTER) | Q(sent_at__gt=at + SENT_AGAIN_AFTER)  # or by a wrong clock
    for model in (BackupRun, DrillRun):
        waiting = model.objects.filter(long_ago, status=RunStatus.QUEUED)
        forgotten += [run for run in waiting if waiting.filter(pk=run.pk).update(sent_at=at)]
    return forgotten
