"""SQLite: the copy is of one moment while others write, and every damage of it is named."""

import sqlite3
import subprocess
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from pytest_django import Settings

from apps.backups.engines.artefact import ARTEFACT_NAME
from apps.backups.engines.backup import take_backup
from apps.backups.engines.findings import Verdict
from apps.backups.engines.manifest import Manifest
from apps.backups.engines.sqlite.fingerprint import reading, take_fingerprint
from apps.backups.engines.sqlite.source import SQLiteSource
from apps.backups.engines.storage import LocalStorage
from apps.backups.exceptions import AddressInvalid, SourceUnreachable
from tests.backups.sources import doctored, drill_of, found_in

SHOP = """
PRAGMA user_version = 7;
PRAGMA application_id = 4711;
CREATE TABLE customer (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, note);
CREATE TABLE "odd ""order" (customer_id INTEGER REFERENCES customer, price REAL, at TEXT, raw BLOB);
CREATE TABLE pair (a TEXT, b INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5 (body);
CREATE INDEX by_price ON "odd ""order" (price) WHERE price > 10;
CREATE VIEW dear AS SELECT * FROM "odd ""order" WHERE price > 100;
CREATE TRIGGER stamped AFTER INSERT ON pair BEGIN UPDATE customer SET note = 'seen' WHERE id = 1; END;
INSERT INTO customer (name, note) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
  SELECT 'Customer ' || i, CASE i % 4 WHEN 0 THEN NULL WHEN 1 THEN i WHEN 2 THEN i / 3.0 ELSE x'00ff' END FROM n;
INSERT INTO "odd ""order" SELECT id, id * 1.1, '2026-03-29', randomblob(100) FROM customer;
INSERT INTO pair VALUES ('x', 1), ('x', 2);
INSERT INTO words VALUES ('hello world');
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sources") / "shop.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SHOP)
        connection.commit()
    return path


@pytest.fixture(scope="module")
def kept(shop: Path, storage: LocalStorage) -> Manifest:
    return take_backup(source=SQLiteSource(shop), storage=storage, prefix="sqlite")


def change(*statements: str) -> Callable[[Path], None]:
    def apply(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection:
            for statement in statements:
                connection.execute(statement)
                connection.commit()

    return apply


def test_a_healthy_backup_is_proven(storage: LocalStorage, kept: Manifest) -> None:
    report = drill_of(storage, "sqlite")

    assert (report.verdict, report.findings) == (Verdict.PROVEN, [])
    assert report.rows >= 402
    assert report.rto_seconds is not None


def test_the_restored_file_holds_what_the_source_held(storage: LocalStorage, kept: Manifest, tmp_path: Path) -> None:
    program = ["zstd", "-qd", storage.folder / "sqlite" / ARTEFACT_NAME, "-o", tmp_path / "restored.sqlite"]
    subprocess.run(program, check=True)

    with closing(sqlite3.connect(tmp_path / "restored.sqlite")) as restored:
        assert restored.execute("SELECT count(*), sum(price) > 22109 FROM dear").fetchone() == (110, 0)
        assert restored.execute("SELECT body FROM words WHERE words MATCH 'hello'").fetchall() == [("hello world",)]


def rewritten(path: Path) -> None:
    """Without its pages 4 and 5, as a disk that lies would leave it."""
    raw = bytearray(path.read_bytes())
    raw[3 * 4096 : 5 * 4096] = bytes(2 * 4096)
    path.write_bytes(raw)


DELETED = 'The table odd "order holds 199 rows; at backup time it held 200.'
FAULTS = {
    "missing table": (change('DROP TABLE "odd ""order"'), "table-missing", 'The table odd "order is missing'),
    "missing rows": (change('DELETE FROM "odd ""order" WHERE customer_id = 3'), "row-count-differs", DELETED),
    "another type": (change("UPDATE customer SET note = '5' WHERE id = 5"), "content-differs", "the same number of"),
    "a real for an integer": (change("UPDATE customer SET note = 5.0 WHERE id = 5"), "content-differs", "customer"),
    "a changed column": (change("ALTER TABLE pair RENAME b TO c"), "schema-differs", "The definition of the table"),
    "a missing index": (change("DROP INDEX by_price"), "object-missing", "The index by_price is missing"),
    "a missing view": (change("DROP VIEW dear"), "object-missing", "The view dear is missing"),
    "a missing trigger": (change("DROP TRIGGER stamped"), "object-missing", "The trigger stamped is missing"),
    "something more": (change("CREATE TABLE smuggled (a)"), "object-unexpected", "The table smuggled is there"),
    "a counter behind": (change("UPDATE sqlite_sequence SET seq = 1"), "sequence-behind", "stands at 1; at backup"),
    "a lost counter": (change("DELETE FROM sqlite_sequence"), "sequence-behind", "stands at 0; at backup time"),
    "another version": (change("PRAGMA user_version = 8"), "schema-differs", "The user version is 8; at backup time"),
    "a lost reference": (
        change("PRAGMA foreign_keys = off", "DELETE FROM customer WHERE id = 9"),
        "integrity-failed",
        "1 rows refer to rows that are not there; at backup time 0 did.",
    ),
    "another encoding": (
        lambda path: (path.unlink(), change("PRAGMA encoding = 'UTF-16le'", "CREATE TABLE a (b)")(path)),
        "encoding-differs",
        "The encoding is UTF-16le; at backup time it was UTF-8.",
    ),
    "broken pages": (rewritten, "restore-failed", "malformed"),
    "an error page": (lambda path: path.write_bytes(b"<html>Forbidden" * 999), "restore-failed", "not a database"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_named(fault: str, storage: LocalStorage, kept: Manifest, tmp_path: Path) -> None:
    damage, identifier, words = FAULTS[fault]
    found = found_in(storage, doctored(storage, kept, "sqlite", tmp_path, damage))

    assert [message for id_, message in found if id_ == identifier and words in message], found


def test_an_index_that_lies_is_found(storage: LocalStorage, kept: Manifest, tmp_path: Path) -> None:
    def damage(path: Path) -> None:
        change(
            "PRAGMA writable_schema = on",
            """UPDATE sqlite_schema SET sql = replace(sql, '> 10', '> 20') WHERE name = 'by_price'""",
        )(path)

    found = found_in(storage, doctored(storage, kept, "sqlite", tmp_path, damage))

    assert {"integrity-failed", "schema-differs"} <= {id_ for id_, _ in found}


@pytest.mark.parametrize(("size", "identifier"), [(-1, "artefact-truncated"), (None, "artefact-checksum-differs")])
def test_damaged_bytes_are_found(
    size: int | None, identifier: str, storage: LocalStorage, kept: Manifest, tmp_path: Path
) -> None:
    prefix = doctored(storage, kept, "sqlite", tmp_path, lambda path: None)
    artefact = storage.folder / prefix / ARTEFACT_NAME
    raw = bytearray(artefact.read_bytes())
    raw[len(raw) // 2] ^= 8 if size is None else 0
    artefact.write_bytes(raw[:size])

    assert [id_ for id_, _ in found_in(storage, prefix)] == [identifier]


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_backups_while_others_write_are_proven(mode: str, storage: LocalStorage, tmp_path: Path) -> None:
    """Each transfer moves money between two rows, so a copy of two moments would have another sum."""
    path, stop = tmp_path / "busy.sqlite", threading.Event()
    change(
        f"PRAGMA journal_mode = {mode}",
        "CREATE TABLE account (id INTEGER PRIMARY KEY, money INTEGER)",
        "CREATE TABLE transfer (at INTEGER PRIMARY KEY AUTOINCREMENT, filler BLOB)",
        "INSERT INTO account VALUES (1, 1000), (2, 1000)",
    )(path)

    def write() -> None:
        with closing(sqlite3.connect(path, timeout=30)) as connection:
            while not stop.wait(0.005):  # without a pause between two commits, nobody else would get a lock
                with connection:
                    connection.execute("UPDATE account SET money = money - 1 WHERE id = 1")
                    connection.execute("INSERT INTO transfer (filler) VALUES (randomblob(2000))")
                    connection.execute("UPDATE account SET money = money + 1 WHERE id = 2")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for round_ in range(10):
            prefix = f"sqlite-{mode}-{round_}"
            manifest = take_backup(source=SQLiteSource(path), storage=storage, prefix=prefix)
            assert drill_of(storage, prefix).findings == []
            assert manifest.fingerprint["counters"].get("transfer", 0) == manifest.summary.rows - 2
    finally:
        stop.set()
        writer.join()
    assert manifest.summary.rows > 2


def test_what_was_written_but_not_committed_is_not_in_it(storage: LocalStorage, tmp_path: Path) -> None:
    path = tmp_path / "wal.sqlite"
    change("PRAGMA journal_mode = wal", "CREATE TABLE a (b)", "INSERT INTO a VALUES (1)")(path)
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("INSERT INTO a VALUES (2)")
        manifest = take_backup(source=SQLiteSource(path), storage=storage, prefix="sqlite-uncommitted")

    assert manifest.summary.rows == 1
    assert drill_of(storage, "sqlite-uncommitted").verdict == Verdict.PROVEN


def test_text_that_is_no_text_is_kept(storage: LocalStorage, tmp_path: Path) -> None:
    path = tmp_path / "odd.sqlite"
    change("CREATE TABLE a (b TEXT)", "INSERT INTO a VALUES (CAST(x'ff41' AS TEXT)), (NULL), ('')")(path)
    take_backup(source=SQLiteSource(path), storage=storage, prefix="sqlite-odd")

    assert drill_of(storage, "sqlite-odd").verdict == Verdict.PROVEN


def test_equal_contents_have_equal_fingerprints_in_any_order(tmp_path: Path) -> None:
    contents = []
    for rows in (("1", "2", "'2'"), ("'2'", "1", "2"), ("'1'", "2", "'2'")):
        path = tmp_path / f"{len(contents)}.sqlite"
        change("CREATE TABLE a (b)", *(f"INSERT INTO a SELECT {row}" for row in rows))(path)
        with reading(path) as connection:
            contents.append(take_fingerprint(connection).tables["a"])

    assert contents[0] == contents[1] != contents[2]


def test_what_cannot_be_backed_up_says_why(storage: LocalStorage, tmp_path: Path) -> None:
    text, locked = tmp_path / "notes.txt", tmp_path / "locked.sqlite"
    text.write_text("dear diary, today I was no database")
    change("CREATE TABLE a (b)")(locked)

    def refusal(source: SQLiteSource) -> str:
        with pytest.raises(SourceUnreachable) as refused:
            take_backup(source=source, storage=storage, prefix="sqlite-refused")
        assert not (storage.folder / "sqlite-refused" / ARTEFACT_NAME).exists()
        return refused.value.message

    assert "is no SQLite database" in refusal(SQLiteSource(text))
    assert "cannot be read: No such file or directory" in refusal(SQLiteSource(tmp_path / "absent"))
    assert "cannot be read: Is a directory" in refusal(SQLiteSource(tmp_path))
    with closing(sqlite3.connect(locked, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert "locked" in refusal(SQLiteSource(locked, lock_wait_seconds=0.2))


def test_only_allowed_folders_are_read(settings: Settings, tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.write_bytes(b"")
    (inside / "link").symlink_to(outside)

    with pytest.raises(AddressInvalid, match="BACKUP_SOURCE_DIRECTORIES is not set"):
        SQLiteSource.from_url(f"sqlite://{inside}/a.db")
    settings.BACKUP_SOURCE_DIRECTORIES = [str(inside)]
    assert SQLiteSource.from_url(f"sqlite://{inside}/a%20b.db").path == inside / "a b.db"
    for path in (outside, inside / "link", inside / ".." / "outside", Path("/etc/passwd")):
        with pytest.raises(AddressInvalid, match="lies outside the folders"):
            SQLiteSource.from_url(f"sqlite://{path}")
    for url in ("sqlite://a.db", "file:///a.db", "sqlite:", "sqlite://user:secret@host/a.db", "sqlite:///a%00b"):
        with pytest.raises(AddressInvalid) as refused:
            SQLiteSource.from_url(url)
        assert "secret" not in refused.value.message
