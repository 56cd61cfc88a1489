"""Stored backups are encrypted anew: the new one is listed before the old one goes, whatever happens."""

import io
import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from apps.backups import services
from apps.backups.engines import encryption
from apps.backups.exceptions import StorageFailed
from apps.backups.models import Backup, Database, DrillVerdict, Recipient, RewrapRun
from apps.backups.services import rewrapping
from apps.backups.services.plans import plan_of
from apps.backups.services.rewrapping import backups_to_rewrap, carry_out_rewrap, clear_obsolete, queue_rewrap
from apps.backups.services.storing import backup_storage
from apps.catalog.models import Environment
from apps.common.clock import now
from apps.common.runs import RunStatus


@pytest.fixture
def database(environment: Environment, settings: Settings, tmp_path: Path) -> Database:
    settings.BACKUP_DIRECTORY = str(tmp_path / "backups")
    settings.BACKUP_SOURCE_DIRECTORIES = [str(tmp_path)]
    with closing(sqlite3.connect(tmp_path / "app.db")) as connection:
        connection.executescript("CREATE TABLE note (body TEXT); INSERT INTO note VALUES ('x')")
    return Database.objects.create(
        environment=environment, name="notes", engine="sqlite", connection_url=f"sqlite://{tmp_path}/app.db"
    )


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
