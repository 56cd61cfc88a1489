"""Retention at work: let go, taken back, held, removed in two phases, seen to be gone, tried again."""

import json
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from apps.accounts.models import Notice, User
from apps.audit.models import AuditEvent
from apps.backups import services
from apps.backups.engines.storage import LocalStorage
from apps.backups.exceptions import HoldRefused, NothingToDrill, StorageFailed
from apps.backups.models import Backup, Database, DrillRun, DrillVerdict, Plan, Storage
from apps.backups.services import removing, room
from apps.backups.services.holding import hold_backup, release_backup
from apps.backups.services.plans import plan_of
from apps.backups.services.removing import prune, remove_copies
from apps.backups.services.retention import look_ahead
from apps.backups.services.room import make_room
from apps.backups.services.storing import backup_storage
from apps.catalog.models import Environment
from apps.common.runs import RunStatus
from tests.backups.keeping import DAY, HOUR, NOW
from tests.backups.test_commands import run


def is_there(backup: Backup) -> bool:
    return (backup_storage().folder / backup.storage_key).exists()


def events(backup: Backup) -> list[str]:
    found = AuditEvent.objects.filter(subject_type="backups.backup", subject_id=backup.pk).order_by("pk")
    return list(found.values_list("action", flat=True))


def test_what_goes_is_marked_then_removed_when_its_grace_is_over(ledger: Database, nightly: list[Backup]) -> None:
    prune(database=ledger, at=NOW)

    old = nightly[4]
    old.refresh_from_db()
    assert (old.removal_asked_at, old.removal_reason, old.is_stored) == (NOW, "no rule keeps it", True)
    assert is_there(old)
    prune(database=ledger, at=NOW + 23 * HOUR)
    assert is_there(old)

    prune(database=ledger, at=NOW + 24 * HOUR)

    old.refresh_from_db()
    assert (old.removal_began_at, old.removed_at) == (NOW + DAY, NOW + DAY)
    assert [is_there(one) for one in nightly] == [True, True, False, False, False]
    assert events(old) == ["backup.let_go", "backup.removal_began", "backup.removed"]
    assert Backup.objects.count() == 5


def test_pruning_again_changes_nothing(ledger: Database, nightly: list[Backup]) -> None:
    prune(database=ledger, at=NOW)
    before = AuditEvent.objects.count()

    prune(database=ledger, at=NOW + HOUR)

    assert AuditEvent.objects.count() == before


def test_a_more_generous_plan_takes_back_what_was_let_go(ledger: Database, nightly: list[Backup]) -> None:
    prune(database=ledger, at=NOW)
    Plan.objects.update(keep_newest=9)
    prune(database=ledger, at=NOW + DAY)

    assert not Backup.objects.let_go().exists()
    assert all(is_there(one) for one in nightly)
    assert events(nightly[4]) == ["backup.let_go", "backup.taken_back"]


def test_looking_ahead_says_why_and_what_it_frees(ledger: Database, nightly: list[Backup]) -> None:
    outlook = look_ahead(database=ledger, at=NOW)

    assert [one.why for one in outlook.judged] == [
        "the newest copy; newest 1 of 2",
        "proven floor; newest 2 of 2",
        *["no rule keeps it"] * 3,
    ]
    assert (outlook.freed_bytes, outlook.frozen_because) == (300, "")
    assert not Backup.objects.let_go().exists()


def test_a_hold_takes_back_and_lasts(ledger: Database, nightly: list[Backup], olga: User) -> None:
    prune(database=ledger, at=NOW)
    hold_backup(backup=nightly[4], until=NOW + 9 * DAY, reason="The auditors ask for it", at=NOW, actor=olga)
    assert nightly[4].removal_asked_at is None

    prune(database=ledger, at=NOW + DAY)

    assert [is_there(one) for one in nightly] == [True, True, False, False, True]
    assert release_backup(backup=nightly[4], actor=olga)
    assert not release_backup(backup=nightly[4], actor=olga)
    prune(database=ledger, at=NOW + DAY, at_once=True)
    assert not is_there(nightly[4])
    assert events(nightly[4])[:3] == ["backup.let_go", "backup.held", "backup.released"]


@pytest.mark.parametrize(("until", "reason"), [(NOW, "why"), (NOW + DAY, "  ")])
def test_a_hold_needs_an_end_and_a_reason(nightly: list[Backup], until: datetime, reason: str) -> None:
    with pytest.raises(HoldRefused):
        hold_backup(backup=nightly[0], until=until, reason=reason, at=NOW)


def test_what_is_being_removed_cannot_be_held_nor_drilled(ledger: Database, nightly: list[Backup]) -> None:
    prune(database=ledger, at=NOW, at_once=True)

    with pytest.raises(HoldRefused, match="being removed already"):
        hold_backup(backup=nightly[4], until=NOW + DAY, reason="why", at=NOW)
    with pytest.raises(NothingToDrill):
        services.queue_drill(database=ledger, backup=nightly[4])


def test_what_is_being_drilled_stays(ledger: Database, nightly: list[Backup]) -> None:
    services.queue_drill(database=ledger, backup=nightly[4])

    prune(database=ledger, at=NOW, at_once=True)

    assert [is_there(one) for one in nightly] == [True, True, False, False, True]


def test_nothing_goes_while_nothing_is_proven_and_operators_are_told_once(
    ledger: Database, olga: User, nightly: list[Backup]
) -> None:
    DrillRun.objects.all().delete()
    for hour in range(3):
        prune(database=ledger, at=NOW + hour * HOUR, at_once=True)

    assert all(is_there(one) for one in nightly)
    assert plan_of(ledger).frozen_because.startswith("No backup has been proven yet")
    assert Notice.objects.filter(recipient=olga, key__startswith="retention-frozen").count() == 1
    assert AuditEvent.objects.filter(action="retention.frozen").count() == 1

    drilled = {"status": RunStatus.SUCCEEDED, "verdict": DrillVerdict.PROVEN, "rto_seconds": 1.0, "finished_at": NOW}
    DrillRun.objects.create(database=ledger, backup=nightly[0], **drilled)
    prune(database=ledger, at=NOW + 4 * HOUR)
    assert plan_of(ledger).frozen_because == ""
    assert AuditEvent.objects.filter(action="retention.resumed").count() == 1


def test_a_storage_that_refuses_is_asked_again_later(
    ledger: Database, nightly: list[Backup], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(storage: LocalStorage, prefix: str) -> None:
        raise StorageFailed("The storage says no.")

    with monkeypatch.context() as patch:
        patch.setattr(LocalStorage, "delete", refuse)
        prune(database=ledger, at=NOW, at_once=True)
    copy = nightly[4].copies.get()
    assert (copy.error, copy.removal_attempts, copy.removed_at) == ("The storage says no.", 1, None)
    assert copy.removal_due_at == NOW + timedelta(minutes=5)
    nightly[4].refresh_from_db()
    assert (nightly[4].is_stored, nightly[4].removed_at) == (False, None)

    assert remove_copies(database=ledger, at=NOW + timedelta(minutes=4)) == []
    assert len(remove_copies(database=ledger, at=NOW + timedelta(minutes=5))) == 3
    assert not is_there(nightly[4])


def test_a_deletion_is_believed_only_when_the_listing_is_empty(
    ledger: Database, nightly: list[Backup], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LocalStorage, "delete", lambda storage, prefix: None)

    prune(database=ledger, at=NOW, at_once=True)

    assert "still lists" in nightly[4].copies.get().error
    assert Backup.objects.filter(removed_at__isnull=False).count() == 0


def test_a_locked_copy_waits_until_its_lock_ends(ledger: Database, nightly: list[Backup]) -> None:
    Storage.objects.update(kind="s3", bucket="locked", locked_days=30)

    prune(database=ledger, at=NOW, at_once=True)

    assert is_there(nightly[4])
    assert nightly[4].copies.get().removal_due_at == NOW + 26 * DAY
    Storage.objects.update(kind="folder", bucket="", locked_days=0)
    remove_copies(database=ledger, at=NOW + 26 * DAY)
    assert not is_there(nightly[4])


def test_one_database_that_breaks_does_not_stop_the_others(
    ledger: Database, nightly: list[Backup], environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    Database.objects.create(environment=environment, name="aaa", connection_url="postgresql:///aaa")
    look = removing.mark_backups

    def break_first(*, database: Database, at: datetime) -> object:
        if database.name == "aaa":
            raise ZeroDivisionError
        return look(database=database, at=at)

    monkeypatch.setattr(removing, "mark_backups", break_first)
    services.prune_all(at=NOW)

    assert Backup.objects.let_go().count() == 3


def test_the_database_refuses_a_removal_that_nobody_asked_for(nightly: list[Backup]) -> None:
    with pytest.raises(IntegrityError, match="removal_was_asked"), transaction.atomic():
        Backup.objects.update(removal_began_at=NOW)
    with pytest.raises(IntegrityError, match="hold_has_reason"), transaction.atomic():
        Backup.objects.update(held_until=NOW)


def test_the_command_looks_ahead_and_prunes(ledger: Database, nightly: list[Backup]) -> None:
    code, said = run("prune", "ledger", "--dry-run", "--json")
    report = json.loads(said)
    assert (code, report["freed_bytes"], report["frozen_because"]) == (0, 300, "")
    assert [one["stays"] for one in report["backups"]] == [True, True, False, False, False]
    assert not Backup.objects.let_go().exists()

    assert "3 backups (300 B) go" in run("prune", "ledger")[1]
    assert Backup.objects.let_go().count() == 3
    run("prune", "ledger", "--at-once")
    assert Backup.objects.filter(removed_at__isnull=False).count() == 3
    assert run("prune", "nowhere")[0] == 2


def test_a_storage_that_is_nearly_full_is_pruned_without_grace_before_a_backup(
    ledger: Database, nightly: list[Backup], monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = plan_of(ledger).storages.get()
    make_room(database=ledger, storage=storage, at=NOW)
    assert all(is_there(one) for one in nightly)

    monkeypatch.setattr(room, "SPARE_BYTES", 1 << 60)
    services.carry_out_backup(run=services.queue_backup(database=ledger), clock=lambda: NOW)

    assert [is_there(one) for one in nightly] == [True, True, False, False, False]
