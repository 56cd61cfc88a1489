"""Backups and drills as runs: queued, claimed once, carried out, recorded, seen as evidence."""

import os
import signal
import subprocess
import sys
from datetime import datetime, timedelta

import pytest
from django.conf import settings as django_settings
from django.db import IntegrityError, connection, transaction

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.backups import selectors, services, tasks
from apps.backups.engines.postgresql.address import Address, parse_address
from apps.backups.exceptions import NothingToDrill, RunUnfinished
from apps.backups.models import Backup, BackupRun, Database, DrillRun, DrillVerdict, Operation, Plan, Schedule
from apps.backups.services.plans import plan_of
from apps.backups.services.storing import backup_storage
from apps.catalog.models import Environment
from apps.common.clock import now
from apps.common.runs import LEASE, RunStatus
from apps.evidence.models import ObservationRecord
from tests.servers import url_on_test_server

WORKER = """
import sys, time, django
django.setup()
from apps.backups import services
from apps.backups.engines import backup
from apps.backups.models import BackupRun
write = backup.publish_manifest
def wait_to_be_killed(*args, **options):
    print("about to publish", flush=True)
    time.sleep(60)
backup.publish_manifest = wait_to_be_killed
services.carry_out_backup(run=BackupRun.objects.get(pk=int(sys.argv[1])))
"""


def back_up(database: Database) -> Backup:
    run = services.queue_backup(database=database)
    assert services.carry_out_backup(run=run)
    assert run.status == RunStatus.SUCCEEDED, run.error
    return run.backup


def drill(database: Database, backup: Backup | None = None) -> DrillRun:
    run = services.queue_drill(database=database, backup=backup)
    assert services.carry_out_drill(run=run)
    return run


def observations(key: str) -> list[ObservationRecord]:
    return list(ObservationRecord.objects.filter(verifier_key=key).order_by("pk"))


def test_a_backup_becomes_a_row_an_event_and_evidence(database: Database, olga: User) -> None:
    run = services.queue_backup(database=database, actor=olga)
    assert (run.status, run.requested_by) == (RunStatus.QUEUED, olga)

    assert services.carry_out_backup(run=run)

    backup = Backup.objects.get()
    assert (backup.run, backup.database, backup.tables) == (run, database, 7)
    assert [name for name, _ in run.stage_rows] == ["dump", "fingerprint"]
    assert list(AuditEvent.objects.values_list("action", flat=True).order_by("pk"))[-2:] == [
        "backup.queued",
        "backup.finished",
    ]
    whole, own = observations("backups.recent")
    assert (whole.parameters, own.parameters) == ({}, {"database": database.name})
    assert whole.observed_at == backup.snapshot_at
    assert whole.facts["without_backup"] == 0


def test_a_drill_proves_the_newest_backup(database: Database) -> None:
    backup = back_up(database)

    run = drill(database)

    assert (run.verdict, run.backup, run.findings) == (DrillVerdict.PROVEN, backup, [])
    assert [name for name, _ in run.stage_rows] == ["fetch", "decompress", "start", "restore", "compare"]
    assert Backup.objects.with_newest_verdict().get().drilled_as == DrillVerdict.PROVEN
    assert selectors.protection_of(database).newest_proven == backup
    (whole, _) = observations("backups.restore_drill")
    assert whole.facts["verdict"] == "proven"
    assert whole.facts["rto_seconds"] == run.rto_seconds
    assert "rows equal · recovery" in whole.summary


def test_a_damaged_backup_is_refuted_and_seen_as_failing(database: Database) -> None:
    backup = back_up(database)
    artefact = backup_storage().folder / backup.storage_key / "database.dump.zst"
    artefact.write_bytes(artefact.read_bytes()[:-1])

    run = drill(database)

    assert (run.status, run.verdict) == (RunStatus.SUCCEEDED, DrillVerdict.FAILED)
    assert [finding["id"] for finding in run.findings] == ["artefact-truncated"]
    assert selectors.protection_of(database).newest_proven is None
    assert observations("backups.restore_drill")[0].facts["verdict"] == "failed"


def test_a_manifest_that_was_exchanged_is_refuted(database: Database) -> None:
    first, second = back_up(database), back_up(database)
    folder = backup_storage().folder
    (folder / second.storage_key / "manifest.json").write_bytes(
        (folder / first.storage_key / "manifest.json").read_bytes()
    )

    assert [finding["id"] for finding in drill(database).findings] == ["manifest-differs"]


def test_a_drill_that_cannot_look_is_an_error_not_a_failure(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(database)
    monkeypatch.setattr("apps.backups.engines.drill.SERVER_BYTES", 1 << 60)

    run = drill(database)

    assert run.verdict == DrillVerdict.COULD_NOT_VERIFY
    observation = observations("backups.restore_drill")[0]
    assert observation.facts == {}
    assert "could not verify the backup: The drill needs" in observation.error


def test_a_later_doubt_does_not_take_back_a_proof(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    backup = back_up(database)
    assert drill(database).verdict == DrillVerdict.PROVEN
    monkeypatch.setattr("apps.backups.engines.drill.SERVER_BYTES", 1 << 60)
    drill(database)

    assert list(Backup.objects.proven()) == [backup]


def test_an_unreachable_database_fails_in_words(database: Database) -> None:
    database.connection_url = "postgresql://app:hunter2@/shop?host=/nowhere"
    database.save()
    run = services.queue_backup(database=database)

    services.carry_out_backup(run=run)

    assert run.status == RunStatus.FAILED
    assert run.error.startswith("Cannot connect to the database shop")
    assert "hunter2" not in run.error
    assert not Backup.objects.exists()


def test_our_own_error_is_errored_and_leaves_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*args: object, **options: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("apps.backups.engines.backup.publish_manifest", break_down)
    run = services.queue_backup(database=database)

    with pytest.raises(ZeroDivisionError):
        services.carry_out_backup(run=run)

    assert run.status == RunStatus.ERRORED
    assert [path for path in backup_storage().folder.rglob("*") if path.is_file()] == []


def test_it_refuses_a_second_run_while_one_is_unfinished(database: Database) -> None:
    services.queue_backup(database=database)
    events = AuditEvent.objects.count()

    with pytest.raises(RunUnfinished, match="is being backed up already"):
        services.queue_backup(database=database)

    assert BackupRun.objects.count() == 1
    assert AuditEvent.objects.count() == events


def test_a_second_delivery_does_nothing(database: Database) -> None:
    run = services.queue_backup(database=database)
    tasks.carry_out_backup(run.pk)
    tasks.carry_out_backup(run.pk)
    other = services.queue_drill(database=database)
    tasks.carry_out_drill(other.pk)
    tasks.carry_out_drill(other.pk)

    assert Backup.objects.count() == 1
    assert len(observations("backups.restore_drill")) == 2
    assert AuditEvent.objects.filter(action="drill.finished").count() == 1


def test_nothing_to_drill_is_said(database: Database) -> None:
    with pytest.raises(NothingToDrill, match=f"{database} has no backup yet"):
        services.queue_drill(database=database)


def test_a_backup_whose_lease_was_lost_is_not_published(database: Database) -> None:
    run = services.queue_backup(database=database)
    moments = iter([now() - 10 * LEASE])

    def clock() -> datetime:
        moment = next(moments, None)
        if moment is None and BackupRun.objects.filter(pk=run.pk, status=RunStatus.RUNNING).exists():
            services.end_dead_runs(at=now())  # somebody else finds the lease run out
        return moment or now()

    services.carry_out_backup(run=run, clock=clock)

    assert run.status == RunStatus.ERRORED
    assert not Backup.objects.exists()
    assert [path for path in backup_storage().folder.rglob("*") if path.is_file()] == []


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_mid_backup_leaves_no_backup_and_the_next_slot_works(database: Database) -> None:
    run = services.queue_backup(database=database)
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_URL": _test_database_url(),
        "FIELD_ENCRYPTION_KEYS": ",".join(django_settings.FIELD_ENCRYPTION_KEYS),
        "BACKUP_DIRECTORY": django_settings.BACKUP_DIRECTORY,
    }
    command = [sys.executable, "-c", WORKER, str(run.pk)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "about to publish\n"
        os.kill(worker.pid, signal.SIGKILL)

    run.refresh_from_db()
    assert run.status == RunStatus.RUNNING
    assert not Backup.objects.exists()
    with pytest.raises(NothingToDrill):
        services.queue_drill(database=database)

    later = now() + 2 * LEASE
    assert services.end_dead_runs(at=later) == 1
    run.refresh_from_db()
    assert run.status == RunStatus.ERRORED
    assert [path for path in backup_storage().folder.rglob("*") if path.is_file()] == []
    Schedule.objects.create(database=database, interval=timedelta(hours=1), starts_at=later)
    (next_run,) = services.queue_due_runs(at=later)
    services.carry_out_backup(run=next_run)
    assert next_run.status == RunStatus.SUCCEEDED


def _test_database_url() -> str:
    return url_on_test_server(connection.settings_dict["NAME"])


def test_an_unfinished_backup_cannot_be_listed_as_one(database: Database) -> None:
    run = services.queue_backup(database=database)

    with pytest.raises(IntegrityError, match="backups_backup_has_checksums"), transaction.atomic():
        Backup.objects.create(
            database=database,
            run=run,
            sha256="",
            manifest_sha256="",
            size_bytes=0,
            content_bytes=0,
            database_size_bytes=0,
            tables=0,
            rows=0,
            snapshot_at=now(),
            finished_at=now(),
            fingerprint={},
        )


def test_ensuring_a_database_keeps_what_people_set(environment: Environment) -> None:
    hourly = timedelta(hours=1)
    options = {"environment": environment, "name": "own", "backup_interval": hourly}
    database = services.ensure_database(connection_url="postgresql:///a", **options)
    Database.objects.update(rto_objective=timedelta(hours=9))
    Schedule.objects.update(interval=timedelta(hours=9))

    again = services.ensure_database(connection_url="postgresql:///b", drill_interval=hourly, **options)

    assert (again.pk, again.rto_objective) == (database.pk, timedelta(hours=9))
    assert again.connection_url == "postgresql:///b"
    schedules = Schedule.objects.values_list("operation", "interval")
    assert sorted(schedules) == [(Operation.BACKUP, timedelta(hours=9)), (Operation.DRILL, hourly)]
    events = AuditEvent.objects.filter(subject_type="backups.database").order_by("pk")
    assert list(events.values_list("action", flat=True)) == ["database.added", "database.moved"]


def test_the_connection_url_is_encrypted_at_rest(database: Database, shop: Address) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT connection_url FROM backups_database WHERE id = %s", [database.pk])
        (stored,) = cursor.fetchone()

    assert str(shop.parameters["password"]) not in stored
    assert parse_address(database.connection_url).parameters == shop.parameters


def test_old_backups_go_and_the_newest_proven_one_stays(database: Database) -> None:
    Plan.objects.filter(pk=plan_of(database).pk).update(keep_newest=2, removal_grace=timedelta(0))
    proven = back_up(database)
    assert drill(database).verdict == DrillVerdict.PROVEN
    unproven = back_up(database)
    newer = [back_up(database), back_up(database)]

    for backup in (proven, unproven, *newer):
        backup.refresh_from_db()
    assert [proven.removed_at is None, unproven.removed_at is None] == [True, False]
    assert [backup.removed_at for backup in newer] == [None, None]
    folder = backup_storage().folder
    assert (folder / proven.storage_key).exists()
    assert not (folder / unproven.storage_key).exists()
    with pytest.raises(NothingToDrill, match="was removed from the storage"):
        services.queue_drill(database=database, backup=unproven)
