"""Beats and workers that race, a broker that is away, and slots that follow a failure."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from celery import current_app
from django.conf import settings as django_settings
from django.db import connection
from kombu.exceptions import OperationalError
from pytest_django import Settings

from apps.audit.models import AuditEvent
from apps.backups import services, tasks
from apps.backups.models import Backup, BackupRun, Database, Schedule
from apps.backups.services.plans import plan_of
from apps.common.runs import RunStatus
from tests.backups.keeping import HOUR, NOW, make_backup
from tests.servers import url_on_test_server

WORKER = """
import sys, django
django.setup()
from apps.backups import tasks
print("ready", flush=True)
sys.stdin.readline()
tasks.carry_out_backup(int(sys.argv[1]))
"""


def at_once(works: list[Callable[[], object]]) -> list[object]:
    """What each returned, begun in the same instant, each with a database connection of its own."""
    barrier, results = threading.Barrier(len(works)), {}

    def run(number: int, work: Callable[[], object]) -> None:
        barrier.wait()
        try:
            results[number] = work()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [results[number] for number in range(len(works))]


@pytest.mark.django_db(transaction=True)
def test_two_beats_that_tick_at_once_queue_each_slot_once(ledger: Database) -> None:
    Schedule.objects.create(database=ledger, interval=HOUR, starts_at=NOW)
    for number in range(5):
        at = NOW + number * HOUR
        queued = at_once([lambda at=at: services.queue_due_runs(at=at)] * 3)

        assert sum(len(runs) for runs in queued) == 1  # type: ignore[arg-type]
        assert BackupRun.objects.filter(scheduled_for=at).count() == 1
        BackupRun.objects.unfinished().update(status=RunStatus.FAILED, finished_at=at)


@pytest.mark.django_db(transaction=True)
def test_two_that_prune_at_once_let_go_and_remove_each_backup_once(ledger: Database) -> None:
    for number in range(5):
        make_backup(ledger, NOW - number * 24 * HOUR, verdict="proven" if number == 1 else "")

    at_once([lambda: services.prune(database=ledger, at=NOW, at_once=True)] * 3)

    assert Backup.objects.filter(removed_at=NOW).count() == 3
    for action in ("backup.let_go", "backup.removal_began", "backup.removed"):
        assert AuditEvent.objects.filter(action=action).count() == 3


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_get_the_same_message_take_one_backup(database: Database) -> None:
    run = services.queue_backup(database=database)
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_URL": url_on_test_server(connection.settings_dict["NAME"]),
        "FIELD_ENCRYPTION_KEYS": ",".join(django_settings.FIELD_ENCRYPTION_KEYS),
        "AUDIT_KEY": django_settings.AUDIT_KEY,
        "BACKUP_DIRECTORY": django_settings.BACKUP_DIRECTORY,
    }
    command = [sys.executable, "-c", WORKER, str(run.pk)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    workers = [subprocess.Popen(command, env=environment, **pipes) for _ in range(2)]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    for worker in workers:
        worker.communicate()

    assert [worker.returncode for worker in workers] == [0, 0]
    run.refresh_from_db()
    assert (run.status, run.fence) == (RunStatus.SUCCEEDED, 1)
    assert Backup.objects.get().run == run


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_loses_no_run(ledger: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []

    def is_away(pk: int) -> None:
        raise OperationalError("Connection refused")

    Schedule.objects.create(database=ledger, interval=24 * HOUR, starts_at=NOW)
    moments = iter([NOW, NOW + timedelta(minutes=5), NOW + timedelta(minutes=11)])
    monkeypatch.setattr(tasks, "now", lambda: next(moments))
    monkeypatch.setattr(tasks.carry_out_backup, "delay", is_away)
    tasks.tick()
    run = BackupRun.objects.get()
    assert run.status == RunStatus.QUEUED

    monkeypatch.setattr(tasks.carry_out_backup, "delay", told.append)
    tasks.tick()
    assert told == []
    tasks.tick()
    assert told == [run.pk]


def nowhere(database: Database, settings: Settings, tmp_path: Path) -> None:
    Database.objects.update(connection_url="postgresql://app:x@/shop?host=/nowhere")


def no_storage(database: Database, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    settings.BACKUP_DIRECTORY = str(tmp_path / "file" / "backups")


def all_storages_away(database: Database, settings: Settings, tmp_path: Path) -> None:
    plan_of(database).storages.update(is_enabled=False)


@pytest.mark.parametrize("trouble", [nowhere, no_storage, all_storages_away])
def test_the_slot_after_a_failure_works(
    database: Database, settings: Settings, tmp_path: Path, trouble: Callable[[Database, Settings, Path], None]
) -> None:
    url, folder = database.connection_url, settings.BACKUP_DIRECTORY
    Schedule.objects.create(database=database, interval=HOUR, starts_at=NOW)
    trouble(database, settings, tmp_path)
    (run,) = services.queue_due_runs(at=NOW)
    services.carry_out_backup(run=run)
    assert run.status == RunStatus.FAILED
    assert run.error

    Database.objects.update(connection_url=url)
    settings.BACKUP_DIRECTORY = folder
    plan_of(database).storages.update(is_enabled=True)
    (later,) = services.queue_due_runs(at=NOW + HOUR)
    services.carry_out_backup(run=later)

    assert later.status == RunStatus.SUCCEEDED, later.error


@pytest.mark.django_db(transaction=True)
def test_sending_to_a_redis_that_is_away_does_not_wait_for_it(
    ledger: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish, failures = tasks.carry_out_backup.apply_async, []

    def delay(pk: int) -> None:
        try:
            publish([pk], connection=unreachable, retry=False)
        except OperationalError as error:
            failures.append(error)
            raise

    with current_app.connection_for_write("redis://127.0.0.1:1/0") as unreachable:
        monkeypatch.setattr(tasks.carry_out_backup, "delay", delay)
        tasks.send(services.queue_backup(database=ledger))

    assert len(failures) == 1
    assert BackupRun.objects.get().status == RunStatus.QUEUED
