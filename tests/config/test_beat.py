"""Beat: of two, one ticks; when it is killed the other takes over; a restart repeats nothing."""

import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta

import pytest
from celery import current_app
from celery.schedules import crontab
from django.db import connection
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask
from redis import Redis

from apps.common.clock import now
from apps.healthchecks.models import Pulse
from config.beat import PULSE_SECONDS, STAND_BY_SECONDS, LeaderLock, LeaderScheduler, leader_name
from config.env import PROJECT_DIRECTORY
from tests.production import current_database_url, production_environment, redis_url

REDIS_NUMBER = 7
PATIENCE_SECONDS = 240  # on a busy machine; an idle one needs a fraction
pytestmark = pytest.mark.django_db(transaction=True)


def wait_for(condition):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)
    return found


@contextmanager
def running_beats(count):
    """Real beats under production settings, against the test's database."""
    environment = production_environment(DATABASE_URL=current_database_url(), REDIS_URL=redis_url(REDIS_NUMBER))
    arguments = [sys.executable, "-m", "celery", "--app", "config", "beat", "--pidfile="]
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    beats = [subprocess.Popen(arguments, cwd=PROJECT_DIRECTORY, env=environment, **streams) for _ in range(count)]
    try:
        yield beats
    finally:
        for beat in beats:
            beat.kill()
            beat.wait()


@pytest.fixture
def queue():
    with Redis.from_url(redis_url(REDIS_NUMBER)) as redis:
        redis.flushdb()
        yield redis
        redis.flushdb()


def leader_of(beats):
    """Which of the beats holds the lock, by the name of the connection that the database server knows."""

    def find():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid) "
                "WHERE locktype = 'advisory' AND granted"
            )
            names = {name for (name,) in cursor.fetchall()}
        return [beat for beat in beats if leader_name(beat.pid) in names]

    (found,) = wait_for(find)
    return found


def test_two_beats_tick_once_and_a_killed_leader_is_replaced(queue):
    every_second, _ = IntervalSchedule.objects.get_or_create(every=1, period="seconds")
    PeriodicTask.objects.create(name="each-second", task="tests.nothing", interval=every_second, queue="counted")
    with running_beats(2) as beats:
        wait_for(lambda: queue.llen("counted") >= 1)
        before, started = queue.llen("counted"), time.monotonic()
        time.sleep(5)
        ticks, seconds = queue.llen("counted") - before, time.monotonic() - started
        assert ticks <= seconds + 1  # two that tick would send twice as many

        first = Pulse.objects.get(name="beat").at
        leader_of(beats).send_signal(signal.SIGKILL)
        wait_for(lambda: Pulse.objects.get(name="beat").at > first + timedelta(seconds=6))
        sent = queue.llen("counted")
        wait_for(lambda: queue.llen("counted") > sent)


def test_neither_a_start_nor_a_kill_repeats_what_was_sent(queue):
    hourly, _ = IntervalSchedule.objects.get_or_create(every=1, period="hours")
    long_ago = now() - timedelta(hours=2)
    PeriodicTask.objects.create(
        name="hourly", task="tests.nothing", interval=hourly, queue="counted", last_run_at=long_ago
    )
    for _ in range(2):
        with running_beats(1):
            Pulse.objects.filter(name="beat").delete()
            wait_for(lambda: Pulse.objects.filter(name="beat").exists())
            wait_for(lambda: PeriodicTask.objects.get(name="hourly").last_run_at > long_ago)
            time.sleep(1)
    assert queue.llen("counted") == 1


@pytest.fixture
def scheduler():
    """Makes schedulers as beat does, and lets them go at the end."""
    made = []

    def make():
        made.append(LeaderScheduler(app=current_app._get_current_object()))
        return made[-1]

    yield make
    for scheduler in made:
        scheduler.close()


def test_the_leader_shows_its_pulse_and_the_other_stands_by(scheduler):
    leader, other = scheduler(), scheduler()
    assert leader.tick() <= PULSE_SECONDS
    assert Pulse.objects.filter(name="beat").exists()
    assert other.tick() == STAND_BY_SECONDS


def test_who_takes_over_reads_what_was_sent_meanwhile(scheduler):
    hourly, _ = IntervalSchedule.objects.get_or_create(every=1, period="hours")
    entry = PeriodicTask.objects.create(
        name="hourly", task="tests.nothing", interval=hourly, last_run_at=now() - timedelta(hours=2)
    )
    first, second = scheduler(), scheduler()
    for _ in range(20):
        first.tick()
    first.close()
    for _ in range(20):
        second.tick()
    entry.refresh_from_db()
    assert entry.total_run_count == 1


def test_an_entry_that_ran_by_a_clock_since_set_back_is_sent_again(scheduler):
    each_second, _ = IntervalSchedule.objects.get_or_create(every=1, period="seconds")
    entry = PeriodicTask.objects.create(
        name="ahead", task="tests.nothing", interval=each_second, last_run_at=now() + timedelta(days=365)
    )
    leader = scheduler()

    def was_sent():
        leader.tick()
        entry.refresh_from_db()
        return entry.total_run_count

    assert wait_for(was_sent) == 1


def test_a_clock_that_is_set_back_brings_the_entries_into_a_new_order(scheduler):
    leader = scheduler()
    leader.tick()
    order = leader._heap
    leader._ticked_at = now() + timedelta(hours=1)
    leader.tick()
    assert leader._heap is not order


def test_the_pulse_stops_without_the_database_and_beat_goes_on(scheduler):
    leader = scheduler()
    leader.tick()
    leader._pulse_seconds = 0.0
    with pytest.MonkeyPatch.context() as patch:
        connection.close()
        patch.setitem(connection.settings_dict, "HOST", "/nowhere")
        leader._record_pulse()
    assert leader.tick() <= PULSE_SECONDS


def test_one_lock_is_held_once_and_free_again_when_released():
    first, second = LeaderLock(key=1), LeaderLock(key=1)
    assert first.hold()
    assert first.hold()
    assert not second.hold()
    first.release()
    assert second.hold()
    second.release()


def test_a_lock_whose_connection_was_cut_is_taken_anew():
    lock = LeaderLock(key=2)
    assert lock.hold()
    lock._connection.close()
    assert not lock.hold()
    assert lock.hold()
    lock.release()


def test_a_lock_that_cannot_reach_the_database_is_not_held(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nowhere")
    assert not LeaderLock().hold()


def test_a_daily_entry_that_lies_hours_away_is_not_left_out():
    hour = (now().hour + 12) % 24
    noon = CrontabSchedule.from_schedule(crontab(minute=0, hour=hour))
    noon.save()
    PeriodicTask.objects.create(name="daily", task="tests.nothing", crontab=noon)
    scheduler = LeaderScheduler(app=current_app._get_current_object(), lazy=True)
    assert "daily" in {task.name for task in scheduler.enabled_models()}
