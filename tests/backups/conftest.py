"""A database worth backing up."""

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from django.contrib.auth.models import Group
from django.test import Client
from psycopg import sql
from pytest_django import Settings

from apps.accounts.models import User
from apps.backups.engines.backup import take_backup
from apps.backups.engines.faults.case import Case, Healthy
from apps.backups.engines.faults.scratch import Pristine
from apps.backups.engines.manifest import Manifest
from apps.backups.engines.postgresql.address import Address, parse_address
from apps.backups.engines.postgresql.source import PostgreSQLSource
from apps.backups.engines.register import engine_named
from apps.backups.engines.s3.storage import S3Storage
from apps.backups.engines.storage import LocalStorage
from apps.backups.models import Backup, Database, DrillVerdict, Plan
from apps.backups.services.plans import plan_of
from apps.catalog.models import Environment
from apps.common.postgresql.throwaway import copied_clusters
from tests.backups.buckets import LOOPBACK, Buckets, serve_buckets
from tests.backups.keeping import DAY, NOW, make_backup
from tests.servers import url_on_test_server

SHOP = """
CREATE SCHEMA sales;
CREATE TYPE sales.state AS ENUM ('new', 'paid', 'sent');
CREATE DOMAIN sales.cents AS bigint CHECK (VALUE >= 0);
CREATE TABLE sales.customer (id bigserial PRIMARY KEY, name text NOT NULL UNIQUE, "odd ""name" jsonb, t interval);
CREATE TABLE sales."Order" (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer_id bigint NOT NULL REFERENCES sales.customer,
  state sales.state NOT NULL DEFAULT 'new', price sales.cents NOT NULL, weight float8, placed_at timestamptz
);
CREATE INDEX order_state ON sales."Order" (state) WHERE state <> 'sent';
CREATE TABLE sales.event (at date NOT NULL, body text) PARTITION BY RANGE (at);
CREATE TABLE sales.event_2026 PARTITION OF sales.event FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE sales.nothing ();
-- PostgreSQL writes the casts of these otherwise after a restore, and means the same.
CREATE TABLE sales.parcel (size varchar(10) NOT NULL DEFAULT 'small' CHECK (size IN ('small', 'large')));
CREATE INDEX parcel_size ON sales.parcel (size) WHERE size IN ('small', 'large');
CREATE TABLE sales.parent (a int);
CREATE TABLE sales.child (b int) INHERITS (sales.parent);
ALTER TABLE sales.parent ADD COLUMN c int, ADD COLUMN dropped int;
ALTER TABLE sales.parent DROP COLUMN dropped;
COMMENT ON COLUMN sales.child.b IS 'added before c';
INSERT INTO sales.child VALUES (1, 2, 3);
ALTER DEFAULT PRIVILEGES IN SCHEMA sales GRANT SELECT ON TABLES TO PUBLIC;
CREATE VIEW sales.open_order AS SELECT * FROM sales."Order" WHERE state <> 'sent';
CREATE MATERIALIZED VIEW sales.total AS SELECT count(*) AS orders FROM sales."Order";
CREATE FUNCTION sales.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touched BEFORE UPDATE ON sales.customer FOR EACH ROW EXECUTE FUNCTION sales.touch();
CREATE AGGREGATE sales.sum_of(int) (sfunc = int4pl, stype = int, initcond = '0');
CREATE TYPE sales.span AS RANGE (subtype = date);
ALTER TABLE sales.customer ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON sales.customer USING (true);
GRANT SELECT ON sales.customer TO PUBLIC;
GRANT SELECT (id) ON sales."Order" TO PUBLIC;
INSERT INTO sales.customer (name, "odd ""name", t)
  SELECT 'Customer ' || n, jsonb_build_object('n', n), n * interval '1 hour' FROM generate_series(1, 200) n;
INSERT INTO sales."Order" (customer_id, price, weight, placed_at)
  SELECT 1 + n % 200, n, n / 3.0, timestamptz '2026-03-29 01:30+00' + n * interval '1 minute'
  FROM generate_series(1, 2000) n;
INSERT INTO sales.event SELECT date '2026-01-01' + n, 'event ' || n FROM generate_series(0, 300) n;
SELECT lo_from_bytea(0, decode(repeat('cafe', 5000), 'hex'));
REFRESH MATERIALIZED VIEW sales.total;
"""


@pytest.fixture(scope="session")
def shop() -> Iterator[Address]:
    """A database of its own on the test server, owned by a role of its own, with a bit of everything in it."""
    name = f"shop_{secrets.token_hex(4)}"
    with psycopg.connect(url_on_test_server(), autocommit=True) as server:
        for role in (f"{name}_owner", "bystander"):
            with suppress(psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
                server.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        address = parse_address(url_on_test_server(name))
        with address.connect() as connection:
            connection.execute(SHOP)
            for table in ("customer", "Order"):
                statement = sql.SQL("ALTER TABLE sales.{} OWNER TO {}")
                connection.execute(statement.format(sql.Identifier(table), sql.Identifier(f"{name}_owner")))
            connection.execute(sql.SQL("ALTER DATABASE {} SET work_mem = '8MB'").format(sql.Identifier(name)))
        yield address
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        server.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(f"{name}_owner")))


@pytest.fixture(scope="package", autouse=True)
def clusters() -> Iterator[None]:
    """Hundreds of drills begin with a copy of one empty cluster."""
    with copied_clusters():
        yield


@pytest.fixture(scope="session")
def storage(tmp_path_factory: pytest.TempPathFactory) -> LocalStorage:
    """A folder that all backups of the session share; each test uses prefixes of its own."""
    return LocalStorage(tmp_path_factory.mktemp("storage"))


@pytest.fixture(scope="session")
def healthy(shop: Address, storage: LocalStorage) -> Manifest:
    """A backup of the shop under the prefix `healthy`."""
    return take_backup(source=PostgreSQLSource(shop), storage=storage, prefix="healthy")


@pytest.fixture(scope="session")
def kept(shop: Address, storage: LocalStorage, healthy: Manifest) -> Iterator[tuple[Healthy, Pristine]]:
    """The healthy backup as a proof of the drill takes it, with a server for changed copies when one is needed."""
    whole = Healthy(engine_named("postgresql"), url_on_test_server(shop.database), storage, healthy)
    with ExitStack() as stack:
        yield whole, Pristine(whole, stack)


@pytest.fixture
def case(kept: tuple[Healthy, Pristine]) -> Iterator[Case]:
    """A copy of the healthy backup, to be damaged and drilled."""
    whole, pristine = kept
    with Case.of(whole, f"copy-{secrets.token_hex(4)}", datetime.now(UTC), pristine) as case:
        yield case


@pytest.fixture
def database(environment: Environment, shop: Address, settings: Settings, tmp_path: Path) -> Database:
    """The shop as a database of the payments service, with a storage of this test alone."""
    settings.BACKUP_DIRECTORY = str(tmp_path / "backups")
    return Database.objects.create(
        environment=environment, name="shop", connection_url=url_on_test_server(shop.database)
    )


@pytest.fixture(scope="session")
def buckets() -> Iterator[Buckets]:
    """A server of S3 that the session shares; `make` gives a bucket of one test alone."""
    with serve_buckets() as server:
        yield server


@pytest.fixture
def s3(buckets: Buckets, settings: Settings) -> S3Storage:
    """An empty bucket of this test alone, which may be dialled. `buckets.row(s3)` is it as a storage of plans."""
    settings.DIALLING_ALLOWED_NETWORKS = [LOOPBACK]
    return buckets.make()


@pytest.fixture
def ledger(environment: Environment, settings: Settings, tmp_path: Path) -> Database:
    """A database that nobody connects to, with a plan that keeps two."""
    settings.BACKUP_DIRECTORY = str(tmp_path / "backups")
    database = Database.objects.create(environment=environment, name="ledger", connection_url="postgresql:///ledger")
    Plan.objects.filter(pk=plan_of(database).pk).update(keep_newest=2)
    return database


@pytest.fixture
def nightly(ledger: Database) -> list[Backup]:
    """Five nights, the newest first; the newest but one is proven."""
    return [
        make_backup(ledger, NOW - number * DAY, verdict=DrillVerdict.PROVEN if number == 1 else "")
        for number in range(5)
    ]


@pytest.fixture
def operator(client: Client, sam: User) -> Client:
    """Sam, who operates."""
    sam.groups.add(Group.objects.get(name="operator"))
    client.force_login(sam)
    return client


@pytest.fixture
def viewer(client: Client, sam: User) -> Client:
    """Sam, who may only look."""
    sam.groups.add(Group.objects.get(name="viewer"))
    client.force_login(sam)
    return client


@pytest.fixture
def workplace(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A temporary folder of this test alone, which the server's user can enter."""
    folder = Path(tempfile.mkdtemp(prefix="drill-", dir="/tmp"))
    folder.chmod(0o711)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    shutil.rmtree(folder)
