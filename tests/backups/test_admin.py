"""Databases, backups and drills in the admin."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.backups import services
from apps.backups.engines.postgresql.address import parse_address
from apps.backups.models import Backup, BackupRun, Database, DrillRun, DrillVerdict, Schedule
from apps.catalog.models import Environment
from apps.common.clock import now
from apps.common.runs import RunStatus
from tests.backups.keeping import DAY, NOW, make_backup

CHANGE = "admin:backups_database_change"


def drilled(database: Database) -> DrillRun:
    services.carry_out_backup(run=services.queue_backup(database=database))
    run = services.queue_drill(database=database)
    services.carry_out_drill(run=run)
    return run


def text_of(content: bytes) -> str:
    """The words of a page, without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", content.decode()).split())


def test_the_buttons_queue_and_say_so(operator: Client, database: Database) -> None:
    page = operator.get(reverse(CHANGE, args=[database.pk]))
    assert "Back up now" in text_of(page.content)
    assert "A backup that was never restored proves nothing" in text_of(page.content)

    pressed = operator.post(reverse("admin:backups_database_back-up", args=[database.pk]), follow=True)

    assert "Queued a backup of shop" in text_of(pressed.content)
    run = BackupRun.objects.get()
    assert (run.status, run.requested_by) == (RunStatus.QUEUED, User.objects.get(email="sam@example.org"))
    again = operator.post(reverse("admin:backups_database_back-up", args=[database.pk]), follow=True)
    assert "shop is being backed up already" in text_of(again.content)


def test_a_drill_without_a_backup_says_what_to_do(operator: Client, database: Database) -> None:
    pressed = operator.post(reverse("admin:backups_database_drill", args=[database.pk]), follow=True)

    assert "shop has no backup yet" in text_of(pressed.content)
    assert not DrillRun.objects.exists()


def test_who_may_press(viewer: Client, database: Database) -> None:
    assert b"/back-up/" not in viewer.get(reverse(CHANGE, args=[database.pk])).content
    for name in ("back-up", "drill"):
        address = reverse(f"admin:backups_database_{name}", args=[database.pk])
        assert viewer.post(address).status_code == 403
        assert viewer.get(address).status_code == 405
        assert Client().post(address).status_code == 302
    assert not BackupRun.objects.exists()


def test_the_actions_queue_for_each(operator: Client, database: Database) -> None:
    choice = {"action": "back_up_now", "_selected_action": [database.pk]}
    operator.post(reverse("admin:backups_database_changelist"), choice)

    assert BackupRun.objects.get().database == database


def test_nobody_is_shown_the_address(client: Client, olga: User, database: Database) -> None:
    password = parse_address(database.connection_url).parameters["password"]
    client.force_login(olga)
    page = client.get(reverse(CHANGE, args=[database.pk])).content.decode()
    assert password not in page
    assert "Leave it empty to keep what is stored" in page


def test_a_viewer_is_not_shown_the_address_either(viewer: Client, database: Database) -> None:
    page = viewer.get(reverse(CHANGE, args=[database.pk])).content.decode()

    assert parse_address(database.connection_url).parameters["password"] not in page
    assert "Connection URL" not in page


def form(environment: Environment, **fields: object) -> dict[str, object]:
    inline = {"schedules-TOTAL_FORMS": 0, "schedules-INITIAL_FORMS": 0}
    inline |= {"checks-TOTAL_FORMS": 0, "checks-INITIAL_FORMS": 0}
    own = {"environment": environment.pk, "name": "ledger", "engine": "postgresql", "is_enabled": "on"}
    objectives = {"rpo_objective": "24:00:00", "rto_objective": "01:00:00"}
    return {**own, **objectives, **inline, **fields}


def test_an_empty_address_keeps_the_stored_one(operator: Client, database: Database, environment: Environment) -> None:
    stored = database.connection_url
    address = reverse(CHANGE, args=[database.pk])
    operator.post(address, form(environment, name="shop", connection_url="", rto_objective="02:00:00"))

    database.refresh_from_db()
    assert (database.connection_url, database.rto_objective) == (stored, timedelta(hours=2))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"connection_url": ""}, "This field is required"),
        ({"connection_url": "mysql://u:hunter2@h/d"}, "The connection URL is not one; write postgresql://"),
        ({"connection_url": "postgresql://u:hunter2@h"}, "names no database"),
        ({"connection_url": "postgresql:///d", "engine": "oracle"}, "not one of the available choices"),
    ],
)
def test_what_cannot_work_is_refused_beside_its_field(
    operator: Client, environment: Environment, fields: dict[str, object], message: str
) -> None:
    page = operator.post(reverse("admin:backups_database_add"), form(environment, **fields)).content.decode()

    assert message in page
    assert "hunter2" not in page
    assert not Database.objects.exists()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"interval": "", "cron": ""}, "Give either an interval or a cron expression."),
        ({"interval": "01:00:00", "cron": "0 2 * * *"}, "Give either an interval or a cron expression."),
        ({"interval": "00:00:05", "cron": ""}, "An interval is at least a minute."),
        ({"interval": "", "cron": "nonsense"}, "is no cron expression of five fields"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(
    operator: Client, environment: Environment, fields: dict[str, str], message: str
) -> None:
    row = {"operation": "backup", "starts_at_0": "2026-01-01", "starts_at_1": "02:00:00", "is_enabled": "on", **fields}
    schedules = {f"schedules-0-{name}": value for name, value in row.items()}
    data = form(environment, connection_url="postgresql:///d", **schedules)
    page = operator.post(reverse("admin:backups_database_add"), {**data, "schedules-TOTAL_FORMS": 1})

    assert message in page.content.decode()
    assert not Schedule.objects.exists()


def test_a_proven_drill_is_drawn(operator: Client, database: Database) -> None:
    run = drilled(database)
    words = text_of(operator.get(reverse("admin:backups_drillrun_change", args=[run.pk])).content)

    assert "shop restores" in words
    assert "2,502 rows in 7 tables" in words
    assert re.search(r"Where the time went .* Fetch .* Decompress .* Start .* Restore .* Compare", words)
    assert "Restored and compared with its source: no difference" in words


def test_a_failed_drill_names_its_findings(operator: Client, database: Database) -> None:
    run = drilled(database)
    findings = [{"id": "table-missing", "message": "The table sales.customer is missing after the restore."}]
    DrillRun.objects.filter(pk=run.pk).update(verdict="failed", findings=findings)
    words = text_of(operator.get(reverse("admin:backups_drillrun_change", args=[run.pk])).content)

    assert "shop does not restore as it was" in words
    assert "The table sales.customer is missing after the restore. table-missing" in words


def test_a_run_that_broke_could_not_verify(operator: Client, database: Database) -> None:
    run = services.queue_drill(database=database, schedule=Schedule.objects.create(database=database, cron="0 2 * * *"))
    services.carry_out_drill(run=run)
    words = text_of(operator.get(reverse("admin:backups_drillrun_change", args=[run.pk])).content)

    assert "Could not verify" in words
    assert "shop has no backup yet" in words


def test_every_page_opens(operator: Client, database: Database) -> None:
    run = drilled(database)
    objects = {"database": database, "drillrun": run, "backup": run.backup, "backuprun": run.backup.run}
    for model, obj in objects.items():
        assert operator.get(reverse(f"admin:backups_{model}_changelist")).status_code == 200
        page = operator.get(reverse(f"admin:backups_{model}_change", args=[obj.pk]))
        assert page.status_code == 200
        assert "style=" not in page.content.decode()
        assert operator.get(reverse(f"admin:backups_{model}_change", args=[999]), follow=True).status_code == 200
    for model in ("backup", "backuprun", "drillrun"):
        assert operator.get(reverse(f"admin:backups_{model}_add")).status_code == 403


def test_the_worst_protected_is_listed_first(operator: Client, ledger: Database) -> None:
    names = {"a-young": 1, "b-old": 3}
    for name, days in names.items():
        database = Database.objects.create(environment=ledger.environment, name=name, connection_url="postgresql:///x")
        make_backup(database, NOW - days * DAY, verdict=DrillVerdict.PROVEN)
    make_backup(ledger, NOW)
    address = reverse("admin:backups_database_changelist")

    def listed(query: str) -> list[str]:
        return [str(database) for database in operator.get(address + query).context["cl"].result_list]

    assert listed("") == ["ledger", "b-old", "a-young"]
    assert listed("?o=1") == ["a-young", "b-old", "ledger"]
    assert listed("?o=3") == ["b-old", "a-young", "ledger"]


def test_a_narrow_list_names_its_columns(operator: Client, ledger: Database) -> None:
    page = operator.get(reverse("admin:backups_database_changelist")).content.decode()
    assert '<td data-label="Newest proven" class="field-newest_proven' in page
    assert '<td class="action-checkbox">' in page


@pytest.mark.parametrize("model", ["database", "backup", "backuprun", "drillrun"])
def test_the_number_of_queries_does_not_grow_with_rows(
    operator: Client, database: Database, django_assert_num_queries: DjangoAssertNumQueries, model: str
) -> None:
    address = reverse(f"admin:backups_{model}_changelist")
    many_runs(database, 1)
    few = count_queries(operator, address)
    for number in range(3):
        name = f"copy-{number}"
        many_runs(
            Database.objects.create(environment=database.environment, name=name, connection_url="postgresql:///d"), 5
        )

    with django_assert_num_queries(few):
        operator.get(address)


def count_queries(client: Client, address: str) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    return len(queries)


def many_runs(database: Database, count: int) -> None:
    for number in range(count):
        ended = {"status": RunStatus.SUCCEEDED, "finished_at": now()}
        run = BackupRun.objects.create(database=database, **ended)
        sizes = {"size_bytes": 1, "content_bytes": 1, "database_size_bytes": 1, "tables": 1, "rows": 1}
        backup = Backup.objects.create(
            database=database,
            run=run,
            storage_key=f"{database}/{number}",
            sha256="0" * 64,
            manifest_sha256="0" * 64,
            snapshot_at=now(),
            finished_at=now(),
            fingerprint={},
            **sizes,
        )
        DrillRun.objects.create(database=database, backup=backup, verdict="proven", rto_seconds=1, **ended)
