"""The figures of backups and drills on the readiness page."""

from datetime import timedelta

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.backups.models import Backup, BackupRun, Database, DrillRun
from apps.catalog.models import Environment
from apps.common.clock import now
from apps.dashboards.selectors.recovery import recovery
from tests.dashboards.voyage import Voyage

NOW = now()


def test_without_a_database_there_is_nothing_to_recover(environment: Environment) -> None:
    assert recovery(environment, at=NOW) is None


def test_a_backup_that_no_drill_proved_does_not_count(environment: Environment) -> None:
    back_up(add_database(environment), hours_ago=1)

    found = recovery(environment, at=NOW)

    assert found is not None
    assert found.newest_proven is None
    assert found.is_point_missed


def test_it_shows_the_database_that_would_lose_the_most(environment: Environment) -> None:
    for name, hours_ago in [("orders", 3), ("ledger", 30), ("users", 1)]:
        drill(back_up(add_database(environment, name), hours_ago=hours_ago))

    found = recovery(environment, at=NOW)

    assert found is not None
    assert (found.database.name, found.databases, found.is_point_missed) == ("ledger", 3, True)


@pytest.mark.parametrize(("seconds", "is_missed"), [(131, False), (4000, True)])
def test_the_last_drill_is_held_against_the_objective(
    environment: Environment, seconds: float, is_missed: bool
) -> None:
    drill(back_up(add_database(environment), hours_ago=3), seconds=seconds)

    found = recovery(environment, at=NOW)

    assert found is not None
    assert found.is_time_missed is is_missed
    assert found.spark is None


def test_the_page_says_how_old_the_proven_backup_is_and_how_long_recovery_took(
    client: Client, olga: User, voyage: Voyage
) -> None:
    backup = back_up(add_database(voyage.environment), hours_ago=3.2)
    for seconds in (108, 112, 131):
        drill(backup, seconds=seconds)
    client.force_login(olga)

    page = " ".join(client.get("/admin/readiness/payments/").content.decode().split())

    assert ">3 h 12 min</time>" in page
    assert "objective: within 1 day" in page
    assert "2 min 11 s" in page
    assert "Recovery times of the last 3 drills, the newest 2 min 11 s" in page


def add_database(environment: Environment, name: str = "orders") -> Database:
    return Database.objects.create(environment=environment, name=name, connection_url="postgresql://u:p@h/n")


def back_up(database: Database, *, hours_ago: float) -> Backup:
    taken_at = now() - timedelta(hours=hours_ago)
    run = BackupRun.objects.create(database=database, status="succeeded", started_at=taken_at, finished_at=taken_at)
    return Backup.objects.create(
        database=database,
        run=run,
        storage_key=f"{database.name}/{run.pk}",
        sha256="a" * 64,
        manifest_sha256="b" * 64,
        size_bytes=1000,
        content_bytes=4000,
        database_size_bytes=9000,
        tables=41,
        rows=5312004,
        server_version="18.4",
        snapshot_at=taken_at,
        finished_at=taken_at,
        fingerprint={},
    )


def drill(backup: Backup, *, seconds: float = 100) -> DrillRun:
    return DrillRun.objects.create(
        database=backup.database,
        backup=backup,
        status="succeeded",
        verdict="proven",
        rto_seconds=seconds,
        rpo_seconds=3600,
        started_at=NOW,
        finished_at=NOW + timedelta(seconds=DrillRun.objects.count()),
    )
