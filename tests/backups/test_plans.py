"""Plans: quiet hours, priority, what rests and resumes, and the sentences that say what a plan comes to."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from apps.backups import services
from apps.backups.engines.plan_words import kept_in_the_end, what_is_kept
from apps.backups.engines.retention import Policy
from apps.backups.engines.rhythm import QuietHours, longest_wait
from apps.backups.models import BackupRun, Database, Plan, Schedule
from apps.backups.services.plans import doubts_about, plan_of
from apps.catalog.models import Environment
from apps.common.runs import RunStatus
from apps.common.slots import IntervalSlots
from tests.backups.test_schedules import finish

MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NIGHT = QuietHours(time(22), time(6))
times = st.times(timezones=st.none())


@pytest.fixture
def ledger(environment: Environment) -> Database:
    return Database.objects.create(environment=environment, name="ledger", connection_url="postgresql:///ledger")


def test_quiet_hours_reach_across_midnight() -> None:
    inside = [hour for hour in range(24) if MIDNIGHT + hour * HOUR in NIGHT]
    assert inside == [0, 1, 2, 3, 4, 5, 22, 23]
    assert NIGHT.over_at(MIDNIGHT + 23 * HOUR) == MIDNIGHT + 30 * HOUR
    assert NIGHT.over_at(MIDNIGHT + 5 * HOUR) == MIDNIGHT + 6 * HOUR
    assert NIGHT.over_at(MIDNIGHT + 6 * HOUR) == MIDNIGHT + 6 * HOUR


@given(begins=times, ends=times, at=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))
def test_the_end_of_quiet_hours_is_outside_and_within_a_day(begins: time, ends: time, at: datetime) -> None:
    quiet = QuietHours(begins, ends)
    over = quiet.over_at(at)
    assert over not in quiet
    assert timedelta(0) <= over - at <= DAY


def test_in_quiet_hours_nothing_starts_and_afterwards_the_newest_slot_does(ledger: Database) -> None:
    Plan.objects.filter(pk=plan_of(ledger).pk).update(quiet_from=time(22), quiet_until=time(6))
    Schedule.objects.create(database=ledger, interval=HOUR, starts_at=MIDNIGHT)
    evening = MIDNIGHT + 21 * HOUR
    (run,) = services.queue_due_runs(at=evening)
    finish(run, evening)

    assert all(services.queue_due_runs(at=evening + number * HOUR) == [] for number in range(1, 9))
    (morning,) = services.queue_due_runs(at=evening + 9 * HOUR)

    assert morning.scheduled_for == evening + 9 * HOUR
    assert not BackupRun.objects.filter(status=RunStatus.MISSED).exists()


def test_what_was_missed_outside_of_quiet_hours_is_still_seen(ledger: Database) -> None:
    Plan.objects.filter(pk=plan_of(ledger).pk).update(quiet_from=time(22), quiet_until=time(6))
    Schedule.objects.create(database=ledger, interval=HOUR, starts_at=MIDNIGHT)
    (run,) = services.queue_due_runs(at=MIDNIGHT + 19 * HOUR)
    finish(run, MIDNIGHT + 19 * HOUR)

    services.queue_due_runs(at=MIDNIGHT + 31 * HOUR)

    missed = BackupRun.objects.filter(status=RunStatus.MISSED).order_by("scheduled_for")
    assert [(one.scheduled_for - MIDNIGHT) // HOUR for one in missed] == [20, 21, 30]


@pytest.mark.parametrize("model", [Schedule, Database])
def test_what_rested_has_missed_nothing_when_it_resumes(ledger: Database, model: type[Schedule | Database]) -> None:
    Schedule.objects.create(database=ledger, interval=HOUR, starts_at=MIDNIGHT)
    (run,) = services.queue_due_runs(at=MIDNIGHT)
    finish(run, MIDNIGHT)
    model.objects.update(is_enabled=False)
    services.queue_due_runs(at=MIDNIGHT + HOUR)
    model.objects.update(is_enabled=True)

    (resumed,) = services.queue_due_runs(at=MIDNIGHT + 99 * HOUR)

    assert resumed.scheduled_for == MIDNIGHT + 99 * HOUR
    assert not BackupRun.objects.filter(status=RunStatus.MISSED).exists()
    finish(resumed, MIDNIGHT + 99 * HOUR)
    services.queue_due_runs(at=MIDNIGHT + 102 * HOUR)
    assert BackupRun.objects.filter(status=RunStatus.MISSED).count() == 2


def test_a_new_rhythm_has_missed_nothing(ledger: Database) -> None:
    Schedule.objects.create(database=ledger, interval=DAY, starts_at=MIDNIGHT)
    (run,) = services.queue_due_runs(at=MIDNIGHT)
    finish(run, MIDNIGHT)
    Schedule.objects.update(interval=timedelta(minutes=1))

    services.queue_due_runs(at=MIDNIGHT + 20 * HOUR)

    assert not BackupRun.objects.filter(status=RunStatus.MISSED).exists()


def test_the_higher_priority_goes_first(environment: Environment) -> None:
    for number, priority in enumerate([0, 5, -5]):
        database = Database.objects.create(
            environment=environment, name=f"db{number}", connection_url="postgresql:///x"
        )
        Plan.objects.filter(pk=plan_of(database).pk).update(priority=priority)
        Schedule.objects.create(database=database, interval=HOUR, starts_at=MIDNIGHT)

    assert [run.database.name for run in services.queue_due_runs(at=MIDNIGHT)] == ["db1", "db0", "db2"]


def test_quiet_hours_need_two_different_ends(ledger: Database) -> None:
    for begins, ends in ((time(22), None), (time(22), time(22))):
        plan = plan_of(ledger)
        plan.quiet_from, plan.quiet_until = begins, ends
        with pytest.raises(ValidationError, match="Quiet hours"):
            plan.full_clean()


def test_the_longest_wait_counts_quiet_hours() -> None:
    hourly = IntervalSlots(starts_at=MIDNIGHT, interval=HOUR)
    assert longest_wait(hourly, None, now=MIDNIGHT) == HOUR
    assert longest_wait(hourly, NIGHT, now=MIDNIGHT) == 9 * HOUR
    assert longest_wait(IntervalSlots(MIDNIGHT, 40 * DAY), None, now=MIDNIGHT) is None


def test_a_plan_that_cannot_meet_its_objective_says_so(ledger: Database) -> None:
    plan = plan_of(ledger)
    assert [doubt.split(":")[0] for doubt in doubts_about(plan, at=MIDNIGHT)] == [
        "No schedule takes backups",
        "No schedule drills",
    ]
    Schedule.objects.create(database=ledger, interval=HOUR, starts_at=MIDNIGHT)
    Schedule.objects.create(database=ledger, operation="drill", interval=DAY, starts_at=MIDNIGHT)
    assert doubts_about(plan, at=MIDNIGHT) == []

    Database.objects.update(rpo_objective=6 * HOUR)
    plan.quiet_from, plan.quiet_until = time(22), time(6)
    plan.database.refresh_from_db()

    (doubt,) = doubts_about(plan, at=MIDNIGHT)
    assert doubt.startswith("Up to 9 h lie between two backups because of the quiet hours; the objective is 6 h.")


def test_a_plan_in_words() -> None:
    assert what_is_kept(Policy(newest=14)) == "Keeps the 14 newest. The newest proven one never goes."
    many = Policy(newest=1, periods={"daily": 7, "weekly": 1, "monthly": 0}, within=3 * DAY, proven_floor=2)
    assert what_is_kept(many) == (
        "Keeps the newest, one for each of 7 days, one for the last week and all of the last 3 days. "
        "The 2 newest proven ones never go."
    )


@pytest.mark.parametrize(
    ("policy", "interval", "count"),
    [
        (Policy(newest=14), HOUR, 14),
        (Policy(newest=1, periods={"daily": 7, "weekly": 4}), DAY, 9),
        (Policy(newest=24, periods={"daily": 7}), HOUR, 30),
        (Policy(newest=1, within=2 * DAY), 12 * HOUR, 6),
    ],
)
def test_how_many_there_will_be(policy: Policy, interval: timedelta, count: int) -> None:
    assert kept_in_the_end(policy, interval=interval, now=MIDNIGHT - HOUR) == count
