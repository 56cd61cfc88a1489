"""Several storages: the first one gets the stream, the others copies, and one that is away costs nothing."""

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from pytest_django import Settings

from apps.audit.models import AuditEvent
from apps.backups import services, tasks
from apps.backups.engines.s3.storage import S3Storage
from apps.backups.models import Backup, BackupCopy, Database, DrillRun, DrillVerdict, Storage
from apps.backups.services.plans import default_storage, plan_of
from apps.backups.services.storing import backup_storage
from apps.common.clock import now
from apps.common.runs import LEASE, RunStatus
from tests.backups.buckets import Buckets


@pytest.fixture
def cloud(database: Database, s3: S3Storage, buckets: Buckets) -> Storage:
    """A bucket as the second storage of the database's plan."""
    plan = plan_of(database)
    storage = buckets.row(s3)
    plan.storages.add(storage)
    return storage


def back_up(database: Database) -> Backup:
    run = services.queue_backup(database=database)
    services.carry_out_backup(run=run)
    assert run.status == RunStatus.SUCCEEDED, run.error
    return run.backup


def store_all() -> None:
    for copy in services.due_copies(at=now()):
        services.store_copy(copy=copy)


def drill(backup: Backup) -> DrillRun:
    run = services.queue_drill(database=backup.database, backup=backup)
    services.carry_out_drill(run=run)
    return run


def states(backup: Backup) -> dict[str, str]:
    return {copy.storage.name: copy.state for copy in backup.copies.all()}


def test_a_backup_is_copied_into_the_other_storages_of_its_plan(database: Database, cloud: Storage) -> None:
    backup = back_up(database)
    assert states(backup) == {"local": "verified", "cloud": "waiting"}

    store_all()

    assert states(backup) == {"local": "verified", "cloud": "verified"}
    assert AuditEvent.objects.order_by("-pk").first().action == "backup.copied"
    assert services.due_copies(at=now()) == []


def test_a_worker_copies_right_after_the_backup(database: Database, cloud: Storage, at_once: None) -> None:
    tasks.carry_out_backup(services.queue_backup(database=database).pk)

    assert states(Backup.objects.get()) == {"local": "verified", "cloud": "verified"}


def test_drills_take_turns_between_the_storages(database: Database, cloud: Storage) -> None:
    backup = back_up(database)
    store_all()

    runs = [drill(backup) for _ in range(2)]

    assert [(run.storage.name, run.verdict) for run in runs] == [("local", "proven"), ("cloud", "proven")]


def test_a_drill_reads_the_next_copy_while_a_storage_is_away(
    database: Database, cloud: Storage, settings: Settings, tmp_path: Path
) -> None:
    backup = back_up(database)
    store_all()
    settings.BACKUP_DIRECTORY = str(tmp_path / "unmounted")

    run = drill(backup)

    assert (run.verdict, run.storage) == (DrillVerdict.PROVEN, cloud)


def test_a_storage_that_fails_is_tried_again_later_each_time(database: Database, cloud: Storage) -> None:
    Storage.objects.filter(pk=cloud.pk).update(bucket="nowhere-at-all")
    backup = back_up(database)
    at = now()

    for minutes in (0, 1, 3):  # after pauses of one minute, then of two
        due_at = at + timedelta(minutes=minutes)
        (copy,) = services.due_copies(at=due_at)
        assert not services.store_copy(copy=copy, clock=partial(datetime.fromtimestamp, due_at.timestamp(), UTC))
        assert services.due_copies(at=due_at + timedelta(seconds=50)) == []

    copy = backup.copies.get(storage=cloud)
    assert (copy.attempts, copy.state, copy.stored_at) == (3, "failed", None)
    assert copy.error.startswith("There is no such bucket: the bucket nowhere-at-all of the storage cloud.")


def test_a_first_storage_that_is_away_does_not_cost_the_backup(
    database: Database, cloud: Storage, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    settings.BACKUP_DIRECTORY = str(tmp_path / "file")

    backup = back_up(database)

    assert states(backup) == {"local": "waiting", "cloud": "verified"}


def test_bytes_that_are_not_those_of_the_backup_are_not_copied(database: Database, cloud: Storage) -> None:
    backup = back_up(database)
    artefact = backup_storage().folder / backup.storage_key / "database.dump.zst"
    artefact.write_bytes(b"other bytes")

    store_all()

    copy = backup.copies.get(storage=cloud)
    assert "is not what the backup wrote, so it was not copied" in copy.error
    assert not any(True for _ in services.open_storage(cloud).objects())


def test_a_copy_that_is_being_written_is_left_to_its_worker(database: Database, cloud: Storage) -> None:
    backup = back_up(database)
    copy = backup.copies.get(storage=cloud)
    assert copy.claim(at=now())

    assert not services.store_copy(copy=BackupCopy.objects.get(pk=copy.pk))

    # That worker died; its lease runs out.
    assert services.store_copy(copy=copy, clock=lambda: now() + LEASE * 2)
    assert copy.attempts == 2


def test_a_storage_may_have_every_byte_read_back(database: Database, cloud: Storage) -> None:
    Storage.objects.filter(pk=cloud.pk).update(reads_back=True)
    backup = back_up(database)

    store_all()

    assert states(backup)["cloud"] == "verified"


def test_the_default_storage_may_have_every_byte_read_back(database: Database) -> None:
    Storage.objects.filter(pk=default_storage().pk).update(reads_back=True)

    assert states(back_up(database)) == {"local": "verified"}
