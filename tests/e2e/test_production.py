"""Every process of the Procfile under production settings, with real PostgreSQL and Redis, started and stopped."""

import json
import re
import secrets
from contextlib import closing

import psycopg
import pytest
from redis import Redis

from tests.e2e.deployment import Browser, Deployment, free_port, read_procfile, wait_for
from tests.production import database_url, production_environment, redis_url

REDIS_NUMBER = 8
EMAIL, PASSWORD = "olga@example.org", "correct horse battery staple"

# What an operator enters in the admin: her account, two databases, and that they are due for a backup.
SEED = """
from datetime import timedelta
import os
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from apps.accounts.models import User
from apps.backups.services.databases import ensure_database
from apps.catalog.services import ensure_service
from apps.common.clock import now

User.objects.create_superuser(os.environ["E2E_EMAIL"], os.environ["E2E_PASSWORD"])
environment = ensure_service(slug="seaworthy").environments.get()
for name in ("own", "shop"):
    ensure_database(
        environment=environment, name=name, connection_url=os.environ[f"E2E_{name.upper()}_URL"],
        backup_interval=timedelta(days=1),
    )
# Beat looks every half minute; it was last here an hour ago.
half_minute = IntervalSchedule.objects.create(every=30, period="seconds")
PeriodicTask.objects.create(
    name="backups", task="apps.backups.tasks.tick", interval=half_minute, last_run_at=now() - timedelta(hours=1)
)
"""


@pytest.fixture
def databases():
    """Two new databases: Seaworthy's own, and a shop's."""
    names = {kind: f"e2e_{kind}_{secrets.token_hex(4)}" for kind in ("own", "shop")}
    with psycopg.connect(database_url("postgres"), autocommit=True) as server:
        for name in names.values():
            server.execute(f"CREATE DATABASE {name}")
        with psycopg.connect(database_url(names["shop"])) as shop:
            shop.execute("CREATE TABLE orders AS SELECT n, 'order ' || n AS title FROM generate_series(1, 1000) n")
        yield {kind: database_url(name) for kind, name in names.items()}
        for name in names.values():
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def deployment(databases, tmp_path):
    with Redis.from_url(redis_url(REDIS_NUMBER)) as redis:
        redis.flushdb()
    environment = production_environment(
        DATABASE_URL=databases["own"],
        REDIS_URL=redis_url(REDIS_NUMBER),
        PORT=str(free_port()),
        WEB_CONCURRENCY="2",
        WORKER_CONCURRENCY="2",
        WORKER_SHUTDOWN_SECONDS="2",
        STATIC_ROOT=str(tmp_path / "static"),
        BACKUP_DIRECTORY=str(tmp_path / "backups"),
        E2E_EMAIL=EMAIL,
        E2E_PASSWORD=PASSWORD,
        E2E_OWN_URL=databases["own"],
        E2E_SHOP_URL=databases["shop"],
    )
    deployment = Deployment(environment, tmp_path)
    yield deployment
    deployment.kill()


class Rows:
    """What the database holds, without Seaworthy's own code."""

    def __init__(self, url):
        self.connection = psycopg.connect(url, autocommit=True)

    def runs(self, database):
        query = (
            "SELECT status FROM backups_backuprun run JOIN backups_database database ON database.id = database_id "
            "WHERE database.name = %s"
        )
        return [status for (status,) in self.connection.execute(query, [database])]

    def backups(self):
        query = (
            "SELECT database.name, storage_key FROM backups_backup JOIN backups_database database "
            "ON database.id = database_id ORDER BY 1"
        )
        return dict(self.connection.execute(query).fetchall())

    def pulses(self):
        return {name for (name,) in self.connection.execute("SELECT name FROM healthchecks_pulse")}

    def audited(self):
        return {action for (action,) in self.connection.execute("SELECT action FROM audit_auditevent")}

    def close(self):
        self.connection.close()


def test_the_procfile_names_every_kind_of_process():
    assert set(read_procfile()) == {"release", "web", "worker", "beat"}


@pytest.mark.long
def test_a_deployment_starts_works_and_stops_with_nothing_lost(deployment, databases, tmp_path):
    deployment.run("python manage.py collectstatic --noinput --verbosity 0")
    deployment.run(read_procfile()["release"])
    deployment.run(f"python manage.py shell --no-imports --command '{SEED.replace(chr(39), chr(34))}'")
    browser = Browser(int(deployment.environment["PORT"]))

    with closing(Rows(databases["own"])) as rows, psycopg.connect(databases["shop"]) as shop:
        # The shop's backup waits for this lock, so it is under way for as long as the test wants.
        shop.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
        deployment.start("web", "worker", "beat")
        wait_for("readiness", lambda: is_ready(browser))
        wait_for("the worker's first pulse", lambda: rows.pulses() == {"beat", "worker"})
        a_person_signs_in(browser)
        wait_for("the scheduled backup", lambda: rows.runs("own") == ["succeeded"])
        wait_for("the shop's backup being under way", lambda: rows.runs("shop") == ["running"])

        assert set(deployment.stop(with_children=True)) == {"web", "worker", "beat"}
        assert rows.runs("shop") == ["queued"]  # given back, not lost
        assert list(rows.backups()) == ["own"]
        assert stored(tmp_path, rows.backups()["own"])
        assert not list((tmp_path / "backups").glob("shop/*"))

        deployment.start("worker")
        wait_for("the interrupted backup being under way again", lambda: rows.runs("shop") == ["running"])
        deployment.stop(with_children=False)
        assert rows.runs("shop") == ["queued"]

        shop.rollback()
        deployment.start("worker", "beat")
        wait_for("the backup that was interrupted", lambda: rows.runs("shop") == ["succeeded"])
        deployment.stop(with_children=True)

        assert rows.runs("own") == ["succeeded"]  # no slot was taken twice
        assert set(rows.backups()) == {"own", "shop"}
        assert all(stored(tmp_path, key) for key in rows.backups().values())
        assert {"signin.succeeded", "backup.queued", "backup.finished"} <= rows.audited()
        for name in ("web", "worker", "beat"):
            assert "Traceback" not in deployment.log(name), deployment.log(name)
            assert PASSWORD not in deployment.log(name)


def is_ready(browser):
    try:
        return browser.get("/readyz", scheme="http").status == 200
    except OSError:
        return False


def a_person_signs_in(browser):
    redirect = browser.get("/admin/", scheme="http")
    assert (redirect.status, redirect.headers["Location"][:8]) == (301, "https://")
    page = browser.get("/admin/login/")
    assert page.headers["Strict-Transport-Security"].startswith("max-age=63072000")
    (styles,) = re.findall(r'href="(/static/seaworthy/seaworthy\.[0-9a-f]{12}\.css)"', page.text)
    assert "immutable" in browser.get(styles).headers["Cache-Control"]

    answer = browser.post("/admin/login/", {"username": EMAIL, "password": PASSWORD, "next": "/admin/"})
    assert (answer.status, answer.headers["Location"]) == (302, "/admin/")
    assert all("Secure" in cookie for cookie in answer.cookies)
    assert browser.get("/admin/").status == 200
    health = browser.get("/healthz")
    assert (health.status, json.loads(health.text)["status"]) == (200, "up")


def stored(tmp_path, key):
    return any((tmp_path / "backups").glob(f"{key}*"))
