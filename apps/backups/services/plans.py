"""The plan of each database."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from apps.backups.engines.plan_words import kept_in_the_end, size_sentence, what_is_kept
from apps.backups.engines.rhythm import longest_wait
from apps.backups.models import Database, Operation, Plan, Schedule, Storage
from apps.common.wording import duration_in_words

DEFAULT_STORAGE = "local"


def plan_of(database: Database) -> Plan:
    """The database's plan; made on first use, it keeps backups in the folder of BACKUP_DIRECTORY."""
    plan, is_new = Plan.objects.get_or_create(database=database)
    if is_new:
        plan.storages.add(default_storage())
    return plan


def default_storage() -> Storage:
    """The folder that BACKUP_DIRECTORY names, as a storage."""
    return Storage.objects.get_or_create(name=DEFAULT_STORAGE)[0]


def preview_of(plan: Plan, *, at: datetime) -> str:
    """What the plan keeps, and what that comes to in time at today's size."""
    newest = plan.database.backups.stored().newest_first().values_list("size_bytes", flat=True).first()
    schedule = _schedule(plan, Operation.BACKUP)
    interval = schedule.slots.length_at(at) if schedule else None
    kept = what_is_kept(plan.policy)
    if newest is None or interval is None:
        return kept
    count = kept_in_the_end(plan.policy, interval=interval, now=at)
    storages, largest = plan.storages.count(), plan.largest_size_bytes
    return f"{kept} {size_sentence(count, size_bytes=newest, storages=storages, largest_size_bytes=largest)}"


def doubts_about(plan: Plan, *, at: datetime) -> list[str]:
    """Why the plan may not protect as its owners expect, in sentences that say what to do."""
    return [*_backup_doubts(plan, at), *_drill_doubts(plan)]


def _backup_doubts(plan: Plan, at: datetime) -> Iterator[str]:
    schedule = _schedule(plan, Operation.BACKUP)
    if schedule is None:
        yield "No schedule takes backups: add one on the page of the database."
        return
    wait = longest_wait(schedule.slots, plan.quiet_hours, now=at)
    objective = plan.database.rpo_objective
    if wait is None or wait > objective:
        apart = f"Up to {duration_in_words(wait)} lie" if wait else "More than a month lies"
        cause = " because of the quiet hours" if plan.quiet_hours and _alone_meets(schedule, at, objective) else ""
        advice = "Back up more often, shorten the quiet hours, or correct the objective."
        yield f"{apart} between two backups{cause}; the objective is {duration_in_words(objective)}. {advice}"


def _drill_doubts(plan: Plan) -> Iterator[str]:
    if _schedule(plan, Operation.DRILL) is None:
        yield "No schedule drills: what is never proven is never removed either. Add one on the page of the database."


def _alone_meets(schedule: Schedule, at: datetime, objective: timedelta) -> bool:
    """Whether the schedule alone, without quiet hours, would meet the objective."""
    wait = longest_wait(schedule.slots, None, now=at)
    return wait is not None and wait <= objective


def _schedule(plan: Plan, operation: Operation) -> Schedule | None:
    return plan.database.schedules.filter(operation=operation, is_enabled=True).first()
