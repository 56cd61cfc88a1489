"""The drill proves a healthy backup, and refutes every damaged one by name."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from apps.backups.engines import drill, findings
from apps.backups.engines.backup import take_backup
from apps.backups.engines.drill import run_drill
from apps.backups.engines.faults.case import Case
from apps.backups.engines.faults.contents import changed
from apps.backups.engines.faults.stored import Damage, cut, fill, flip, lose_artefact, write_manifest
from apps.backups.engines.findings import Verdict
from apps.backups.engines.manifest import Manifest
from apps.backups.engines.postgresql import prover
from apps.backups.engines.postgresql.address import Address
from apps.backups.engines.postgresql.source import PostgreSQLSource
from apps.backups.engines.report import DrillReport
from apps.backups.engines.storage import LocalStorage
from apps.backups.engines.watch import Limits
from apps.common.postgresql.binaries import PostgreSQLMissing, installation_for
from apps.common.postgresql.throwaway import throwaway_server
from tests.backups.conftest import SHOP

DRILL = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from apps.backups.engines.drill import run_drill
from apps.backups.engines.postgresql.address import Address
from apps.backups.engines.storage import LocalStorage
run_drill(storage=LocalStorage(Path(sys.argv[1])), prefix="healthy", now=datetime.now(UTC))
"""


def drill_of(storage: LocalStorage, prefix: str, **options: object) -> DrillReport:
    return run_drill(storage=storage, prefix=prefix, now=datetime.now(UTC), **options)


def drill_after(case: Case, damage: Damage) -> DrillReport:
    damage(case)
    return case.drill()


def executed(*statements: str) -> Damage:
    """The artefact holds a database in which this was done after the fingerprint was taken; its checksum is right."""

    def change(connection: psycopg.Connection) -> None:
        for statement in statements:
            connection.execute(statement)

    return changed(change)


def test_a_healthy_backup_is_proven(storage: LocalStorage, healthy: Manifest) -> None:
    report = run_drill(
        storage=storage,
        prefix="healthy",
        now=healthy.snapshot_at + timedelta(hours=3),
        manifest_sha256=healthy.sha256,
    )

    assert report.findings == []
    assert report.verdict == Verdict.PROVEN
    assert list(report.stages) == ["fetch", "decompress", "start", "restore", "compare"]
    assert report.rto_seconds == pytest.approx(sum(report.stages.values()), abs=0.01)
    assert report.rpo_seconds == 3 * 3600
    assert (report.tables, report.rows) == (7, 2502)


FAULTS = {
    "a dropped table": (
        'DROP TABLE sales."Order" CASCADE',
        "table-missing",
        'The table sales."Order" is missing after the restore.',
    ),
    "a changed owner": (
        "ALTER TABLE sales.customer OWNER TO bystander",
        "owner-differs",
        "The owner of the table sales.customer is bystander; at backup time it was shop_",
    ),
    "an owner nobody knows": (
        "CREATE ROLE mallory; ALTER TABLE sales.customer OWNER TO mallory",
        "owner-differs",
        "Something belongs to the role mallory, which was not there at backup time",
    ),
    "a reset sequence": (
        "SELECT setval('sales.customer_id_seq', 1)",
        "sequence-behind",
        "The sequence sales.customer_id_seq stands at 1; at backup time it was at 200.",
    ),
}
MANY_FAULTS = {
    "DELETE FROM sales.event WHERE at = '2026-02-02'": (
        "row-count-differs",
        "The table sales.event_2026 holds 300 rows; at backup time it held 301.",
    ),
    "UPDATE sales.customer SET name = 'Mallory' WHERE id = 7": (
        "content-differs",
        "The table sales.customer holds the same number of rows, 200, but not the same ones.",
    ),
    "DROP INDEX sales.order_state": ("schema-differs", 'The indexes of the table sales."Order"'),
    "DROP FUNCTION sales.touch CASCADE": ("object-missing", "The routine sales.touch() is missing after the restore."),
    "GRANT DELETE ON sales.customer TO PUBLIC": ("privileges-differ", "The privileges on the table sales.customer"),
    "SELECT lo_unlink(oid) FROM pg_largeobject_metadata": (
        "large-objects-differ",
        "There are 0 large objects of 0 bytes; at backup time there were 1 of 10000 bytes.",
    ),
    "COMMENT ON COLUMN sales.child.b IS 'another'": ("schema-differs", "The comments of the database differ"),
    "ALTER DEFAULT PRIVILEGES IN SCHEMA sales REVOKE SELECT ON TABLES FROM PUBLIC": (
        "privileges-differ",
        "Default privileges are not those of backup time.",
    ),
    "ALTER TABLE sales.event DETACH PARTITION sales.event_2026": ("schema-differs", "The partitioning of the table"),
    "CREATE TABLE sales.smuggled ()": ("object-unexpected", "The table sales.smuggled is there after the restore"),
    "SELECT setval('sales.\"Order_id_seq\"', 5000)": ("sequence-ahead", "stands at 5000; when the backup ended"),
    "ALTER POLICY everyone ON sales.customer USING (false)": ("schema-differs", "The policies of the table"),
    "ALTER TYPE sales.state ADD VALUE 'lost'": ("schema-differs", "The labels of the type sales.state"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_whole_artefact_with_the_wrong_content_fails(case: Case, fault: str) -> None:
    statements, identifier, sentence = FAULTS[fault]
    report = drill_after(case, executed(statements))

    assert report.verdict == Verdict.FAILED
    assert identifier in [finding.id for finding in report.findings]
    assert sentence in "\n".join(finding.message for finding in report.findings)


def test_every_difference_is_named(case: Case) -> None:
    report = drill_after(case, executed(*MANY_FAULTS))

    assert report.verdict == Verdict.FAILED
    for identifier, sentence in MANY_FAULTS.values():
        assert [f for f in report.findings if f.id == identifier and sentence in f.message], (identifier, sentence)


def test_a_rewritten_copy_without_changes_is_proven(case: Case) -> None:
    assert drill_after(case, executed()).findings == []


def test_a_newer_server_proves_a_backup_of_an_older_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = (installation_for(major, with_server=True) for major in (16, 18))
    storage = LocalStorage(tmp_path)
    with throwaway_server(old) as server:
        server.create_database("shop")
        address = Address(server.connection_parameters("shop"))
        with address.connect() as connection:
            connection.execute(SHOP)
        take_backup(source=PostgreSQLSource(address), storage=storage, prefix="old")
    monkeypatch.setattr(prover, "installation_for", lambda *args, **options: new)

    report = drill_of(storage, "old")

    assert (report.verdict, report.findings) == (Verdict.PROVEN, [])


def test_one_flipped_bit_fails(case: Case) -> None:
    report = drill_after(case, flip(0.5))

    assert (report.verdict, [finding.id for finding in report.findings]) == ("failed", ["artefact-checksum-differs"])
    assert report.rto_seconds is None


@pytest.mark.parametrize("damage", [cut(fewer=1), cut(0.5), cut(0)], ids=["last byte", "half", "all"])
def test_a_truncated_artefact_fails(case: Case, damage: Damage) -> None:
    report = drill_after(case, damage)

    assert (report.verdict, [finding.id for finding in report.findings]) == ("failed", ["artefact-truncated"])


def test_a_lost_artefact_fails(case: Case) -> None:
    report = drill_after(case, lose_artefact)

    assert [finding.id for finding in report.findings] == [findings.ARTEFACT_MISSING]


def test_a_lost_manifest_fails(storage: LocalStorage) -> None:
    report = drill_of(storage, "never-taken")

    assert (report.verdict, report.findings[0].id) == (Verdict.FAILED, findings.MANIFEST_MISSING)


@pytest.mark.parametrize("content", [b"", b"{}", b"<html>Forbidden</html>", b'{"format": 1}', b'{"format": 99}', b"[]"])
def test_a_manifest_that_is_none_fails(case: Case, content: bytes) -> None:
    report = drill_after(case, write_manifest(content))

    assert [finding.id for finding in report.findings] == [findings.MANIFEST_UNREADABLE]


def test_a_backup_under_the_key_of_another_fails(case: Case) -> None:
    case.job = replace(case.job, manifest_sha256="0" * 64)

    assert [finding.id for finding in case.drill().findings] == [findings.MANIFEST_DIFFERS]


def test_an_error_page_instead_of_an_artefact_fails(case: Case) -> None:
    report = drill_after(case, fill(b"<html>Forbidden</html>"))

    assert [finding.id for finding in report.findings] == [findings.ARTEFACT_CHECKSUM_DIFFERS]


def test_without_a_server_nothing_is_proven(
    storage: LocalStorage, healthy: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*args: object, **options: object) -> None:
        raise PostgreSQLMissing("No server programs of PostgreSQL 18 or newer are installed")

    monkeypatch.setattr(prover, "installation_for", missing)
    report = drill_of(storage, "healthy")

    assert (report.verdict, report.findings[0].id) == (Verdict.COULD_NOT_VERIFY, findings.SERVER_MISSING)


def test_without_disk_nothing_is_proven(
    storage: LocalStorage, healthy: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drill, "SERVER_BYTES", 1 << 60)
    report = drill_of(storage, "healthy")

    assert (report.verdict, report.findings[0].id) == (Verdict.COULD_NOT_VERIFY, findings.DISK_TOO_SMALL)
    assert "MiB are free" in report.findings[0].message


def test_the_time_limit_leaves_it_open(storage: LocalStorage, healthy: Manifest) -> None:
    report = drill_of(storage, "healthy", limits=Limits(timeout_seconds=0.001))

    assert (report.verdict, report.findings[0].id) == (Verdict.COULD_NOT_VERIFY, findings.TIME_LIMIT_REACHED)


def test_a_drill_leaves_nothing_behind(storage: LocalStorage, healthy: Manifest, case: Case, workplace: Path) -> None:
    assert drill_of(storage, "healthy").verdict == Verdict.PROVEN
    assert drill_after(case, flip(0.5)).verdict == Verdict.FAILED

    assert list(workplace.iterdir()) == []


def test_a_killed_drill_leaves_nothing_behind(storage: LocalStorage, healthy: Manifest, workplace: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(workplace)}
    process = subprocess.Popen([sys.executable, "-c", DRILL, str(storage.folder)], env=environment)

    def running() -> list[int]:
        found = [file.read_text().split() for file in workplace.glob("*/data/postmaster.pid")]
        return [int(words[0]) for words in found if words]

    wait_until(running)
    (postmaster,) = running()
    os.kill(process.pid, signal.SIGKILL)
    process.wait()

    wait_until(lambda: not list(workplace.iterdir()))
    wait_until(lambda: not is_alive(postmaster))


def wait_until(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_alive(process_id: int) -> bool:
    status = Path(f"/proc/{process_id}/status")
    return status.exists() and "State:\tZ" not in status.read_text()
