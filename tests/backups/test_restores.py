"""A backup goes into a new database, and only into a new one; into production by two people."""

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from psycopg import sql
from pytest_django import Settings

from apps.accounts.models import Notice, User
from apps.audit.models import AuditEvent
from apps.backups import services
from apps.backups.engines.new_paths import unfinished_path
from apps.backups.engines.postgresql import into_new
from apps.backups.engines.postgresql.address import Address
from apps.backups.engines.register import engine_named
from apps.backups.engines.restoring import Target
from apps.backups.exceptions import RestoreDecided, RestoreRefused
from apps.backups.models import Backup, Database, RestoreRun
from apps.backups.services.restoring import end_dead_restores
from apps.catalog.models import Environment
from apps.common.clock import now
from apps.common.runs import LEASE, RunStatus
from apps.common.shell import ToolFailed
from tests.servers import url_on_test_server


@pytest.fixture
def backup(database: Database) -> Backup:
    run = services.queue_backup(database=database)
    services.carry_out_backup(run=run)
    return run.backup


@pytest.fixture
def staging(database: Database) -> Database:
    """The shop again, as a database of an environment that needs no second person."""
    environment = Environment.objects.create(service=database.environment.service, name="staging")
    return Database.objects.create(environment=environment, name="shop-staging", connection_url=database.connection_url)


@pytest.fixture
def ada(db: None) -> User:
    """Ada, who may approve."""
    person = User.objects.create_user(email="ada@example.org", password="-" * 12, is_staff=True)
    person.groups.add(Group.objects.get(name="administrator"))
    return person


@pytest.fixture
def new_name() -> Iterator[str]:
    """The name of a database that is not there yet, and is gone afterwards."""
    name = f"again_{secrets.token_hex(4)}"
    yield name
    with psycopg.connect(url_on_test_server(), autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def restore(backup: Backup, server: Database, new_name: str, **options: object) -> RestoreRun:
    run = services.request_restore(backup=backup, server=server, new_name=new_name, reason="a look back", **options)
    services.carry_out_restore(run=run)
    return run


def is_there(name: str) -> bool:
    with psycopg.connect(url_on_test_server()) as server:
        return server.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def rows_of(name: str, table: str) -> int:
    with psycopg.connect(url_on_test_server(name)) as connection:
        return connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.SQL(table))).fetchone()[0]


def test_a_backup_becomes_a_new_database_that_is_equal(backup: Backup, staging: Database, new_name: str) -> None:
    run = restore(backup, staging, new_name)

    assert (run.status, run.error, run.findings) == (RunStatus.SUCCEEDED, "", [])
    assert rows_of(new_name, 'sales."Order"') == 2000
    assert [name for name, _ in run.stage_rows] == ["fetch", "decompress", "restore", "compare"]
    actions = AuditEvent.objects.filter(subject_type="backups.restorerun").values_list("action", flat=True)
    assert sorted(actions) == ["restore.finished", "restore.requested"]


def test_one_table_comes_with_its_rows_and_the_whole_structure(
    backup: Backup, staging: Database, new_name: str
) -> None:
    run = restore(backup, staging, new_name, parts=['sales."Order"'])

    assert (run.status, run.error) == (RunStatus.SUCCEEDED, "")
    assert rows_of(new_name, 'sales."Order"') == 2000
    assert rows_of(new_name, "sales.customer") == 0


def test_nothing_is_ever_overwritten(
    backup: Backup, staging: Database, shop: Address, client: Client, olga: User
) -> None:
    run = restore(backup, staging, shop.database)

    assert (run.status, "already. Choose another name" in run.error) == (RunStatus.FAILED, True)
    assert rows_of(shop.database, "sales.customer") == 200
    client.force_login(olga)
    page = client.get(reverse("admin:backups_restorerun_change", args=[run.pk])).content.decode()
    assert "nothing that was there before was touched" in page


def test_a_failure_leaves_no_half_made_database(
    backup: Backup, staging: Database, new_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        assert is_there(new_name)
        raise ToolFailed("pg_restore ended with exit code 1: no space left")

    monkeypatch.setattr(into_new, "_restore", fail)
    run = restore(backup, staging, new_name)

    assert (run.status, run.error) == (RunStatus.FAILED, "pg_restore ended with exit code 1: no space left")
    assert not is_there(new_name)


def test_what_a_dead_worker_left_is_dropped_and_nothing_else(backup: Backup, staging: Database, new_name: str) -> None:
    run = services.request_restore(backup=backup, server=staging, new_name=new_name, reason="x")
    assert run.claim(at=now())
    with psycopg.connect(url_on_test_server(), autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(new_name)))
        unmarked = Target(name=new_name, mark=run.mark, connection_url=staging.connection_url)
        assert not engine_named("postgresql").discard(unmarked)
        comment = sql.SQL("COMMENT ON DATABASE {} IS {}")
        server.execute(comment.format(sql.Identifier(new_name), sql.Literal(run.mark)))

    assert end_dead_restores(at=now() + LEASE * 2) == 1

    run.refresh_from_db()
    assert run.status == RunStatus.ERRORED
    assert not is_there(new_name)


def test_a_database_that_bears_no_mark_yet_is_dropped_too(backup: Backup, staging: Database, new_name: str) -> None:
    run = services.request_restore(backup=backup, server=staging, new_name=new_name, reason="x")
    assert run.claim(at=now())
    nameless = into_new._nameless(new_name, run.mark)
    with psycopg.connect(url_on_test_server(), autocommit=True) as server:
        # The worker died, and the server has made what it had been told to make.
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(nameless)))

    assert end_dead_restores(at=now() + LEASE * 2) == 1

    assert not is_there(nameless)


def test_missing_roles_are_named_and_can_be_left_out(
    backup: Backup, staging: Database, new_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fingerprint = backup.fingerprint
    fingerprint["objects"]["table"]["sales.customer"]["owner"] = "gone_with_the_wind"
    known = into_new.Fingerprint.from_json(fingerprint)
    monkeypatch.setattr(into_new.Fingerprint, "from_json", lambda data: known)

    refused = restore(backup, staging, new_name)
    accepted = restore(backup, staging, new_name, with_owners=False)

    assert refused.error.startswith("The server has no role gone_with_the_wind, to whom things in the backup belong.")
    assert (accepted.status, accepted.findings) == (RunStatus.SUCCEEDED, [])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"new_name": "Shop!"}, "new_name: Small letters, digits and underscores"),
        ({"new_name": "shop_again", "reason": " "}, "reason: say what the restore is for"),
    ],
)
def test_what_cannot_work_is_refused_by_its_field(backup: Backup, options: dict[str, str], message: str) -> None:
    with pytest.raises(RestoreRefused, match=message):
        services.request_restore(backup=backup, **{"reason": "x", **options})


def test_a_table_that_is_not_in_it_is_refused(backup: Backup, staging: Database, new_name: str) -> None:
    run = restore(backup, staging, new_name, parts=["sales.nowhere"])

    assert run.error == "The backup has no table sales.nowhere. Write it as schema.table."


def test_into_production_a_second_person_approves_it(
    backup: Backup, database: Database, new_name: str, olga: User, ada: User
) -> None:
    run = services.request_restore(backup=backup, new_name=new_name, reason="an incident", actor=olga)
    assert not services.carry_out_restore(run=run)
    with pytest.raises(RestoreRefused, match="somebody else has to approve it"):
        services.approve_restore(run=run, actor=olga)
    with pytest.raises(IntegrityError), transaction.atomic():
        RestoreRun.objects.filter(pk=run.pk).update(approved_by=olga, approved_at=now())

    services.approve_restore(run=run, actor=ada)
    with pytest.raises(RestoreDecided):
        services.refuse_restore(run=run, actor=ada, comment="too late")
    assert services.carry_out_restore(run=run)

    assert (run.status, run.error) == (RunStatus.SUCCEEDED, "")
    assert is_there(new_name)
    assert Notice.objects.filter(recipient=olga, key=f"restore:{run.pk}:ended").exists()


def test_a_refusal_ends_it(backup: Backup, olga: User, ada: User) -> None:
    run = services.request_restore(backup=backup, new_name="shop_again", reason="x", actor=olga)
    services.refuse_restore(run=run, actor=ada, comment="Use staging.")

    assert (run.status, run.error) == (RunStatus.FAILED, f"Refused by {ada}: Use staging.")


def test_the_pages_ask_and_decide(client: Client, backup: Backup, olga: User, ada: User) -> None:
    client.force_login(olga)
    address = reverse("admin:backups_restorerun_request", args=[backup.pk])
    form = {"server": backup.database_id, "new_name": "shop_again", "reason": "an incident", "with_owners": "on"}
    bad = client.post(address, {**form, "new_name": "no good"}).content.decode()
    response = client.post(address, form)

    run = RestoreRun.objects.get()
    page = client.get(response.url).content.decode()
    assert "Small letters, digits and underscores" in bad
    assert "Waits for approval" in page
    assert "Take it back" in page
    assert 'value="approve"' not in page
    assert client.post(response.url, {"decision": "approve"}).status_code == 403

    client.force_login(ada)
    client.post(response.url, {"decision": "refuse", "comment": "No."})
    run.refresh_from_db()
    assert run.status == RunStatus.FAILED


def test_whoever_asks_is_told_who_can_approve_or_that_nobody_else_can(
    client: Client, backup: Backup, olga: User
) -> None:
    client.force_login(olga)
    asked = {"server": backup.database_id, "new_name": "again", "reason": "a look"}
    page = client.post(reverse("admin:backups_restorerun_request", args=[backup.pk]), asked, follow=True)
    assert "nobody else may approve it. Give a second person the role" in page.content.decode()

    User.objects.create_superuser("ada@example.org", "-" * 12, full_name="Ada Approver")
    page = client.get(reverse("admin:backups_restorerun_change", args=[RestoreRun.objects.get().pk]))
    assert "did not ask for it: Ada Approver." in page.content.decode()


@pytest.mark.parametrize("name", ["Shop", "1shop", "shop-2", "shop;drop", 'a"b', "naïve", "shöp", "a" * 64, "a" * 501])
def test_a_name_that_no_database_should_have_is_refused_beside_its_field(
    name: str, client: Client, backup: Backup, olga: User
) -> None:
    client.force_login(olga)
    asked = {"server": backup.database_id, "new_name": name, "reason": "a look"}
    page = client.post(reverse("admin:backups_restorerun_request", args=[backup.pk]), asked)
    assert page.context["form"].errors.keys() == {"new_name"}


def test_the_command_restores_and_says_so(
    backup: Backup, staging: Database, new_name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("restore", "shop", into=new_name, server="shop-staging")

    assert f"into {new_name}" in capsys.readouterr().out
    assert is_there(new_name)


def test_the_command_says_that_it_waits_and_whether_anybody_may_approve_it(
    backup: Backup, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("restore", str(backup.pk), into="again")
    assert "and nobody may. Give a person the role approver: under Restores." in capsys.readouterr().out
    User.objects.create_superuser("ada@example.org", "-" * 12)
    call_command("restore", str(backup.pk), into="again_2")
    assert "waits for somebody who may approve it: under Restores." in capsys.readouterr().out


def test_the_command_says_what_is_wrong(backup: Backup) -> None:
    with pytest.raises(CommandError, match="There is no stored backup 4711"):
        call_command("restore", "4711", into="shop_again")


def test_a_lost_message_is_sent_again(backup: Backup, staging: Database) -> None:
    run = services.request_restore(backup=backup, server=staging, new_name="shop_again", reason="x")

    assert services.tick(at=now()) == []
    assert [one.pk for one in services.tick(at=now() + timedelta(minutes=11))] == [run.pk]


@pytest.fixture
def notes(environment: Environment, settings: Settings, tmp_path: Path) -> Backup:
    """A backup of a SQLite file of the default environment, and a folder below which restores may be made."""
    settings.BACKUP_DIRECTORY = str(tmp_path / "backups")
    settings.BACKUP_SOURCE_DIRECTORIES = settings.RESTORE_DIRECTORIES = [str(tmp_path)]
    with closing(sqlite3.connect(tmp_path / "notes.db")) as connection:
        connection.execute("CREATE TABLE note AS SELECT 'moor the ship' AS body")
        connection.commit()
    url = f"sqlite://{tmp_path}/notes.db"
    database = Database.objects.create(environment=environment, name="notes", engine="sqlite", connection_url=url)
    run = services.queue_backup(database=database)
    services.carry_out_backup(run=run)
    return run.backup


def test_a_file_is_asked_for_on_a_page_that_asks_what_files_need(
    client: Client, notes: Backup, olga: User, ada: User, tmp_path: Path
) -> None:
    client.force_login(olga)
    address = reverse("admin:backups_restorerun_request", args=[notes.pk])
    asking = client.get(address).content.decode()
    refused = client.post(address, {"new_name": "/etc/again.db", "reason": "a look"}).content.decode()
    response = client.post(address, {"new_name": f"{tmp_path}/again.db", "reason": "a look"})

    assert "Path of the new file" in asking
    assert not {name for name in ("server", "with_owners", "target_at") if f'name="{name}"' in asking}
    assert "lies outside the folders that RESTORE_DIRECTORIES allows." in refused
    run = RestoreRun.objects.get()
    assert run.waits_for_approval
    services.approve_restore(run=run, actor=ada)
    services.carry_out_restore(run=run)
    page = client.get(response.url).content.decode()
    assert f"{tmp_path}/again.db is there" in page
    assert "compared with what was backed up" in page
    assert (tmp_path / "again.db").exists()


def test_what_a_dead_worker_left_of_a_file_is_removed(notes: Backup, tmp_path: Path, ada: User) -> None:
    run = services.request_restore(backup=notes, new_name=f"{tmp_path}/again.db", reason="x")
    services.approve_restore(run=run, actor=ada)
    assert run.claim(at=now())
    half = unfinished_path(tmp_path / "again.db", run.mark)
    half.write_text("half")

    assert end_dead_restores(at=now() + LEASE * 2) == 1
    assert not half.exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target_at": now()}, "target_at: Backups of this engine hold one moment only"),
        ({"new_name": "again"}, "new_name: Write an absolute path"),
    ],
)
def test_what_a_file_cannot_be_is_refused_by_its_field(
    notes: Backup, tmp_path: Path, options: dict[str, object], message: str
) -> None:
    with pytest.raises(RestoreRefused, match=message):
        services.request_restore(backup=notes, **{"new_name": f"{tmp_path}/again.db", "reason": "x", **options})


def test_a_moment_that_lies_ahead_is_refused(settings: Settings, tmp_path: Path) -> None:
    settings.RESTORE_DIRECTORIES = [str(tmp_path)]
    server = Database(name="main", engine="pgbackrest")
    run = RestoreRun(backup=Backup(database=server, engine="pgbackrest"), server=server, new_name=f"{tmp_path}/again")

    run.target_at = now() - timedelta(minutes=1)
    run.clean()
    run.target_at = now() + timedelta(minutes=1)
    with pytest.raises(ValidationError, match="lies ahead"):
        run.clean()


def test_a_file_is_made_on_no_server(notes: Backup, staging: Database, tmp_path: Path) -> None:
    with pytest.raises(RestoreRefused, match="server: The file is made on the worker"):
        services.request_restore(backup=notes, server=staging, new_name=f"{tmp_path}/again.db", reason="x")
