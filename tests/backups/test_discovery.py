"""Databases beside protected ones: seen, told of, protected, set aside, gone."""

import secrets
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
from django.test import Client
from django.urls import reverse
from psycopg import sql

from apps.accounts.models import Notice, User
from apps.audit.models import AuditEvent
from apps.backups import tasks
from apps.backups.engines.postgresql.address import parse_address
from apps.backups.exceptions import DiscoveryRefused
from apps.backups.models import Database, DiscoveredDatabase, Plan, Schedule
from apps.backups.services import discovery
from apps.backups.services.plans import plan_of
from tests.backups.keeping import DAY, NOW
from tests.backups.test_admin import text_of
from tests.servers import url_on_test_server


@pytest.fixture
def forgotten(database: Database) -> Iterator[str]:
    """A database on the shop's server that nobody added."""
    name = f"Forgotten_{secrets.token_hex(4)}"
    with psycopg.connect(url_on_test_server(), autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield name
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def found(name: str) -> DiscoveredDatabase:
    return DiscoveredDatabase.objects.get(name=name)


def test_what_nobody_protects_is_found_once_and_told_once(database: Database, forgotten: str, olga: User) -> None:
    assert forgotten in [one.name for one in discovery.discover(at=NOW)]

    one = found(forgotten)
    assert (one.state, one.first_seen_at, one.seen_through) == ("unprotected", NOW, database)
    assert (one.size_bytes or 0) > 1_000_000
    assert forgotten in Notice.objects.get(recipient=olga).text or "more" in Notice.objects.get(recipient=olga).text
    later = NOW + DAY
    assert forgotten not in [one.name for one in discovery.discover(at=later)]
    assert (found(forgotten).first_seen_at, found(forgotten).last_seen_at) == (NOW, later)


def test_what_is_protected_and_templates_are_not_told_of(database: Database, forgotten: str) -> None:
    new = {one.name for one in discovery.discover(at=NOW)}

    assert parse_address(database.connection_url).database not in new
    assert found(parse_address(database.connection_url).database).state == "protected"
    assert not {"template0", "template1"} & set(DiscoveredDatabase.objects.values_list("name", flat=True))


def test_another_address_of_the_same_server_covers_too(database: Database, forgotten: str) -> None:
    other = Database.objects.create(
        environment=database.environment,
        name="other",
        connection_url=f"{url_on_test_server(forgotten)}&application_name=other",
    )
    discovery.discover(at=NOW)

    assert found(forgotten).covered_by == other
    other.delete()
    assert forgotten in [one.name for one in discovery.discover(at=NOW + DAY)]


def test_protecting_copies_connection_plan_and_schedules(database: Database, forgotten: str, olga: User) -> None:
    Plan.objects.filter(pk=plan_of(database).pk).update(keep_newest=5)
    Schedule.objects.create(database=database, interval=timedelta(hours=6), starts_at=NOW)
    discovery.discover(at=NOW)

    new = discovery.protect(found=found(forgotten), at=NOW, actor=olga)

    assert new.name == forgotten.lower().replace("_", "-")
    assert parse_address(new.connection_url).database == forgotten
    assert (
        parse_address(new.connection_url).parameters["password"]
        == (parse_address(database.connection_url).parameters["password"])
    )
    assert (new.plan.keep_newest, list(new.plan.storages.all())) == (5, list(plan_of(database).storages.all()))
    assert new.schedules.get().interval == timedelta(hours=6)
    assert plan_of(database).keep_newest == 5
    assert found(forgotten).state == "protected"
    assert AuditEvent.objects.get(action="database.added").actor == olga
    with pytest.raises(DiscoveryRefused, match="protected already"):
        discovery.protect(found=found(forgotten), at=NOW)


def test_what_was_set_aside_is_not_told_of_again(database: Database, forgotten: str, olga: User) -> None:
    discovery.discover(at=NOW)
    with pytest.raises(DiscoveryRefused, match="Say why"):
        discovery.set_aside(found=found(forgotten), reason=" ", at=NOW)

    discovery.set_aside(found=found(forgotten), reason="A scratch pad", at=NOW, actor=olga)

    assert found(forgotten).state == "set_aside"
    assert forgotten not in [one.name for one in discovery.discover(at=NOW + DAY)]


def test_what_was_dropped_is_gone_and_told_of_when_it_returns(database: Database, forgotten: str) -> None:
    discovery.discover(at=NOW)
    with psycopg.connect(url_on_test_server(), autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(forgotten)))
        discovery.discover(at=NOW + DAY)
        assert found(forgotten).gone_at == NOW + DAY
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(forgotten)))

    assert forgotten in [one.name for one in discovery.discover(at=NOW + 2 * DAY)]


def test_a_server_that_does_not_answer_changes_nothing(database: Database, forgotten: str) -> None:
    discovery.discover(at=NOW)
    Database.objects.update(connection_url="postgresql://app:hunter2@/shop?host=/nowhere")

    assert discovery.discover(at=NOW + DAY) == []
    assert found(forgotten).gone_at is None


def test_the_pages_protect_and_set_aside(operator: Client, database: Database, forgotten: str) -> None:
    tasks.discover()
    one = found(forgotten)
    address = reverse("admin:backups_discovereddatabase_change", args=[one.pk])
    assert "Unprotected" in text_of(operator.get(address).content)
    aside = reverse("admin:backups_discovereddatabase_set-aside", args=[one.pk])
    assert "Say why" in text_of(operator.post(aside, {}, follow=True).content)
    operator.post(aside, {"reason": "A scratch pad"})
    assert "A scratch pad" in text_of(operator.get(address).content)

    page = operator.post(reverse("admin:backups_discovereddatabase_protect", args=[one.pk]), follow=True)

    assert "is protected like shop" in text_of(page.content)


def test_who_may_only_look_protects_nothing(viewer: Client, database: Database, forgotten: str) -> None:
    discovery.discover(at=NOW)
    for name in ("protect", "set-aside"):
        address = reverse(f"admin:backups_discovereddatabase_{name}", args=[found(forgotten).pk])
        assert viewer.post(address, {"reason": "why"}).status_code == 403
    assert viewer.post(reverse("admin:backups_discovereddatabase_look")).status_code == 403
