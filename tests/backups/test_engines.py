"""Every engine from the form to a verdict, and what a test of its connection says."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from apps.accounts.models import User
from apps.backups import selectors, services
from apps.backups.engines.files.probe import probe_files
from apps.backups.engines.probe import State, is_ready
from apps.backups.engines.sqlite.probe import probe_sqlite
from apps.backups.models import Backup, Database, DrillRun
from apps.catalog.models import Environment
from apps.common.clock import now


@pytest.fixture
def sources(settings: Settings, tmp_path: Path) -> dict[str, str]:
    """A SQLite file and a folder that may be backed up, as connection URLs by engine."""
    allowed = tmp_path / "srv"
    (allowed / "media").mkdir(parents=True)
    (allowed / "media" / "a.txt").write_text("hello")
    with closing(sqlite3.connect(allowed / "shop.db")) as connection:
        connection.executescript("CREATE TABLE a (b); INSERT INTO a VALUES (1); CREATE VIEW c AS SELECT b FROM a;")
    settings.BACKUP_SOURCE_DIRECTORIES = [str(allowed)]
    settings.BACKUP_DIRECTORY = str(tmp_path / "backups")
    return {"sqlite": f"sqlite://{allowed}/shop.db", "files": f"file://{allowed}/media"}


@pytest.mark.parametrize("engine", ["sqlite", "files"])
def test_a_source_is_backed_up_and_proven(
    engine: str, sources: dict[str, str], environment: Environment, olga: User, client: Client
) -> None:
    database = Database(environment=environment, name="other", engine=engine, connection_url=sources[engine])
    database.full_clean()
    database.save()
    services.carry_out_backup(run=services.queue_backup(database=database))
    backup = Backup.objects.get(database=database)
    services.carry_out_drill(run=services.queue_drill(database=database))
    drill = DrillRun.objects.get(database=database)

    assert (drill.verdict, drill.findings) == ("proven", [])
    assert (backup.engine, backup.tables, backup.rows) == (engine, 1, 1)
    assert dict(selectors.fingerprint_summary(backup))[database.counted[0]] == 1
    kinds = [kind for kind, _ in selectors.fingerprint_summary(backup)]
    assert len(kinds) == len(set(kinds))
    client.force_login(olga)
    for page, pk in (("backup", backup.pk), ("drillrun", drill.pk), ("database", database.pk)):
        assert client.get(reverse(f"admin:backups_{page}_change", args=[pk])).status_code == 200
    words = client.get(reverse("admin:backups_backup_change", args=[backup.pk])).content.decode()
    assert {"sqlite": "1 row in 1 table<", "files": "1 file in 1 folder<"}[engine] in words
    assert "PostgreSQL" not in words


@pytest.mark.parametrize("engine", ["mariadb", "sqlite", "files"])
def test_an_address_of_another_engine_is_refused(
    engine: str, environment: Environment, sources: dict[str, str]
) -> None:
    url = "postgresql://me:hunter2@db/shop"
    with pytest.raises(ValidationError) as refused:
        Database(environment=environment, name="other", engine=engine, connection_url=url).full_clean()

    assert "write " in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_a_test_of_the_connection_says_what_is_missing(sources: dict[str, str], tmp_path: Path) -> None:
    assert is_ready(probe_sqlite(sources["sqlite"], now()))
    assert is_ready(probe_files(sources["files"], now()))
    for probe, url, identifier in (
        (probe_sqlite, sources["sqlite"] + "x", "file"),
        (probe_sqlite, "sqlite:///etc/passwd", "address"),
        (probe_files, sources["files"] + "x", "folder"),
        (probe_files, "file:///etc", "address"),
    ):
        (line,) = probe(url, now())
        assert (line.id, line.state) == (identifier, State.MISSING)
