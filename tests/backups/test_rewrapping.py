"""Stored backups are encrypted anew: the new one is listed before the old one goes, whatever happens."""

import io
import json
import random
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Thread

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from apps.backups import services
from apps.backups.engines import encryption
from apps.backups.engines.s3.storage import S3Storage
from apps.backups.exceptions import StorageFailed
from apps.backups.models import Backup, BackupCopy, Database, DrillVerdict, Plan, Recipient, RewrapRun, Storage
from apps.backups.services import copies, reconciling, rewrapping
from apps.backups.services.plans import default_storage, plan_of
from apps.backups.services.reconciling import reconcile_storage
from apps.backups.services.rewrapping import backups_to_rewrap, carry_out_rewrap, clear_obsolete, queue_rewrap
from apps.backups.services.storing import backup_storage
from apps.catalog.models import Environment
from apps.common.clock import now
from apps.common.runs import LEASE, RunStatus
from tests.backups.buckets import Buckets
from tests.thoroughness import inputs


@pytest.fixture
def database(environment: Environment, settings: Settings, tmp_path: Path) -> Database:
    settings.BACKUP_DIRECTORY = str(tmp_path / "backups")
    settings.BACKUP_SOURCE_DIRECTORIES = [str(tmp_path)]
    with closing(sqlite3.connect(tmp_path / "app.db")) as connection:
        connection.executescript("CREATE TABLE note (body TEXT); INSERT INTO note VALUES ('x')")
    return Database.objects.create(
        environment=environment, name="notes", engine="sqlite", connection_url=f"sqlite://{tmp_path}/app.db"
    )


@pytest.fixture
def second(database: Database, tmp_path: Path) -> Storage:
    """Another folder, as the second storage of the database's plan."""
    (tmp_path / "second").mkdir()
    plan = plan_of(database)
    return plan.storages.create(name="second", folder=str(tmp_path / "second"))


def key(name: str) -> Recipient:
    identity = encryption.make_identity()
    return Recipient.objects.create(name=name, public_key=encryption.public_key_of(identity), identity=identity)


def encrypt_to(database: Database, *keys: Recipient) -> None:
    plan_of(database).recipients.set(keys)


def back_up(database: Database) -> Backup:
    run = services.queue_backup(database=database)
    assert services.carry_out_backup(run=run)
    assert run.status == RunStatus.SUCCEEDED, run.error
    return run.backup


def verdict(database: Database) -> str:
    run = services.queue_drill(database=database)
    assert services.carry_out_drill(run=run)
    return run.outcome


def rewrap(backup: Backup) -> RewrapRun:
    run = queue_rewrap(backup=backup)
    assert carry_out_rewrap(run=run)
    backup.refresh_from_db()
    return run


def stored_folders() -> list[str]:
    return sorted(path.parent.name for path in backup_storage().folder.rglob("manifest.json"))


@pytest.mark.parametrize("is_encrypted", [True, False])
def test_a_backup_is_read_by_the_new_keys_and_no_more_by_the_old(database: Database, is_encrypted: bool) -> None:
    old, new, offline = key("old"), key("new"), key("offline")
    encrypt_to(database, *([old] if is_encrypted else []))
    backup = back_up(database)
    before = backup.storage_key
    encrypt_to(database, new, offline)
    assert backups_to_rewrap(database) == [backup]

    run = rewrap(backup)

    assert (run.status, run.error) == (RunStatus.SUCCEEDED, "")
    assert backup.storage_key != before
    assert stored_folders() == [Path(backup.storage_key).name]
    assert sorted(backup.recipients) == sorted([new.public_key, offline.public_key])
    assert backups_to_rewrap(database) == []
    assert verdict(database) == DrillVerdict.PROVEN
    Recipient.objects.filter(pk__in=[new.pk, offline.pk]).update(identity="")
    assert verdict(database) == DrillVerdict.COULD_NOT_VERIFY


def test_a_plan_may_stop_encrypting(database: Database) -> None:
    encrypt_to(database, key("old"))
    backup = back_up(database)
    encrypt_to(database)

    rewrap(backup)

    assert backup.recipients == []
    assert (backup_storage().folder / backup.storage_key / "database.dump.zst").exists()
    assert verdict(database) == DrillVerdict.PROVEN


def test_a_worker_that_dies_in_between_costs_nothing(database: Database) -> None:
    encrypt_to(database, key("old"))
    backup = back_up(database)
    encrypt_to(database, key("new"))
    run = queue_rewrap(backup=backup)
    assert run.claim(at=now())
    rewrapping._rewrap(run, [])  # and nothing after it: the new objects are whole, and no row lists them
    assert len(stored_folders()) == 2

    assert clear_obsolete(at=now() + timedelta(hours=1)) == 1

    run.refresh_from_db()
    assert run.status == RunStatus.ERRORED
    assert stored_folders() == [Path(backup.storage_key).name]
    assert verdict(database) == DrillVerdict.PROVEN
    assert rewrap(backup).status == RunStatus.SUCCEEDED


def test_the_old_objects_stay_until_the_storage_lets_them_go(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    encrypt_to(database, key("old"))
    backup = back_up(database)
    encrypt_to(database, key("new"))

    def refuse(*args: object) -> None:
        raise StorageFailed("The objects are locked.")

    with monkeypatch.context() as patch:
        patch.setattr(rewrapping, "_delete", refuse)
        run = rewrap(backup)
    assert (run.status, run.cleared_at) == (RunStatus.SUCCEEDED, None)
    assert verdict(database) == DrillVerdict.PROVEN

    assert clear_obsolete(at=now()) == 1
    assert stored_folders() == [Path(backup.storage_key).name]


def test_the_old_objects_stay_while_a_drill_reads_them(database: Database) -> None:
    encrypt_to(database, key("old"))
    backup = back_up(database)
    encrypt_to(database, key("new"))
    drill = services.queue_drill(database=database, backup=backup)

    run = rewrap(backup)
    assert (run.status, run.cleared_at, len(stored_folders())) == (RunStatus.SUCCEEDED, None, 2)

    assert services.carry_out_drill(run=drill)
    assert drill.verdict == DrillVerdict.PROVEN
    assert clear_obsolete(at=now()) == 1


@pytest.mark.parametrize("fault", ["a lost key", "a flipped bit", "a missing artefact"])
def test_what_cannot_be_read_stays_as_it_was(database: Database, fault: str) -> None:
    old = key("old")
    encrypt_to(database, old)
    backup = back_up(database)
    before = backup.storage_key
    encrypt_to(database, key("new"))
    artefact = backup_storage().folder / before / "database.dump.zst.age"
    if fault == "a lost key":
        Recipient.objects.filter(pk=old.pk).update(identity="")
    elif fault == "a flipped bit":
        data = bytearray(artefact.read_bytes())
        data[-3] ^= 1
        artefact.write_bytes(data)
    else:
        artefact.unlink()

    run = rewrap(backup)

    assert run.status == RunStatus.FAILED
    assert run.error
    assert backup.storage_key == before
    assert stored_folders() == [Path(before).name]


def test_the_command_encrypts_what_is_not_yet_as_its_plan_says(database: Database, tmp_path: Path) -> None:
    old = key("old")
    encrypt_to(database, old)
    backup = back_up(database)
    encrypt_to(database, key("new"))
    (tmp_path / "old.key").write_text(old.identity)
    Recipient.objects.filter(pk=old.pk).update(identity="")
    before = backup.storage_key

    assert answer("--dry-run") == {"backups": {before: "waiting"}, "failed": 0}
    with pytest.raises(CommandError, match="1 of 1 backups stayed as they were"):
        call_command("rewrap_backups", stdout=io.StringIO())
    assert answer("notes", "--identity-file", str(tmp_path / "old.key")) == {"backups": {before: "done"}, "failed": 0}
    assert answer() == {"backups": {}, "failed": 0}


def test_the_command_explains_an_unknown_database(database: Database) -> None:
    with pytest.raises(CommandError, match=r"There is no database named nothing\. There are: notes\."):
        call_command("rewrap_backups", "nothing")


def answer(*arguments: str) -> object:
    out = io.StringIO()
    call_command("rewrap_backups", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


@pytest.fixture
def leaving(database: Database) -> Backup:
    """A backup that waits for new keys, and that retention lets go: a newer one is proven."""
    encrypt_to(database, key("old"))
    backup = back_up(database)
    back_up(database)
    assert verdict(database) == DrillVerdict.PROVEN
    Plan.objects.update(keep_newest=1, removal_grace=timedelta(0))
    encrypt_to(database, key("new"))
    return backup


def during(patch: pytest.MonkeyPatch, module: object, name: str, then: Callable[[], object]) -> None:
    """What happens right after the module's function, before whoever called it goes on."""
    real = getattr(module, name)

    def and_then(*args: object, **options: object) -> object:
        result = real(*args, **options)
        then()
        return result

    patch.setattr(module, name, and_then)


def require_listed_and_whole(database: Database) -> None:
    """What is listed is there, what is there is listed, in every storage."""
    for storage in plan_of(database).storages.all():
        listed = BackupCopy.objects.stored().filter(storage=storage, backup__in=database.backups.stored())
        found = {one.key.rpartition("/")[0] for one in services.open_storage(storage).objects()}
        assert found == set(listed.values_list("backup__storage_key", flat=True)), storage


def test_a_backup_that_is_removed_meanwhile_stays_removed(leaving: Backup, monkeypatch: pytest.MonkeyPatch) -> None:
    database = leaving.database
    with monkeypatch.context() as patch:
        during(patch, rewrapping, "rewrap_backup", lambda: services.prune(database=database, at=now()))
        run = rewrap(leaving)

    assert (run.status, leaving.is_stored) == (RunStatus.FAILED, False)
    assert "was removed or moved while it was encrypted anew" in run.error
    require_listed_and_whole(database)


def test_a_removal_takes_the_old_objects_too(leaving: Backup, monkeypatch: pytest.MonkeyPatch) -> None:
    database = leaving.database

    def refuse(*args: object) -> None:
        raise StorageFailed("The objects are locked.")

    with monkeypatch.context() as patch:
        patch.setattr(rewrapping, "_delete", refuse)
        assert rewrap(leaving).status == RunStatus.SUCCEEDED
    services.prune(database=database, at=now())
    assert len(stored_folders()) == 2  # the newer one, and the old objects of the one that is gone

    assert clear_obsolete(at=now()) == 1
    require_listed_and_whole(database)


@pytest.mark.django_db(transaction=True)
def test_whichever_comes_first_what_is_listed_is_whole(leaving: Backup) -> None:
    database, chance, seconds = leaving.database, random.Random(20261120), 0.0  # noqa: S311
    for number in range(inputs(60)):
        run, started = queue_rewrap(backup=database.backups.stored().order_by("snapshot_at")[0]), time.monotonic()
        removal = Thread(target=prune_after, args=[database, chance.uniform(0, seconds)])
        removal.start()
        carry_out_rewrap(run=run)
        seconds = time.monotonic() - started
        removal.join()
        clear_obsolete(at=now())
        require_listed_and_whole(database)
        assert run.status in {RunStatus.SUCCEEDED, RunStatus.FAILED}

        Plan.objects.update(keep_newest=2)
        back_up(database)
        assert verdict(database) == DrillVerdict.PROVEN
        Plan.objects.update(keep_newest=1)
        encrypt_to(database, key(f"key-{number}"))


def prune_after(database: Database, seconds: float) -> None:
    time.sleep(seconds)
    try:
        services.prune(database=database, at=now())
    finally:
        connection.close()


def test_a_copy_that_is_stored_meanwhile_is_not_taken_for_one_of_the_new(
    database: Database, second: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    encrypt_to(database, key("old"))
    backup = back_up(database)
    encrypt_to(database, key("new"))

    with monkeypatch.context() as patch:
        during(patch, rewrapping, "rewrap_backup", lambda: services.store_copy(copy=backup.copies.get(storage=second)))
        run = rewrap(backup)

    assert (run.status, "was copied to another storage" in run.error) == (RunStatus.FAILED, True), run.error
    require_listed_and_whole(database)
    assert rewrap(backup).status == RunStatus.SUCCEEDED
    require_listed_and_whole(database)


def test_a_copy_of_what_was_encrypted_anew_meanwhile_is_made_again(
    database: Database, second: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    encrypt_to(database, key("old"))
    backup = back_up(database)
    encrypt_to(database, key("new"))
    copy, later = backup.copies.get(storage=second), now() + 2 * LEASE  # its worker stalls, and goes on

    with monkeypatch.context() as patch:
        rewrapping_it = partial(carry_out_rewrap, run=queue_rewrap(backup=backup), clock=lambda: later)
        during(patch, copies, "copy_backup", rewrapping_it)
        assert not services.store_copy(copy=copy)

    assert "was encrypted anew while it was copied" in copy.error
    require_listed_and_whole(database)
    assert services.store_copy(copy=copy, clock=lambda: later + LEASE)
    require_listed_and_whole(database)


def test_a_listing_that_began_before_the_new_key_finds_nothing_lost(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    encrypt_to(database, key("old"))
    backup = back_up(database)
    encrypt_to(database, key("new"))

    with monkeypatch.context() as patch:
        real = reconciling.open_storage
        patch.setattr(reconciling, "open_storage", lambda storage: (rewrap(backup), real(storage))[1])
        found = reconcile_storage(storage=default_storage(), at=now())

    backup.refresh_from_db()
    assert (found, backup.lost_at) == ([], None)


def test_what_a_re_encryption_left_behind_is_removed_with_the_orphans(database: Database) -> None:
    encrypt_to(database, key("old"))
    backup = back_up(database)
    encrypt_to(database, key("new"))
    assert rewrap(backup).status == RunStatus.SUCCEEDED
    folder = backup_storage().folder
    shutil.copytree(folder / backup.storage_key, folder / f"{backup.storage_key[:-1]}7")

    reconcile_storage(storage=default_storage(), at=now() + timedelta(days=2))

    require_listed_and_whole(database)


def test_in_a_bucket_too_the_new_one_is_there_before_the_old_one_goes(
    database: Database, s3: S3Storage, buckets: Buckets
) -> None:
    plan_of(database).storages.set([buckets.row(s3)])
    encrypt_to(database, key("old"))
    backup = back_up(database)
    encrypt_to(database, key("new"))

    run = rewrap(backup)

    assert (run.status, run.error) == (RunStatus.SUCCEEDED, "")
    require_listed_and_whole(database)
    assert verdict(database) == DrillVerdict.PROVEN
