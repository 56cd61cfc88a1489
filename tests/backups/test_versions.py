"""Every installed major of PostgreSQL: backed up, drilled, restored into itself and into newer ones."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from apps.backups.engines.backup import take_backup
from apps.backups.engines.checks import Check, CheckKind
from apps.backups.engines.drill import run_drill
from apps.backups.engines.findings import Verdict
from apps.backups.engines.postgresql import prover
from apps.backups.engines.postgresql.address import Address
from apps.backups.engines.postgresql.source import PostgreSQLSource
from apps.backups.engines.storage import LocalStorage
from apps.common.postgresql.binaries import installation_for
from apps.common.postgresql.throwaway import throwaway_server
from tests.backups.conftest import SHOP

# What a restore must survive and a drill must see, and what must not act once it is restored.
EXOTIC = r"""
CREATE ROLE teller CONNECTION LIMIT 3 VALID UNTIL '2030-01-01';
CREATE ROLE clerks;
GRANT clerks TO teller WITH ADMIN OPTION;
ALTER POLICY everyone ON sales.customer TO teller, clerks;
CREATE UNLOGGED TABLE sales.scratch AS SELECT 1 AS a;
CREATE MATERIALIZED VIEW sales.empty AS SELECT 1 AS a WITH NO DATA;
ALTER TABLE sales.parcel ADD CONSTRAINT known CHECK (size <> 'huge') NOT VALID;
CREATE PUBLICATION sold FOR TABLE sales."Order", sales.customer;
CREATE SUBSCRIPTION bought CONNECTION 'host=nowhere.invalid dbname=x password=hunter2' PUBLICATION sold
  WITH (connect = false, slot_name = NONE);
CREATE FUNCTION sales.refuse() RETURNS event_trigger LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION 'nothing may change here'; END $$;
-- Of every type that is hashed without becoming text: all majors must hash it alike.
CREATE TABLE sales.hashed (a bool, b int2, c int4, d int8, e oid, f name, g bytea, h uuid, i date, j time, k timestamp,
  l timestamptz, m text, n varchar(9), o char(9));
INSERT INTO sales.hashed VALUES
  (true, -1, -2, -3, 4, 'f', '\x00ff', md5('h')::uuid, '-infinity', '23:59', '4713-01-01 BC', now(), 'ü', '', 'o '),
  (false, 1, 2, 3, 4000000000, '', '', md5('i')::uuid, '2026-01-01', '00:00', 'infinity', '1970-01-01', NULL, ' ', 'ö');
SELECT lo_from_bytea(0, decode(repeat('beef', 2500000), 'hex')), lo_put(lo_creat(-1), 9000000, 'x');
COMMENT ON DATABASE shop IS 'what is sold';
ALTER DATABASE shop SET default_transaction_read_only = on;
ALTER DATABASE shop SET session_preload_libraries = 'no_such_library';
ALTER DATABASE shop SET statement_timeout = '1ms';
ALTER ROLE teller IN DATABASE shop SET work_mem = '1MB';
"""
FROZEN = "CREATE EVENT TRIGGER frozen ON ddl_command_start EXECUTE FUNCTION sales.refuse()"
SESSION = "-c session_preload_libraries= -c default_transaction_read_only=off -c statement_timeout=0"
COUNTED = Check("customers are there", CheckKind.SQL, sql="SELECT count(*) FROM sales.customer")
MAJORS = [15, 16, 18]


@contextmanager
def shop_on(major: int) -> Iterator[Address]:
    """A server of that major with a shop that has everything."""
    with throwaway_server(installation_for(major, with_server=True)) as server:
        server.create_database("shop")
        address = Address(server.connection_parameters("shop") | {"options": SESSION})
        with address.connect() as connection:
            connection.execute(SHOP)
            connection.execute(EXOTIC)
            connection.execute(FROZEN)
        yield address


@pytest.mark.parametrize("major", MAJORS)
def test_each_major_is_backed_up_and_proven(major: int, tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    with shop_on(major) as address:
        manifest = take_backup(source=PostgreSQLSource(address), storage=storage, prefix="shop")

    report = run_drill(storage=storage, prefix="shop", now=datetime.now(UTC), checks=[COUNTED])

    assert (report.verdict, report.findings) == (Verdict.PROVEN, [])
    assert manifest.fingerprint["server_major"] == major
    assert manifest.fingerprint["large_objects"]["size_bytes"] == 10_000 + 5_000_000 + 9_000_001
    assert manifest.fingerprint["objects"]["subscription"].keys() == {"bought"}
    assert b"hunter2" not in manifest.as_bytes()
    assert ("amcheck" in report.stages) == (major == 15)  # the wheel's servers come without it
    assert ("index-check-skipped" in [warning.id for warning in report.warnings]) == (major != 15)
    assert "network-not-isolated" not in [warning.id for warning in report.warnings]


def test_a_newer_server_proves_a_backup_of_an_older_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage, newest = LocalStorage(tmp_path), installation_for(18, with_server=True)
    for major in (15, 16):
        with shop_on(major) as address:
            take_backup(source=PostgreSQLSource(address), storage=storage, prefix=f"of-{major}")
    monkeypatch.setattr(prover, "installation_for", lambda *args, **options: newest)

    for major in (15, 16):
        report = run_drill(storage=storage, prefix=f"of-{major}", now=datetime.now(UTC))
        assert (report.verdict, report.findings) == (Verdict.PROVEN, [])
