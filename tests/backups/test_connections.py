"""Testing a connection: what is there, and what is missing with the statement that mends it."""

import json
import secrets
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from psycopg import sql

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.backups.engines import probe as contract
from apps.backups.engines.postgresql import probe, probe_here
from apps.backups.engines.postgresql.address import Address
from apps.backups.engines.probe import Line, State
from apps.backups.models import Database
from apps.backups.services.connections import check_connection
from apps.common.clock import now
from tests.backups.test_commands import run
from tests.servers import url_on_test_server


def found(lines: list[Line]) -> dict[str, Line]:
    return {line.id: line for line in lines}


def missing(lines: list[Line]) -> dict[str, Line]:
    return {line.id: line for line in lines if line.state == State.MISSING}


@pytest.fixture
def stranger(shop: Address) -> Iterator[tuple[str, str]]:
    """A role that may connect and nothing else: its name, and the URL that signs it in."""
    name, password = f"stranger_{secrets.token_hex(4)}", secrets.token_hex(8)
    role = sql.Identifier(name)
    with psycopg.connect(url_on_test_server(shop.database), autocommit=True) as server:
        server.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, sql.Literal(password)))
        parts = urlsplit(url_on_test_server(shop.database))
        yield name, parts._replace(netloc=f"{name}:{password}@{parts.netloc.rpartition('@')[2]}").geturl()
        server.execute(sql.SQL("DROP OWNED BY {}; DROP ROLE {}").format(role, role))


def test_a_database_that_can_be_backed_up_and_drilled_lacks_nothing(shop: Address) -> None:
    lines = probe.probe_postgresql(url_on_test_server(shop.database), now())

    assert missing(lines) == {}
    assert set(found(lines)) == {
        "reachable", "version", "snapshot", "privileges", "drill-server", "extensions", "locale", "replica", "disk",
        "clock",
    }  # fmt: skip


def test_each_missing_privilege_comes_with_its_grant_and_the_grants_mend_it(
    shop: Address, stranger: tuple[str, str]
) -> None:
    name, url = stranger
    lacking = missing(probe.probe_postgresql(url, now()))

    assert set(lacking) == {"schema-usage", "table-select", "sequence-select", "large-object-select", "row-security"}
    assert lacking["schema-usage"].advice == f'GRANT USAGE ON SCHEMA "sales" TO "{name}";'
    with psycopg.connect(url_on_test_server(shop.database), autocommit=True) as server:
        for line in lacking.values():
            if line.id != "large-object-select":
                server.execute(line.advice)
        grant = "SELECT format('GRANT SELECT ON LARGE OBJECT %%s TO %%I', oid, %s::text) FROM pg_largeobject_metadata"
        for (statement,) in server.execute(grant, [name]).fetchall():
            server.execute(statement)

    assert missing(probe.probe_postgresql(url, now())) == {}


@pytest.mark.parametrize(
    ("url", "identifier"),
    [
        ("postgresql://app:hunter2@/shop?host=/nowhere", "reachable"),
        ("postgresql://app:hunter2@127.0.0.1:1/shop", "reachable"),
        ("nonsense://", "address"),
    ],
)
def test_what_cannot_be_reached_is_one_line_without_the_password(url: str, identifier: str) -> None:
    (line,) = probe.probe_postgresql(url, now())

    assert (line.id, line.state) == (identifier, State.MISSING)
    assert "hunter2" not in line.message + line.advice


def test_wrong_words_for_the_server_are_told_apart(shop: Address, stranger: tuple[str, str]) -> None:
    name, url = stranger
    parts = urlsplit(url)
    wrong = parts._replace(netloc=f"{name}:wrong@{parts.netloc.rpartition('@')[2]}").geturl()

    assert [line.id for line in probe.probe_postgresql(wrong, now())] == ["authentication"]
    assert [line.id for line in probe.probe_postgresql(url_on_test_server("nowhere"), now())] == ["database"]


def test_an_extension_that_is_not_installed_here_is_missing(shop: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe_here, "installed_extensions", lambda server: frozenset())

    line = missing(probe.probe_postgresql(url_on_test_server(shop.database), now()))["extensions"]

    assert "lacks the extensions plpgsql" in line.message


def test_a_small_disk_and_a_wrong_clock_are_named(shop: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contract, "DRILL_BYTES", 1 << 60)
    lines = found(probe.probe_postgresql(url_on_test_server(shop.database), now().replace(year=2030)))

    assert lines["disk"].state == State.MISSING
    assert (lines["clock"].state, "behind this machine's" in lines["clock"].message) == (State.WARNING, True)


def test_a_test_is_kept_and_audited(database: Database) -> None:
    at = now()
    check_connection(database=database, at=at)

    database.refresh_from_db()
    assert database.checked_at == at
    assert {line["id"] for line in database.check_lines} >= {"reachable", "privileges"}
    assert AuditEvent.objects.get(action="database.tested").details == {"is_ready": True, "missing": []}


def test_the_command_says_each_line_and_exits_by_what_is_missing(database: Database) -> None:
    code, said = run("check_database", "shop", "--json")
    assert (code, json.loads(said)["is_ready"]) == (0, True)
    assert run("check_database", "shop")[1].startswith("ok       reachable: ")

    Database.objects.update(connection_url="postgresql://app:hunter2@/shop?host=/nowhere")
    code, said = run("check_database", "shop")
    assert code == 1
    assert "Check host, port, firewall" in said
    assert run("check_database", "other")[0] == 2


def test_the_button_shows_what_is_missing_to_those_who_may_change(
    client: Client, database: Database, sam: User
) -> None:
    address = reverse("admin:backups_database_test", args=[database.pk])
    sam.groups.add(Group.objects.get(name="viewer"))
    client.force_login(sam)
    assert client.post(address).status_code == 403
    assert client.get(address).status_code == 405

    sam.groups.add(Group.objects.get(name="operator"))
    Database.objects.update(connection_url="postgresql://app:hunter2@/shop?host=/nowhere")
    page = client.post(address, follow=True).content.decode()

    assert "1 thing missing; see below." in page
    assert "Check host, port, firewall and that the server runs." in page
    assert "hunter2" not in page
