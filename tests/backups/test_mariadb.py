"""MariaDB: dump and fingerprint are of one moment, and every loss is named. On real servers."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from pytest_django import Settings

from apps.backups import selectors, services
from apps.backups.engines import findings
from apps.backups.engines.artefact import ARTEFACT_NAME
from apps.backups.engines.backup import publish_manifest, take_backup
from apps.backups.engines.faults.proof import faults_named, fresh_backup, prove
from apps.backups.engines.findings import Verdict
from apps.backups.engines.manifest import MANIFEST_NAME, Manifest
from apps.backups.engines.mariadb import moment, programs
from apps.backups.engines.mariadb.address import Address, Connection, parse_address, rows_of
from apps.backups.engines.mariadb.moment import connected
from apps.backups.engines.mariadb.probe import probe_mariadb
from apps.backups.engines.mariadb.server import ThrowawayServer, throwaway_server
from apps.backups.engines.mariadb.source import MariaDBSource, require_mariadb
from apps.backups.engines.probe import State
from apps.backups.engines.register import engine_named
from apps.backups.engines.storage import LocalStorage
from apps.backups.exceptions import AddressInvalid, SourceUnreachable, ToolTooOld
from apps.backups.models import Backup, Database, DrillRun
from apps.backups.services import discovery
from apps.catalog.models import Environment
from apps.common.clock import now
from apps.common.postgresql.throwaway import throwaway_folder
from tests.backups.sources import doctored, drill_of, found_in
from tests.backups.test_drill import is_alive, wait_until
from tests.thoroughness import IS_THOROUGH

Change = Callable[[bytes], bytes]

FEW_FAULTS = ["flipped-content", "swapped-artefact", "missing-part", "lost-key", "expired-credential-at-drill"]

pytestmark = pytest.mark.skipif(programs.find_tool("mariadbd") is None, reason="MariaDB's server is not installed")

SHOP = """
CREATE DATABASE shop CHARACTER SET latin1 COLLATE latin1_swedish_ci;
USE shop;
CREATE TABLE customer (
  id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(80) CHARACTER SET utf8mb4 NOT NULL, flags BIT(9), weight FLOAT,
  ratio DOUBLE, price DECIMAL(10,3), at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, raw LONGBLOB, j JSON, g GEOMETRY,
  kind ENUM('a','b'), u UUID, ip INET6, born YEAR, seen DATETIME(6), doubled INT AS (id * 2) VIRTUAL, KEY by_name (name)
);
INSERT INTO customer (name, flags, weight, ratio, price, raw, j, g, kind, u, ip, born, seen)
  SELECT CONCAT('Kundé 🚢 ', seq), seq, seq / 3, seq / 7, seq / 9, IF(seq % 2, NULL, UNHEX(MD5(seq))),
    '{"a": "b\\\\n"}', POINT(seq, 1), 'a', UUID(), '::1', 2026, NOW(6) FROM mysql.seq;
CREATE TABLE item (customer_id INT, note TEXT, FOREIGN KEY (customer_id) REFERENCES customer (id) ON DELETE CASCADE);
INSERT INTO item SELECT id, CONCAT('it''s ', name, CHAR(0), CHAR(10)) FROM customer;
CREATE TABLE ledger (a INT PRIMARY KEY) WITH SYSTEM VERSIONING;
INSERT INTO ledger VALUES (1);
UPDATE ledger SET a = 2;
CREATE TABLE contract (a INT PRIMARY KEY, since TIMESTAMP(6) GENERATED ALWAYS AS ROW START,
  until TIMESTAMP(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (since, until)) WITH SYSTEM VERSIONING;
INSERT INTO contract (a) VALUES (1);
DELETE FROM contract;
CREATE SEQUENCE ticket START WITH 5;
SELECT NEXTVAL(ticket);
CREATE VIEW dear AS SELECT id, name FROM customer WHERE price > 3;
CREATE PROCEDURE greet (IN a INT) SELECT a;
CREATE FUNCTION next_of (a INT) RETURNS INT DETERMINISTIC RETURN a + 1;
CREATE TRIGGER stamped BEFORE INSERT ON item FOR EACH ROW SET NEW.note = UPPER(NEW.note);
CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DO DELETE FROM item WHERE FALSE;
CREATE EVENT once ON SCHEDULE AT NOW() + INTERVAL 1 SECOND DO DELETE FROM item WHERE FALSE;
CREATE USER clerk@localhost;
CREATE ROLE staff;
GRANT SELECT, INSERT ON shop.* TO staff;
GRANT staff TO clerk@localhost;
GRANT UPDATE (name), SELECT ON shop.customer TO clerk@localhost WITH GRANT OPTION;
GRANT EXECUTE ON PROCEDURE shop.greet TO clerk@localhost
"""


@pytest.fixture(scope="session")
def server() -> Iterator[ThrowawayServer]:
    with throwaway_folder() as folder, throwaway_server(folder, version="10.5", variables={}) as running:
        with connected(running.address_of("mysql")) as connection:
            rows_of(connection, "CREATE TABLE seq (seq INT PRIMARY KEY)")
            rows_of(connection, "INSERT INTO seq SELECT seq FROM seq_1_to_200")
            for statement in SHOP.split(";\n"):
                rows_of(connection, statement)
        yield running


@pytest.fixture(scope="session")
def shop(server: ThrowawayServer) -> Address:
    return server.address_of("shop")


@pytest.fixture(scope="session")
def kept(shop: Address, storage: LocalStorage) -> Manifest:
    return take_backup(source=MariaDBSource(shop), storage=storage, prefix="mariadb")


def test_a_healthy_backup_is_proven(storage: LocalStorage, kept: Manifest) -> None:
    report = drill_of(storage, "mariadb")

    assert report.findings == []
    assert report.verdict == Verdict.PROVEN
    assert (kept.warnings, report.rows) == ([], 403)
    assert set(kept.fingerprint["objects"]) == {
        *("table", "view", "sequence", "procedure", "function", "trigger", "event", "user"),
    }


def replaced(before: bytes, after: bytes) -> Change:
    def apply(raw: bytes) -> bytes:
        assert before in raw
        return raw.replace(before, after, 1)

    return apply


def also(statement: bytes) -> Change:
    """Changed after it was restored."""
    return replaced(b"\n-- Dump completed", b"\n" + statement + b";\n-- Dump completed")


def without(first: bytes, last: bytes) -> Change:
    """From the first mark up to the last one, which stays."""
    return lambda raw: raw[: raw.index(first)] + raw[raw.index(last, raw.index(first)) :]


DEFINED_BY_ANOTHER = b"CREATE OR REPLACE DEFINER=m@localhost VIEW dear AS SELECT id, name FROM customer WHERE price > 3"
# Each group is one artefact with all of its faults, and one drill that must name each of them.
FAULTS: list[list[tuple[Change, str, str]]] = [
    [
        (
            also(b"DELETE FROM customer WHERE id = 7"),
            "row-count-differs",
            "holds 199 rows; at backup time it held",
        ),
        (also(b"DELETE HISTORY FROM ledger"), "row-count-differs", "The table ledger holds 1 rows; at backup time"),
        (also(b"ALTER TABLE item MODIFY note LONGTEXT"), "schema-differs", "The columns of the table item differ"),
        (also(b"DROP VIEW dear"), "object-missing", "The view dear is missing after the restore."),
        (also(b"DROP FUNCTION next_of"), "object-missing", "The function next_of is missing after the restore."),
        (also(b"DROP TRIGGER stamped"), "object-missing", "The trigger stamped is missing after the restore."),
        (also(b"DROP EVENT nightly"), "object-missing", "The event nightly is missing after the restore."),
        (also(b"DROP EVENT once"), "object-missing", "The event once is missing after the restore."),
        (also(b"CREATE TABLE smuggled (a INT)"), "object-unexpected", "The table smuggled is there after the restore"),
        (
            also(b"ALTER TABLE customer AUTO_INCREMENT = 9000"),
            "sequence-ahead",
            "stands at 9000; when the backup",
        ),
        (replaced(b"DO SETVAL(", b"-- ("), "sequence-behind", "The sequence ticket stands at 5; at backup time"),
    ],
    [
        (replaced(b"it\\'s Kund", b"it\\'s kund"), "content-differs", "The table item holds the same number of rows"),
        (also(b"UPDATE customer SET ip = NULL WHERE id = 9"), "content-differs", "The table customer holds the same"),
        (also(b"ALTER TABLE customer DROP KEY by_name"), "schema-differs", "The definition of the table customer"),
        (replaced(b"RETURN a + 1", b"RETURN a + 2"), "schema-differs", "The definition of the function next_of"),
        (also(DEFINED_BY_ANOTHER), "owner-differs", "The owner of the view dear is m@localhost; at backup time"),
        (
            replaced(b"ENGINE=InnoDB AUTO_INCREMENT=", b"ENGINE=InnoDB COMMENT='"),
            "sequence-behind",
            "The sequence cust",
        ),
        (replaced(b" DEFAULT CHARSET=latin1 COLLATE=latin1_swedish_ci;", b"';"), "schema-differs", "table customer"),
        (replaced(b"COLLATE latin1_swedish_ci */", b"COLLATE latin1_bin */"), "collation-differs", "is latin1_bin; at"),
    ],
    [
        (also(b"DROP TABLE item"), "table-missing", "The table item is missing after the restore."),
        (
            replaced(b"SET latin1 COLLATE latin1_swedish_ci", b"SET utf8mb4"),
            "encoding-differs",
            "is utf8mb4; at",
        ),
    ],
    [(without(b"-- Dumping routines", b"-- Dump completed"), "object-missing", "The procedure greet is missing")],
    [(lambda raw: raw[: raw.index(b"-- Dumping routines")], "restore-failed", "ends without its last line")],
    [(lambda raw: b"<html>Forbidden -- Dump completed", "restore-failed", "The restore failed: mariadb ended with")],
    [(lambda raw: b"-- Dump completed", "restore-failed", "The database shop is not there after")],
]


@pytest.mark.parametrize("group", range(len(FAULTS)))
def test_every_fault_is_named(group: int, storage: LocalStorage, kept: Manifest, tmp_path: Path) -> None:
    def damage(path: Path) -> None:
        raw = path.read_bytes()
        for change, _, _ in FAULTS[group]:
            raw = change(raw)
        path.write_bytes(raw)

    found = found_in(storage, doctored(storage, kept, "mariadb", tmp_path, damage))

    for _, identifier, words in FAULTS[group]:
        assert [message for id_, message in found if id_ == identifier and words in message], (words, found)


def test_lost_grants_are_found(storage: LocalStorage, kept: Manifest) -> None:
    grants = kept.extras["grants"]
    assert len(grants) == 4
    assert not [grant for grant in grants if "password" in str(grant).lower()]
    (storage.folder / "mariadb-grants").mkdir()
    shutil.copy(storage.folder / "mariadb" / ARTEFACT_NAME, storage.folder / "mariadb-grants")
    publish_manifest(replace(kept, extras={"grants": grants[1:]}), storage=storage, prefix="mariadb-grants")

    assert [(id_, "clerk" in message) for id_, message in found_in(storage, "mariadb-grants")] == [
        ("privileges-differ", True)
    ]


@pytest.mark.parametrize(("end", "identifier"), [(-1, "artefact-truncated"), (None, "artefact-checksum-differs")])
def test_damaged_bytes_are_found(
    end: int | None, identifier: str, storage: LocalStorage, kept: Manifest, tmp_path: Path
) -> None:
    prefix = doctored(storage, kept, "mariadb", tmp_path, lambda path: None)
    artefact = storage.folder / prefix / ARTEFACT_NAME
    raw = bytearray(artefact.read_bytes())
    raw[len(raw) // 2] ^= 8 if end is None else 0
    artefact.write_bytes(raw[:end])

    assert [id_ for id_, _ in found_in(storage, prefix)] == [identifier]


@contextmanager
def a_busy_writer(address: Address) -> Iterator[None]:
    """Moves money between two tables in transactions, so that a dump of two moments has another sum."""
    stop = threading.Event()

    def write() -> None:
        with closing(address.connect()) as connection:
            connection.autocommit(False)
            while not stop.wait(0.002):
                rows_of(connection, "UPDATE giver SET money = money - 1")
                rows_of(connection, "UPDATE taker SET money = money + 1")
                rows_of(connection, "INSERT INTO transfer (filler) VALUES (REPEAT('x', 500))")
                connection.commit()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        stop.set()
        writer.join()


@pytest.fixture(scope="session")
def bank(server: ThrowawayServer) -> Address:
    with connected(server.address_of("mysql")) as connection:
        rows_of(connection, "CREATE DATABASE bank")
        for statement in (
            "CREATE TABLE bank.giver (money INT)",
            "CREATE TABLE bank.taker (money INT)",
            "CREATE TABLE bank.transfer (id INT AUTO_INCREMENT PRIMARY KEY, filler TEXT)",
            "INSERT INTO bank.giver VALUES (1000)",
            "INSERT INTO bank.taker VALUES (1000)",
            "CREATE USER keeper@localhost IDENTIFIED BY 'p@ss'",
            "CREATE USER reader@localhost IDENTIFIED BY 'p@ss'",
            "GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON bank.* TO keeper@localhost, reader@localhost",
            "GRANT RELOAD ON *.* TO keeper@localhost",
            "GRANT SELECT ON mysql.* TO keeper@localhost",
        ):
            rows_of(connection, statement)
    return server.address_of("bank")


def test_backups_while_others_write_are_proven(bank: Address, storage: LocalStorage) -> None:
    keeper = replace(bank, user="keeper", password="p@ss")
    with a_busy_writer(bank):
        taken = [
            take_backup(source=MariaDBSource(keeper), storage=storage, prefix=f"mariadb-busy-{n}") for n in range(6)
        ]
        for number in (0, 5):
            assert drill_of(storage, f"mariadb-busy-{number}").findings == []

    assert taken[5].summary.rows > taken[0].summary.rows
    assert all(table["is_settled"] for manifest in taken for table in manifest.fingerprint["tables"].values())
    assert all(manifest.warnings == [] for manifest in taken)


def test_a_hold_that_takes_its_time_lets_no_commit_in_between(
    bank: Address, storage: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine the dump would have begun long before commits were held."""
    hold = moment._hold

    def hold_slowly(control: Connection) -> bool:
        time.sleep(1)
        return hold(control)

    monkeypatch.setattr(moment, "_hold", hold_slowly)
    with a_busy_writer(bank):
        take_backup(source=MariaDBSource(bank), storage=storage, prefix="mariadb-late-hold")

    assert drill_of(storage, "mariadb-late-hold").findings == []


def test_without_reload_what_moved_is_left_out_and_said(
    bank: Address, storage: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dump is as good, and its moment is not known exactly: nothing that moved then is compared."""
    reader = MariaDBSource(replace(bank, user="reader", password="p@ss"))
    quiet = take_backup(source=reader, storage=storage, prefix="mariadb-quiet")
    begin = moment.begin_snapshot

    def begin_before_somebody_commits(connection: Connection) -> datetime:
        begun_at = begin(connection)
        with connected(bank) as other:
            rows_of(other, "UPDATE giver SET money = money - 1")
        return begun_at

    monkeypatch.setattr(moment, "begin_snapshot", begin_before_somebody_commits)
    busy = take_backup(source=reader, storage=storage, prefix="mariadb-unlocked")
    report = drill_of(storage, "mariadb-unlocked")

    assert {warning.id for warning in busy.warnings} == {findings.CONTENT_UNSETTLED, findings.PRIVILEGES_NOT_READ}
    assert [(finding.id, "giver" in finding.message) for finding in report.warnings] == [
        (findings.CONTENT_UNSETTLED, True)
    ]
    assert report.verdict == Verdict.PROVEN
    assert [warning.id for warning in quiet.warnings] == [findings.PRIVILEGES_NOT_READ]


def test_tables_without_transactions_are_a_warning(server: ThrowawayServer, storage: LocalStorage) -> None:
    with connected(server.address_of("mysql")) as connection:
        rows_of(connection, "CREATE DATABASE old")
        rows_of(connection, "CREATE TABLE old.plain (a INT) ENGINE=MyISAM")
        rows_of(connection, "INSERT INTO old.plain VALUES (1), (NULL)")
    manifest = take_backup(source=MariaDBSource(server.address_of("old")), storage=storage, prefix="mariadb-old")

    assert [(w.id, "plain" in w.message) for w in manifest.warnings] == [(findings.TABLE_NOT_TRANSACTIONAL, True)]
    assert drill_of(storage, "mariadb-old").findings == []


def test_a_user_who_would_not_see_all_is_refused(server: ThrowawayServer, storage: LocalStorage) -> None:
    with connected(server.address_of("mysql")) as connection:
        rows_of(connection, "CREATE USER blind@localhost IDENTIFIED BY 'x'")
        rows_of(connection, "GRANT SELECT ON shop.* TO blind@localhost")
    blind = replace(server.address_of("shop"), user="blind", password="x")

    with pytest.raises(SourceUnreachable) as refused:
        take_backup(source=MariaDBSource(blind), storage=storage, prefix="mariadb-blind")

    assert "GRANT SHOW VIEW, TRIGGER, EVENT ON `shop`.* TO 'blind'@'localhost'" in refused.value.message
    assert not (storage.folder / "mariadb-blind" / MANIFEST_NAME).exists()


def test_a_server_that_does_not_answer_says_so_without_the_password(shop: Address, storage: LocalStorage) -> None:
    wrong = [
        replace(shop, password="hunter2"),
        replace(shop, options={"socket": "/nowhere"}),
        replace(shop, database="x"),
    ]
    for address in wrong:
        with pytest.raises(SourceUnreachable) as refused:
            take_backup(source=MariaDBSource(address), storage=storage, prefix="mariadb-none")
        assert "Cannot connect to the database" in refused.value.message
        assert "hunter2" not in refused.value.message + repr(address)


def test_a_server_newer_than_the_tools_is_refused(storage: LocalStorage, kept: Manifest) -> None:
    with pytest.raises(ToolTooOld, match=r"mariadb-dump of MariaDB 99.1 or newer is needed and 10\.\d+\.\d+ is"):
        programs.tool_for("mariadb-dump", "99.1.2-MariaDB", package="mariadb-client")
    newer = {**kept.fingerprint, "server_version": "99.1.2-MariaDB"}
    (storage.folder / "mariadb-newer").mkdir()
    shutil.copy(storage.folder / "mariadb" / ARTEFACT_NAME, storage.folder / "mariadb-newer")
    publish_manifest(replace(kept, fingerprint=newer), storage=storage, prefix="mariadb-newer")
    report = drill_of(storage, "mariadb-newer")

    assert (report.verdict, report.findings[0].id) == (Verdict.COULD_NOT_VERIFY, findings.SERVER_MISSING)


@pytest.mark.parametrize(
    "url",
    [
        "mysql://u:p@h/",
        "mysql://h/name",
        "postgresql://u:secret@h/name",
        "mysql://u:sec/ret@h/name",
        "mysql://u:secret@h:port/name",
        "mysql://u:secret@h/name?surprise=1",
        "mysql://u:secret@h/name?socket",
        "nonsense",
    ],
)
def test_urls_that_cannot_be_used_are_refused_without_repeating_them(url: str) -> None:
    with pytest.raises(AddressInvalid) as refused:
        parse_address(url)

    assert "sec" not in refused.value.message


def test_urls_are_read() -> None:
    assert parse_address("mysql://me:p%40ss@db.example:3307/my_shop?ssl_ca=/ca.pem") == Address(
        "my_shop", "me", "db.example", 3307, "p@ss", {"ssl_ca": "/ca.pem"}
    )
    assert "--socket=/run/s" in parse_address("mariadb://me@localhost/shop?socket=/run/s").arguments


DRILL = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from apps.backups.engines.drill import run_drill
from apps.backups.engines.register import engine_named
from apps.backups.engines.storage import LocalStorage
run_drill(storage=LocalStorage(Path(sys.argv[1])), prefix="mariadb", now=datetime.now(UTC))
"""


def test_a_killed_drill_leaves_nothing_behind(storage: LocalStorage, kept: Manifest, workplace: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", DRILL, str(storage.folder)], env={**os.environ, "TMPDIR": str(workplace)}
    )
    wait_until(lambda: list(workplace.glob("*/run/server.pid")))
    server = int(next(workplace.glob("*/run/server.pid")).read_text())
    os.kill(process.pid, signal.SIGKILL)
    process.wait()

    wait_until(lambda: not list(workplace.iterdir()))
    wait_until(lambda: not is_alive(server))


def url_of(address: Address) -> str:
    user, password = quote(address.user, safe=""), quote(address.password, safe="")
    return f"mysql://{user}:{password}@localhost/{address.database}?socket={address.options['socket']}"


def test_it_is_backed_up_and_proven_from_the_form_to_the_verdict(
    shop: Address, environment: Environment, settings: Settings, tmp_path: Path
) -> None:
    settings.BACKUP_DIRECTORY = str(tmp_path / "backups")
    database = Database(environment=environment, name="other", engine="mariadb", connection_url=url_of(shop))
    database.full_clean()
    database.save()
    services.carry_out_backup(run=services.queue_backup(database=database))
    services.carry_out_drill(run=services.queue_drill(database=database))

    assert DrillRun.objects.get(database=database).verdict == "proven"
    assert dict(selectors.fingerprint_summary(Backup.objects.get(database=database)))["trigger"] == 1


def test_mysql_is_refused_with_what_to_do_instead() -> None:
    require_mariadb("10.11.6-MariaDB-1")
    with pytest.raises(SourceUnreachable, match=r"MySQL 8\.0\.36\. .* Let mysqldump write to a folder"):
        require_mariadb("8.0.36")


def test_databases_beside_it_are_found_and_protected(shop: Address, environment: Environment) -> None:
    with connected(shop) as connection:
        rows_of(connection, "CREATE DATABASE IF NOT EXISTS `for gotten`")
    Database.objects.create(environment=environment, name="shop", engine="mariadb", connection_url=url_of(shop))

    new = {one.name: one for one in discovery.discover(at=now())}

    assert "for gotten" in new
    assert not {"shop", "mysql", "sys", "information_schema"} & new.keys()
    protected = discovery.protect(found=new["for gotten"], at=now())
    assert parse_address(protected.connection_url) == replace(shop, database="for gotten")
    assert discovery.discover(at=now()) == []


def test_faults_of_the_stored_bytes_are_caught(bank: Address) -> None:
    def write() -> None:
        with connected(bank) as connection:
            rows_of(connection, "INSERT INTO transfer (filler) VALUES ('later')")

    with fresh_backup(engine_named("mariadb"), url_of(bank), between=write) as healthy:
        proof = prove(healthy, faults_named(*(() if IS_THOROUGH else FEW_FAULTS)))

    assert [outcome.id for outcome in proof.outcomes if not outcome.caught] == []
    assert len(proof.outcomes) >= len(FEW_FAULTS)


def test_a_test_of_the_connection_names_each_grant(bank: Address) -> None:
    keeper = replace(bank, user="keeper", password="p@ss")
    reader = replace(bank, user="reader", password="p@ss")

    assert {line.state for line in probe_mariadb(url_of(keeper), now())} == {State.OK}
    doubts = {line.id: line.advice for line in probe_mariadb(url_of(reader), now()) if line.state == State.WARNING}
    assert doubts == {
        "snapshot": "GRANT RELOAD ON *.* TO 'reader'@'localhost';",
        "grants": "GRANT SELECT ON mysql.* TO the user of the connection URL;",
    }
    (refusal,) = probe_mariadb(url_of(replace(bank, user="reader", password="hunter2")), now())
    assert (refusal.id, refusal.state, "hunter2" in refusal.message) == ("reachable", State.MISSING, False)
    assert [line.id for line in probe_mariadb("nonsense", now())] == ["address"]
