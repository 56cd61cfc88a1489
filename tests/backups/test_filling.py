"""A plan gains a storage: its proven backups go there too, in small pieces, the newest first."""

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from apps.audit.models import AuditEvent
from apps.backups import services, tasks
from apps.backups.models import Backup, BackupCopy, Database, DrillRun, DrillVerdict, Storage
from apps.backups.services import filling
from apps.backups.services.plans import plan_of
from apps.common.clock import now
from apps.common.runs import RunStatus
from tests.backups.keeping import DAY, NOW, make_backup
from tests.backups.test_admin import text_of


@pytest.fixture
def history(ledger: Database) -> list[Backup]:
    """Six nights, the newest first; all but the newest are proven."""
    return [make_backup(ledger, NOW - night * DAY, verdict="proven" if night else "") for night in range(6)]


@pytest.fixture
def gained(ledger: Database, history: list[Backup], tmp_path: Path) -> Storage:
    """A second storage of the plan, which was not there when the backups were taken."""
    (tmp_path / "gained").mkdir()
    return plan_of(ledger).storages.create(name="gained", folder=str(tmp_path / "gained"))


def wanted(storage: Storage) -> list[Backup]:
    return [copy.backup for copy in BackupCopy.objects.wanted().filter(storage=storage).order_by("pk")]


def test_proven_backups_are_wanted_a_few_at_a_time_and_the_newest_first(history: list[Backup], gained: Storage) -> None:
    assert services.want_older_copies() == filling.AT_ONCE
    assert wanted(gained) == history[1:4]
    assert services.want_older_copies() == 0
    assert AuditEvent.objects.filter(action="storage.copies_wanted").count() == 1

    BackupCopy.objects.wanted().update(stored_at=NOW)
    assert services.want_older_copies() == 2
    assert wanted(gained) == history[4:]
    BackupCopy.objects.wanted().update(stored_at=NOW)
    assert services.want_older_copies() == 0


def test_copies_that_fail_again_and_again_do_not_hold_up_the_others(history: list[Backup], gained: Storage) -> None:
    services.want_older_copies()
    BackupCopy.objects.wanted().update(attempts=filling.STUCK_AFTER)

    assert services.want_older_copies() == 2
    assert wanted(gained) == history[1:]


def test_what_retention_lets_go_stays_where_it_is(history: list[Backup], gained: Storage) -> None:
    for backup in history[2:]:
        assert backup.let_go("It is old.", at=NOW)

    assert services.want_older_copies() == 1
    assert wanted(gained) == [history[1]]


def test_a_storage_of_other_plans_or_at_rest_gets_nothing(history: list[Backup], gained: Storage) -> None:
    Storage.objects.create(name="elsewhere", folder="/elsewhere")
    Storage.objects.filter(pk=gained.pk).update(is_enabled=False)

    assert services.want_older_copies() == 0


def test_the_page_of_the_plan_says_what_is_yet_to_come(operator: Client, ledger: Database, gained: Storage) -> None:
    address = reverse("admin:backups_plan_change", args=[plan_of(ledger).pk])
    services.want_older_copies()

    assert "5 backups are yet to be copied into gained" in text_of(operator.get(address).content)
    BackupCopy.objects.wanted().update(stored_at=NOW)
    BackupCopy.objects.bulk_create(
        BackupCopy(backup=backup, storage=gained, stored_at=NOW)
        for backup in Backup.objects.exclude(copies__storage=gained)
    )
    assert "yet to be copied" not in text_of(operator.get(address).content)


def test_a_tick_has_them_copied_byte_for_byte(database: Database, tmp_path: Path, at_once: None) -> None:
    tasks.carry_out_backup(services.queue_backup(database=database).pk)
    backup = Backup.objects.get()
    DrillRun.objects.create(
        database=database, backup=backup, status=RunStatus.SUCCEEDED, started_at=now(), finished_at=now(),
        verdict=DrillVerdict.PROVEN, rto_seconds=1.0,
    )  # fmt: skip
    gained = plan_of(database).storages.create(name="gained", folder=str(tmp_path / "gained"))

    tasks.tick()

    copy = backup.copies.get(storage=gained)
    assert (copy.state, copy.error) == ("verified", "")
