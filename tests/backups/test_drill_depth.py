"""What a drill does beyond comparing: isolation, amcheck, people's questions, limits."""

import os
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from apps.backups.engines import watch
from apps.backups.engines.checks import Check, CheckKind
from apps.backups.engines.drill import run_drill
from apps.backups.engines.findings import Verdict
from apps.backups.engines.manifest import Manifest
from apps.backups.engines.postgresql.address import Address
from apps.backups.engines.postgresql.amcheck import run_amcheck
from apps.backups.engines.postgresql.asking import ask_all, explain, reading
from apps.backups.engines.postgresql.isolated import DRILL_SETTINGS
from apps.backups.engines.storage import LocalStorage
from apps.backups.engines.watch import Limits
from apps.common.postgresql.binaries import installation_for
from apps.common.postgresql.server import Server
from apps.common.postgresql.throwaway import throwaway_server

STOCK = """
CREATE TABLE stock (id int PRIMARY KEY, at timestamptz);
INSERT INTO stock SELECT n, timestamptz '2026-05-01+00' - n * interval '1 hour' FROM generate_series(1, 500) n;
CREATE TABLE nothing (at date);
CREATE TABLE damaged AS SELECT generate_series(1, 500) AS id;
CREATE FUNCTION shelf(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1';
CREATE TABLE shelved (id int);
INSERT INTO shelved SELECT generate_series(1, 500);
CREATE INDEX by_shelf ON shelved (shelf(id));
"""


@pytest.fixture(scope="module")
def isolated() -> Iterator[Server]:
    """A drill's server, of the major that has amcheck."""
    installation = installation_for(15, with_server=True)
    with throwaway_server(installation, settings=DRILL_SETTINGS, is_isolated=True) as server:
        with psycopg.connect(**server.connection_parameters(), autocommit=True) as connection:
            connection.execute(STOCK)
        yield server


def connected(server: Server) -> psycopg.Connection:
    return psycopg.connect(**server.connection_parameters(), autocommit=True)


def test_a_restored_copy_has_no_network_and_a_low_priority(isolated: Server) -> None:
    assert isolated.isolation.has_own_network
    with connected(isolated) as connection:
        process = connection.info.backend_pid
        assert os.readlink(f"/proc/{process}/ns/net") != os.readlink("/proc/self/ns/net")
        assert os.getpriority(os.PRIO_PROCESS, process) >= 10
        connection.execute("CREATE TEMP TABLE device (line text)")
        connection.execute("COPY device FROM PROGRAM 'cat /proc/net/dev'")
        rows = connection.execute("SELECT split_part(trim(line), ':', 1) FROM device WHERE line LIKE '%:%'").fetchall()
        settings = dict(connection.execute("SELECT name, setting FROM pg_settings").fetchall())
    assert rows == [("lo",)]
    assert [settings[name] for name in ("listen_addresses", "archive_mode", "shared_preload_libraries")] == [
        "",
        "off",
        "",
    ]
    assert settings["max_logical_replication_workers"] == "0"


def amcheck(server: Server) -> list[tuple[str, str]]:
    found = run_amcheck(server.installation, server.connection_parameters(), options="", timeout_seconds=60)
    return [(finding.id, finding.message) for finding in found]


def test_corrupt_indexes_and_pages_are_named(isolated: Server) -> None:
    assert amcheck(isolated) == []
    with connected(isolated) as connection:
        connection.execute("CREATE OR REPLACE FUNCTION shelf(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT -$1'")
        row = connection.execute("SELECT pg_relation_filepath('damaged')").fetchone()
        assert row is not None
    ((identifier, message),) = amcheck(isolated)
    assert identifier == "index-corrupt"
    assert "The index postgres.public.by_shelf is corrupt in the restored copy: " in message

    with connected(isolated) as connection:
        connection.execute("DROP INDEX by_shelf")
    isolated.stop()
    give_the_first_row_a_transaction_of_the_future(isolated.data_folder / row[0])
    isolated.start()
    assert ("heap-corrupt", True) in [(name, "public.damaged is corrupt" in said) for name, said in amcheck(isolated)]


def give_the_first_row_a_transaction_of_the_future(file: Path) -> None:
    page = bytearray(file.read_bytes())
    (pointer,) = struct.unpack_from("<I", page, 24)
    struct.pack_into("<I", page, pointer & 0x7FFF, 0x7FFFFFF0)
    file.write_bytes(page)


QUESTIONS = {
    Check("rows", CheckKind.SQL, sql="SELECT count(*) FROM shelved"): "",
    Check("no rows", CheckKind.SQL, sql="SELECT count(*) FROM nothing"): "the answer was 0",
    Check("no answer", CheckKind.SQL, sql="SELECT at FROM nothing"): "the answer was None",
    Check("nonsense", CheckKind.SQL, sql="SELECT it"): 'column "it" does not exist',
    Check("order", CheckKind.SQL, sql="SELECT 1; DROP TABLE nothing"): "cannot insert multiple commands",
    Check("file", CheckKind.SQL, sql="SELECT pg_read_file('/etc/passwd')"): "permission denied",
    Check("write", CheckKind.SQL, sql="WITH a AS (DELETE FROM nothing RETURNING 1) SELECT 1 FROM a"): "read-only",
    Check("canary", CheckKind.CANARY, table="public.shelved", column="id", value="7"): "",
    Check("dead canary", CheckKind.CANARY, table="shelved", column="id", value="0"): "no row of shelved has '0' in id",
    Check("fresh", CheckKind.FRESHNESS, table="stock", column="at", maximum_age=timedelta(hours=2)): "",
    Check("stale", CheckKind.FRESHNESS, table="stock", column="at", maximum_age=timedelta(minutes=2)): "1:00:00 old",
    Check("no time", CheckKind.FRESHNESS, table="nothing", column="at", maximum_age=timedelta(1)): "no time in at",
}


def test_questions_are_asked_by_a_role_that_only_reads(isolated: Server) -> None:
    taken_at = datetime(2026, 5, 1, tzinfo=UTC)
    with connected(isolated) as owner, reading(owner, isolated.connection_parameters()) as reader:
        found = {finding.message.split(" failed: ")[0]: finding for finding in ask_all(reader, [*QUESTIONS], taken_at)}

    failing = {f"The check {check.name}": words for check, words in QUESTIONS.items() if words}
    assert found.keys() == failing.keys()
    for name, words in failing.items():
        assert found[name].id == "check-failed"
        assert words in found[name].message


def test_a_source_says_what_it_would_not_answer(isolated: Server) -> None:
    address = Address(isolated.connection_parameters())

    assert explain(address, Check("good", CheckKind.SQL, sql="SELECT count(*) FROM shelved")) == ""
    assert 'relation "gone" does not exist' in explain(address, Check("bad", CheckKind.SQL, sql="SELECT * FROM gone"))
    assert "does not exist" in explain(address, Check("c", CheckKind.CANARY, table="a.b", column="c", value="d"))
    assert "syntax error" in explain(address, Check("a", CheckKind.SQL, sql="ANALYZE SELECT 1"))


def test_a_drill_that_takes_too_much_disk_is_stopped(
    storage: LocalStorage, healthy: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.01)

    report = run_drill(
        storage=storage, prefix="healthy", now=datetime.now(UTC), limits=Limits(disk_budget_bytes=1 << 20)
    )

    assert (report.verdict, report.findings[0].id) == (Verdict.COULD_NOT_VERIFY, "disk-budget-exceeded")
    assert "a drill may take 1 MiB" in report.findings[0].message


def test_an_answer_that_fails_refutes_the_backup(storage: LocalStorage, healthy: Manifest) -> None:
    check = Check("dead canary", CheckKind.CANARY, table="sales.customer", column="name", value="Nobody")

    report = run_drill(storage=storage, prefix="healthy", now=datetime.now(UTC), checks=[check])

    assert (report.verdict, [finding.id for finding in report.findings]) == (Verdict.FAILED, ["check-failed"])
    assert list(report.stages)[-1] == "checks"
