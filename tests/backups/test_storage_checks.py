"""What is wrong with a storage is found before it is needed."""

from datetime import timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from apps.accounts.models import Notice, User
from apps.audit.models import AuditEvent
from apps.backups import services
from apps.backups.engines.s3.rules import expiring_rule
from apps.backups.engines.s3.storage import S3Storage
from apps.backups.engines.storage import LocalStorage
from apps.backups.models import Backup, BackupRun, Database, Storage
from apps.backups.services.plans import default_storage, plan_of
from apps.backups.services.storing import backup_storage
from apps.common.clock import now
from apps.common.runs import RunStatus
from tests.backups.buckets import Buckets


def check(storage: Storage) -> list[str]:
    return [finding.id for finding in services.check_storage(storage=storage, at=now())]


def back_up(database: Database) -> Backup:
    run = services.queue_backup(database=database)
    services.carry_out_backup(run=run)
    return run.backup


def test_a_good_bucket_has_no_findings(buckets: Buckets, s3: S3Storage, db: None) -> None:
    assert check(buckets.row(s3)) == []
    assert [found.key for found in s3.objects()] == []


def test_a_locked_bucket_keeps_what_is_locked(buckets: Buckets, s3: S3Storage, db: None) -> None:
    assert check(buckets.row(buckets.make(locked_days=1))) == []


def test_a_bucket_that_does_not_lock_is_no_place_for_locked_backups(buckets: Buckets, s3: S3Storage, db: None) -> None:
    storage = buckets.row(s3)
    Storage.objects.filter(pk=storage.pk).update(locked_days=7)

    assert "storage-not-locking" in check(Storage.objects.get())


def test_a_lock_that_the_access_key_may_bypass_is_found(buckets: Buckets, s3: S3Storage, db: None) -> None:
    storage = buckets.row(buckets.make(locked_days=1, lock_mode="GOVERNANCE"))

    assert check(storage) == ["storage-lock-bypassable"]


def test_rules_that_would_remove_backups_are_found(buckets: Buckets, s3: S3Storage, db: None) -> None:
    rule = {"ID": "tidy", "Status": "Enabled", "Filter": {"Prefix": "seaworthy/"}, "Expiration": {"Days": 30}}
    s3.client.put_bucket_lifecycle_configuration(Bucket=s3.bucket.name, LifecycleConfiguration={"Rules": [rule]})

    storage = buckets.row(s3)

    assert check(storage) == ["storage-expires-backups"]
    assert "The lifecycle rule tidy of the bucket" in storage.check_findings[0]["message"]


@pytest.mark.parametrize(
    ("change", "is_found"),
    [
        ({}, True),
        ({"Status": "Disabled"}, False),
        ({"Filter": {"Prefix": "logs/"}}, False),
        ({"Filter": {"Prefix": ""}}, True),
        ({"Filter": {"And": {"Prefix": "", "Tags": [{"Key": "a", "Value": "b"}]}}}, False),
        ({"Expiration": {"ExpiredObjectDeleteMarker": True}}, False),
        ({"Expiration": {}, "Transitions": [{"Days": 1, "StorageClass": "DEEP_ARCHIVE"}]}, True),
        ({"Expiration": {}, "Transitions": [{"Days": 1, "StorageClass": "STANDARD_IA"}]}, False),
    ],
)
def test_which_rules_take_backups_away(change: dict, is_found: bool) -> None:
    rule = {"ID": "tidy", "Status": "Enabled", "Filter": {"Prefix": "seaworthy/"}, "Expiration": {"Days": 30}} | change
    assert (expiring_rule([rule], "seaworthy/") == "tidy") is is_found


def test_a_bucket_that_is_not_there_is_told_once(buckets: Buckets, s3: S3Storage, olga: User) -> None:
    storage = buckets.row(s3)
    Storage.objects.filter(pk=storage.pk).update(bucket="nowhere-at-all")
    storage.refresh_from_db()

    assert check(storage) == check(storage) == ["storage-unreachable"]

    assert [notice.recipient for notice in Notice.objects.all()] == [olga]
    assert AuditEvent.objects.filter(action="storage.checked").count() == 2


def test_an_endpoint_inside_is_not_asked_unless_it_is_allowed(
    buckets: Buckets, s3: S3Storage, settings: Settings, db: None
) -> None:
    storage = buckets.row(s3)
    settings.DIALLING_ALLOWED_NETWORKS = []

    assert check(storage) == ["storage-unreachable"]
    message = storage.check_findings[0]["message"]
    assert "is not asked: 127.0.0.1 is not a public address" in message
    assert "wJalrXUtnFEMI" not in message


def test_a_folder_is_written_to_and_cleared(db: None, settings: Settings, tmp_path: Path) -> None:
    settings.BACKUP_DIRECTORY = str(tmp_path / "backups")

    assert set(check(default_storage())) <= {"storage-nearly-full"}  # the disk of the tests is as it is
    assert list((tmp_path / "backups").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_found(db: None, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    settings.BACKUP_DIRECTORY = str(tmp_path / "file")

    assert check(default_storage())[0] in {"storage-not-writable", "storage-unreachable"}


def test_a_backup_that_vanished_is_listed_no_more_until_it_is_back(database: Database, olga: User) -> None:
    backup = back_up(database)
    folder = backup_storage().folder / backup.storage_key
    folder.rename(folder.with_name("elsewhere"))

    assert "storage-backups-missing" in check(default_storage())

    assert not Backup.objects.stored().exists()
    assert backup.copies.get().state == "lost"
    assert Notice.objects.filter(subject="The storage local: storage-backups-missing").exists()

    folder.with_name("elsewhere").rename(folder)
    assert "storage-backups-missing" not in check(default_storage())
    assert list(Backup.objects.stored()) == [backup]


def test_an_artefact_that_was_cut_short_is_missing_too(database: Database) -> None:
    backup = back_up(database)
    artefact = backup_storage().folder / backup.storage_key / "database.dump.zst"
    artefact.write_bytes(artefact.read_bytes()[:-1])

    assert "storage-backups-missing" in check(default_storage())


def test_what_another_storage_still_has_is_copied_again(database: Database, buckets: Buckets, s3: S3Storage) -> None:
    plan_of(database).storages.add(buckets.row(s3))
    backup = back_up(database)
    (copy,) = services.due_copies(at=now())
    services.store_copy(copy=copy)
    s3.delete(backup.storage_key)

    assert check(copy.storage) == ["storage-backups-missing"]
    assert list(Backup.objects.stored()) == [backup]
    (copy,) = services.due_copies(at=now())
    assert services.store_copy(copy=copy)

    assert check(copy.storage) == []
    assert copy.state == "verified"


def test_what_a_dead_run_left_is_removed_after_a_day(database: Database) -> None:
    run = BackupRun.objects.create(
        database=database, status=RunStatus.ERRORED, queued_at=now(), finished_at=now(), fence=1
    )
    storage = LocalStorage(backup_storage().folder)
    for prefix in (run.storage_key, "shop/20260101T000000Z-999999-1", "another/backup"):
        with storage.write(f"{prefix}/manifest.json") as file:
            file.write(b"{}")

    services.check_storage(storage=default_storage(), at=now())
    assert len([*storage.objects()]) == 3
    services.check_storage(storage=default_storage(), at=now() + timedelta(days=2))

    # Of the others nobody here knows whose they are.
    assert [found.key for found in storage.objects()] == [
        "another/backup/manifest.json",
        "shop/20260101T000000Z-999999-1/manifest.json",
    ]
    assert AuditEvent.objects.filter(action="storage.orphan_removed").count() == 1


def test_uploads_that_were_never_finished_are_swept(database: Database, tmp_path: Path) -> None:
    storage = backup_storage()
    unfinished = storage.folder / "shop" / "1" / "dump.0123abcd.unfinished"
    unfinished.parent.mkdir(parents=True)
    unfinished.write_bytes(b"half")
    default_storage()

    services.check_storages(at=now())
    assert unfinished.exists()
    services.check_storages(at=now() + timedelta(days=3))

    assert not unfinished.exists()
    assert AuditEvent.objects.filter(action="storage.swept").exists()
