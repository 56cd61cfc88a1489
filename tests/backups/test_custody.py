"""Who can decrypt backups: keys of plans, keys at hand, keys that are lost."""

import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import Notice, User
from apps.audit.models import AuditEvent
from apps.backups import services
from apps.backups.engines import encryption
from apps.backups.models import Backup, Database, DrillRun, DrillVerdict, Operation, Recipient, Schedule
from apps.backups.services.plans import plan_of
from apps.backups.services.storing import backup_storage
from apps.catalog.models import Team
from apps.common.clock import now
from apps.common.runs import RunStatus


def add_recipient(database: Database, name: str, *, is_held: bool = True) -> tuple[Recipient, str]:
    identity = encryption.make_identity()
    recipient = Recipient.objects.create(
        name=name,
        public_key=encryption.public_key_of(identity),
        is_offline=not is_held,
        identity=identity if is_held else "",
    )
    plan_of(database).recipients.add(recipient)
    return recipient, identity


def back_up(database: Database) -> Backup:
    run = services.queue_backup(database=database)
    assert services.carry_out_backup(run=run)
    assert run.status == RunStatus.SUCCEEDED, run.error
    return run.backup


def drill(database: Database) -> DrillRun:
    run = services.queue_drill(database=database)
    assert services.carry_out_drill(run=run)
    return run


def test_an_encrypted_backup_is_proven_with_a_key_that_is_kept_here(database: Database) -> None:
    held, _ = add_recipient(database, "held")
    offline, _ = add_recipient(database, "offline", is_held=False)
    Recipient.objects.create(name="gone", public_key=public_key(), retired_at=now())
    plan_of(database).recipients.add(Recipient.objects.get(name="gone"))

    backup = back_up(database)
    run = drill(database)

    assert backup.recipients == [held.public_key, offline.public_key]
    assert (run.verdict, run.findings) == (DrillVerdict.PROVEN, [])
    assert [name for name, _ in run.stage_rows] == ["fetch", "decrypt", "decompress", "start", "restore", "compare"]
    folder = backup_storage().folder / backup.storage_key
    assert (folder / "database.dump.zst.age").read_bytes().startswith(b"age-encryption.org/v1\n")


def test_a_retired_key_still_decrypts_what_it_was_for(database: Database) -> None:
    held, _ = add_recipient(database, "held")
    back_up(database)
    Recipient.objects.filter(pk=held.pk).update(retired_at=now())

    assert drill(database).verdict == DrillVerdict.PROVEN


@pytest.mark.parametrize("is_known", [True, False])
def test_a_backup_that_no_key_at_hand_decrypts_could_not_be_verified(database: Database, is_known: bool) -> None:
    offline, _ = add_recipient(database, "offline", is_held=False)
    back_up(database)
    if not is_known:
        offline.delete()

    run = drill(database)

    assert run.verdict == DrillVerdict.COULD_NOT_VERIFY
    assert [finding["id"] for finding in run.findings] == ["key-missing"]
    assert offline.public_key in run.findings[0]["message"]


def test_a_custody_drill_goes_through_the_escrow_alone(database: Database, tmp_path: Path) -> None:
    held, _ = add_recipient(database, "held")
    offline, identity = add_recipient(database, "offline", is_held=False)
    keep_in_escrow(offline, tmp_path / "escrow.key", f"# for the day when all else is lost\n{identity}\n")
    backup = back_up(database)

    run = services.queue_custody_drill(database=database)
    assert services.carry_out_drill(run=run)

    assert (run.verdict, run.findings, run.backup) == (DrillVerdict.PROVEN, [], backup)
    assert (run.is_custody, run.recipient) == (True, offline)
    offline.refresh_from_db()
    assert offline.proven_at is not None
    assert Recipient.objects.get(pk=held.pk).proven_at is None
    assert AuditEvent.objects.filter(action="recipient.proven").count() == 1


@pytest.mark.parametrize("found", ["", "no key", "another key", "gone"])
def test_a_lost_escrow_is_loud(database: Database, olga: User, tmp_path: Path, found: str) -> None:
    add_recipient(database, "held")
    offline, _ = add_recipient(database, "offline", is_held=False)
    escrow = tmp_path / "escrow.key"
    keep_in_escrow(offline, escrow, encryption.make_identity() if found == "another key" else found)
    if found == "gone":
        escrow.unlink()
    own(database, olga)
    back_up(database)

    run = services.queue_custody_drill(database=database)
    assert services.carry_out_drill(run=run)

    assert run.verdict == DrillVerdict.COULD_NOT_VERIFY
    assert [finding["id"] for finding in run.findings] == ["key-missing"]
    assert Recipient.objects.get(name="offline").proven_at is None
    notice = Notice.objects.get(recipient=olga)
    assert notice.subject == "shop: no key decrypts the backup"
    assert run.findings[0]["message"] in notice.text


def test_keys_take_turns_the_longest_unproven_first(database: Database, tmp_path: Path) -> None:
    keys = [add_recipient(database, name)[0] for name in ("first", "second", "third")]
    for key, proven_at in zip(keys, [now(), now() - timedelta(days=3), None], strict=True):
        Recipient.objects.filter(pk=key.pk).update(proven_at=proven_at, identity_file=str(tmp_path / key.name))

    assert services.queue_custody_drill(database=database).recipient == keys[2]


def test_a_scheduled_custody_drill_without_any_escrow_fails_aloud(database: Database) -> None:
    add_recipient(database, "held")
    schedule = Schedule.objects.create(
        database=database, operation=Operation.CUSTODY, interval=timedelta(days=30), starts_at=now()
    )

    (run,) = services.queue_due_runs(at=now())
    assert services.carry_out_drill(run=run)

    assert (run.schedule, run.is_custody, run.status) == (schedule, True, RunStatus.FAILED)
    assert run.outcome == DrillVerdict.COULD_NOT_VERIFY
    assert "names the file of its escrowed identity" in run.error


@pytest.mark.parametrize("how", ["file", "stdin", "name"])
def test_the_command_drills_with_a_key_that_a_person_brings(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    offline, identity = add_recipient(database, "offline", is_held=False)
    (tmp_path / "key").write_text(identity)
    keep_in_escrow(offline, tmp_path / "key", identity)
    monkeypatch.setattr("sys.stdin", io.StringIO(identity))
    back_up(database)
    options = {"file": ["--identity-file", str(tmp_path / "key")], "stdin": ["--identity-stdin"]}
    out = io.StringIO()

    call_command("drill", "shop", *options.get(how, ["--recipient", "offline"]), "--json", stdout=out)

    answer = json.loads(out.getvalue())
    assert (answer["verdict"], answer["key"]) == ("proven", "offline")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--recipient", "nobody"], "There is no key named nobody. There are: held."),
        (["--identity-file", "/nowhere/key"], "The escrowed identity cannot be read from /nowhere/key: No such file"),
        (["--identity-stdin"], "which is no key under Backups, Keys"),
    ],
)
def test_the_command_explains_what_key_it_cannot_use(
    database: Database, monkeypatch: pytest.MonkeyPatch, arguments: list[str], sentence: str
) -> None:
    add_recipient(database, "held")
    monkeypatch.setattr("sys.stdin", io.StringIO(encryption.make_identity()))

    with pytest.raises(CommandError, match=sentence) as refusal:
        call_command("drill", "shop", *arguments)

    assert refusal.value.returncode == 2


def keep_in_escrow(recipient: Recipient, path: Path, text: str) -> None:
    path.write_text(text)
    Recipient.objects.filter(pk=recipient.pk).update(identity_file=str(path))


def own(database: Database, person: User) -> None:
    service = database.environment.service
    service.owner = Team.objects.create(name="Keepers")
    service.owner.members.add(person)
    service.save()


def public_key() -> str:
    return encryption.public_key_of(encryption.make_identity())
