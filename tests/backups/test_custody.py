"""Who can decrypt backups: keys of plans, keys at hand, keys that are lost."""

import pytest

from apps.backups import services
from apps.backups.engines import encryption
from apps.backups.models import Backup, Database, DrillRun, DrillVerdict, Recipient
from apps.backups.services.plans import plan_of
from apps.backups.services.storing import backup_storage
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


def public_key() -> str:
    return encryption.public_key_of(encryption.make_identity())
