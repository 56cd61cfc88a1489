"""Backups are listed again from what lies in the storage."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.audit.models import AuditEvent
from apps.backups import services
from apps.backups.engines import encryption
from apps.backups.models import Backup, BackupCopy, BackupRun, Database, DrillVerdict, Recipient, Storage
from apps.backups.services.plans import default_storage, plan_of
from apps.backups.services.storing import backup_storage


def back_up(database: Database) -> Backup:
    run = services.queue_backup(database=database)
    assert services.carry_out_backup(run=run)
    return run.backup


def forget_everything() -> None:
    """As after the loss of Seaworthy's own database; the storage is left."""
    for model in (BackupCopy, Backup, BackupRun, Recipient):
        model.objects.all().delete()


@pytest.mark.django_db
def test_what_was_listed_before_the_loss_is_listed_again_and_proven(database: Database) -> None:
    identity = encryption.make_identity()
    recipient = Recipient.objects.create(name="held", public_key=encryption.public_key_of(identity), identity=identity)
    plan_of(database).recipients.add(recipient)
    before = back_up(database)
    forget_everything()

    adopted = services.adopt_backups(storage=default_storage())

    (after,) = adopted.listed
    fields = [
        "storage_key",
        "sha256",
        "manifest_sha256",
        "snapshot_at",
        "rows",
        "recipients",
        "companions",
        "fingerprint",
    ]
    assert [getattr(after, name) for name in fields] == [getattr(before, name) for name in fields]
    assert AuditEvent.objects.filter(action="backup.adopted").count() == 1
    Recipient.objects.create(name="held", public_key=recipient.public_key, identity=identity)
    run = services.queue_drill(database=database)
    assert services.carry_out_drill(run=run)
    assert (run.verdict, run.findings) == (DrillVerdict.PROVEN, [])
    assert services.adopt_backups(storage=default_storage()).listed == []


def test_what_is_not_whole_is_passed_over_with_a_reason(database: Database) -> None:
    backup = back_up(database)
    forget_everything()
    folder = backup_storage().folder
    places = {"cut": "shop/cut", "damaged": "shop/damaged", "stranger": "other/1"}
    for place in places.values():
        copy(folder / backup.storage_key, folder / place)
    artefact = folder / "shop/cut/database.dump.zst"
    artefact.write_bytes(artefact.read_bytes()[:-1])
    (folder / "shop/damaged/manifest.json").write_text("{")

    adopted = services.adopt_backups(storage=default_storage())

    assert [one.storage_key for one in adopted.listed] == [backup.storage_key]
    assert {prefix: reason.split(".")[0] for prefix, reason in adopted.passed_over.items()} == {
        "other/1": "There is no database named other",
        "shop/cut": "database",
        "shop/damaged": "manifest",
    }


def copy(source: Path, target: Path) -> None:
    target.mkdir(parents=True)
    for path in source.iterdir():
        (target / path.name).write_bytes(path.read_bytes())


def test_the_command_says_what_it_listed(database: Database) -> None:
    backup = back_up(database)
    forget_everything()
    out = io.StringIO()

    call_command("adopt_backups", "local", "--json", stdout=out)

    assert json.loads(out.getvalue()) == {"listed": [backup.storage_key], "passed_over": {}}


def test_the_command_explains_an_unknown_storage(database: Database) -> None:
    Storage.objects.create(name="offsite")

    with pytest.raises(CommandError, match=r"There is no storage named nowhere\. There are: offsite\."):
        call_command("adopt_backups", "nowhere")
