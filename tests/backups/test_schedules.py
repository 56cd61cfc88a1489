"""When backups and drills are due: newest slots caught up, older ones seen as missed."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from apps.audit.models import AuditEvent
from apps.backups import services, tasks
from apps.backups.models import BackupRun, Database, DrillRun, Operation, Schedule
from apps.backups.services.storing import backup_storage
from apps.common import runs
from apps.common.runs import Run, RunStatus
from apps.common.slots import SLOTS_KEPT, CronInvalid, CronSlots, IntervalSlots, check_cron

START = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
minutes = st.integers(1, 100_000).map(lambda number: timedelta(minutes=number))


def slots(interval: timedelta = HOUR) -> IntervalSlots:
    return IntervalSlots(starts_at=START, interval=interval)


def test_the_first_slot_of_an_interval_is_its_start() -> None:
    assert slots().due(after=None, until=START) == [START]
    assert slots().due(after=None, until=START - timedelta(seconds=1)) == []


def test_a_slot_is_due_once() -> None:
    assert slots().due(after=START, until=START + timedelta(minutes=59)) == []
    assert slots().due(after=START, until=START + 3 * HOUR) == [START + HOUR, START + 2 * HOUR, START + 3 * HOUR]
    assert slots().next(START + timedelta(minutes=30)) == START + HOUR


@given(interval=minutes, after=minutes, asleep=minutes)
def test_due_slots_lie_on_the_grid_in_the_window(interval: timedelta, after: timedelta, asleep: timedelta) -> None:
    last, until = START + after, START + after + asleep
    due = slots(interval).due(after=last, until=until)

    assert due == sorted(set(due))
    assert all(last < slot <= until and (slot - START) % interval == timedelta(0) for slot in due)
    assert len(due) == min((until - START) // interval - (last - START) // interval, SLOTS_KEPT)


def test_a_year_asleep_keeps_the_newest_slots_only() -> None:
    until = START + timedelta(days=365)
    due = slots(timedelta(minutes=1)).due(after=START, until=until)

    assert (len(due), due[-1]) == (SLOTS_KEPT, until)


def test_cron_is_read_in_utc_whatever_the_season() -> None:
    nightly = CronSlots(starts_at=START, expression="30 2 * * *")
    due = nightly.due(after=datetime(2026, 3, 28, 2, 30, tzinfo=UTC), until=datetime(2026, 3, 30, 12, tzinfo=UTC))

    assert due == [datetime(2026, 3, day, 2, 30, tzinfo=UTC) for day in (29, 30)]
    assert CronSlots(starts_at=START, expression="0 2 * * *").due(after=None, until=START) == [START]


@pytest.mark.parametrize("expression", ["", "nonsense", "61 * * * *", "* * * *", "0 0 31 2 *"])
def test_a_cron_expression_that_never_comes_due_is_refused(expression: str) -> None:
    with pytest.raises(CronInvalid):
        check_cron(expression)


@pytest.fixture
def hourly(database: Database) -> Schedule:
    return Schedule.objects.create(database=database, interval=HOUR, starts_at=START)


def finish(run: BackupRun | DrillRun, at: datetime) -> None:
    type(run).objects.filter(pk=run.pk).update(status=RunStatus.FAILED, finished_at=at)


def test_a_due_slot_becomes_one_run(hourly: Schedule) -> None:
    (run,) = services.queue_due_runs(at=START)

    assert (run.scheduled_for, run.status, run.sent_at) == (START, RunStatus.QUEUED, START)
    assert services.queue_due_runs(at=START) == []
    finish(run, START)
    assert services.queue_due_runs(at=START + timedelta(minutes=59)) == []
    assert [run.scheduled_for for run in services.queue_due_runs(at=START + HOUR)] == [START + HOUR]


def test_after_a_sleep_the_newest_slot_runs_and_the_older_ones_are_missed(hourly: Schedule) -> None:
    (first,) = services.queue_due_runs(at=START)
    finish(first, START)
    morning = START + 5 * HOUR + timedelta(minutes=10)
    (caught_up,) = services.queue_due_runs(at=morning)

    assert caught_up.scheduled_for == START + 5 * HOUR
    missed = BackupRun.objects.filter(status=RunStatus.MISSED).order_by("scheduled_for")
    assert [run.scheduled_for for run in missed] == [START + number * HOUR for number in (1, 2, 3, 4)]
    assert "a later one was caught up" in missed[0].error
    event = AuditEvent.objects.get(action="backup.missed")
    assert len(event.details["slots"]) == 4


def test_a_new_schedule_has_missed_nothing(hourly: Schedule) -> None:
    (run,) = services.queue_due_runs(at=START + 9 * HOUR)

    assert run.scheduled_for == START + 9 * HOUR
    assert BackupRun.objects.count() == 1


def test_slots_that_a_wrong_clock_took_ahead_do_not_stop_the_schedule(hourly: Schedule) -> None:
    (ahead,) = services.queue_due_runs(at=START + 8760 * HOUR)
    finish(ahead, START + 8760 * HOUR)

    (run,) = services.queue_due_runs(at=START)

    assert run.scheduled_for == START


def test_a_run_that_renewed_its_lease_at_the_last_moment_keeps_its_files(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = services.queue_backup(database=database)
    assert run.claim(at=START)
    with backup_storage().write(f"{run.storage_key}/database.dump.zst") as file:
        file.write(b"half")
    reap = runs.reap

    def renewed_just_before(model: type[Run], *, at: datetime) -> int:
        run.renew(at=at)
        return reap(model, at=at)

    monkeypatch.setattr(runs, "reap", renewed_just_before)

    assert services.end_dead_runs(at=START + HOUR) == 0
    assert (backup_storage().folder / run.storage_key / "database.dump.zst").exists()


def test_a_slot_waits_for_the_run_before_it(hourly: Schedule, database: Database) -> None:
    by_hand = services.queue_backup(database=database)
    assert services.queue_due_runs(at=START + HOUR) == []

    finish(by_hand, START + HOUR)

    assert [run.scheduled_for for run in services.queue_due_runs(at=START + 2 * HOUR)] == [START + 2 * HOUR]


def test_what_is_disabled_rests(hourly: Schedule, database: Database) -> None:
    Database.objects.update(is_enabled=False)
    assert services.queue_due_runs(at=START) == []
    Database.objects.update(is_enabled=True)
    Schedule.objects.update(is_enabled=False)
    assert services.queue_due_runs(at=START) == []


def test_drills_have_schedules_of_their_own(hourly: Schedule, database: Database) -> None:
    Schedule.objects.create(database=database, operation=Operation.DRILL, cron="0 3 * * *", starts_at=START)
    backup, drill = services.queue_due_runs(at=START + HOUR)

    assert (type(backup), type(drill)) == (BackupRun, DrillRun)


def test_the_database_refuses_a_second_run_of_a_slot(hourly: Schedule, database: Database) -> None:
    finish(services.queue_backup(database=database, schedule=hourly, scheduled_for=START), START)

    with pytest.raises(IntegrityError, match="one_per_slot"), transaction.atomic():
        BackupRun.objects.create(database=database, schedule=hourly, scheduled_for=START)


@pytest.mark.django_db(transaction=True)
def test_a_tick_tells_the_workers_and_tells_them_again_when_nobody_came(
    hourly: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    monkeypatch.setattr(tasks.carry_out_backup, "delay", told.append)
    moments = iter([START, START + timedelta(minutes=5), START + timedelta(minutes=11), START + timedelta(minutes=12)])
    monkeypatch.setattr(tasks, "now", lambda: next(moments))
    for _ in range(4):
        tasks.tick()

    run = BackupRun.objects.get()
    assert told == [run.pk, run.pk]
