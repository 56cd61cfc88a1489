"""What a backup says of its source: samples, warnings, identity, and why it could not be read."""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from apps.backups.engines.backup import publish_manifest, take_backup
from apps.backups.engines.drill import run_drill
from apps.backups.engines.findings import Verdict
from apps.backups.engines.identity import compare_sources
from apps.backups.engines.manifest import Manifest
from apps.backups.engines.postgresql import dump, fingerprint, rows
from apps.backups.engines.postgresql.address import Address
from apps.backups.engines.postgresql.comparison import compare
from apps.backups.engines.postgresql.fingerprint import Fingerprint, prepare_session, take_fingerprint
from apps.backups.engines.postgresql.rows import Effort, RowHash, read_large_objects, read_tables
from apps.backups.engines.postgresql.source import PostgreSQLSource
from apps.backups.engines.postgresql.source_warnings import find_warnings
from apps.backups.engines.storage import LocalStorage
from apps.backups.exceptions import BackupError
from apps.common import shell
from apps.common.postgresql.binaries import installation_for
from apps.common.postgresql.throwaway import throwaway_server
from tests.servers import url_on_test_server


@pytest.fixture
def session(shop: Address) -> Iterator[psycopg.Connection]:
    """A transaction on the shop, rolled back afterwards."""
    with shop.connect() as connection:
        prepare_session(connection)
        yield connection
        connection.rollback()


@pytest.mark.parametrize("row_hash", RowHash)
def test_pieces_come_to_the_same_as_whole_tables(
    shop: Address, session: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, row_hash: RowHash
) -> None:
    whole = read_tables([session], row_hash=row_hash)
    monkeypatch.setattr(rows, "PIECE_PAGES", 2)
    with shop.connect() as other:
        prepare_session(other)
        assert read_tables([session, other], row_hash=row_hash, effort=Effort(rest_percent=1)) == whole


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("numeric", "1.0", "1.00"),
        ("float8", "0", "-0"),
        ("interval", "1 month", "30 days"),
        ("jsonb", '{"a": 1.0}', '{"a": 1.00}'),
        ("numeric[]", "{1.0}", "{1.00}"),
        ("sales.state", "new", "paid"),
        ("bpchar", "a", "a "),
        ("text", "", None),
    ],
)
def test_values_that_are_equal_but_not_the_same_are_told_apart(
    session: psycopg.Connection, kind: str, one: str, other: str | None
) -> None:
    session.execute(f"CREATE TABLE sales.told_apart (id int, value {kind})")
    contents = set()
    for value in (one, other):
        session.execute("TRUNCATE sales.told_apart")
        session.execute("INSERT INTO sales.told_apart VALUES (1, %s)", [value])
        contents.add(read_tables([session], row_hash=RowHash.COLUMNS)["sales.told_apart"].content)

    assert len(contents) == 2


@pytest.mark.parametrize("row_hash", RowHash)
def test_values_that_changed_places_between_rows_are_seen(session: psycopg.Connection, row_hash: RowHash) -> None:
    session.execute("CREATE TABLE sales.paired AS VALUES (1, 'one'), (2, 'two')")
    before = read_tables([session], row_hash=row_hash)["sales.paired"].content
    session.execute("UPDATE sales.paired SET column1 = 3 - column1")

    assert read_tables([session], row_hash=row_hash)["sales.paired"].content != before


def test_a_backup_of_which_rows_were_hashed_as_text_is_still_proven(
    shop: Address, storage: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fingerprint, "best_row_hash", lambda connection: RowHash.TEXT)
    manifest = take_backup(source=PostgreSQLSource(shop), storage=storage, prefix="new")
    monkeypatch.undo()
    silent = {name: value for name, value in manifest.fingerprint.items() if name != "row_hash"}
    with storage.write("old/database.dump.zst") as file:
        file.write((storage.folder / "new/database.dump.zst").read_bytes())
    publish_manifest(replace(manifest, fingerprint=silent, companions=()), storage=storage, prefix="old")

    report = run_drill(storage=storage, prefix="old", now=datetime.now(UTC))

    assert (report.verdict, report.findings) == (Verdict.PROVEN, [])


def test_large_objects_are_read_in_pieces_as_a_reader_sees_them(
    session: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = read_large_objects(session)
    session.execute(
        "SELECT lo_put(lo_creat(-1), 7000, 'end'), lo_creat(-1), lo_from_bytea(0, repeat('x', 4096)::bytea)"
    )
    whole = read_large_objects(session)
    monkeypatch.setattr(rows, "LARGE_OBJECT_PIECE_BYTES", 2048)
    pieces = read_large_objects(session)

    assert (whole.count - before.count, whole.size_bytes - before.size_bytes) == (3, 7003 + 4096)
    assert (pieces.count, pieces.size_bytes) == (whole.count, whole.size_bytes)
    session.execute("SELECT lo_put(oid, 5000, 'y') FROM pg_largeobject_metadata ORDER BY oid DESC LIMIT 1")
    assert read_large_objects(session).content != pieces.content


def test_a_sample_is_the_same_after_a_restore_and_is_called_one(shop: Address, storage: LocalStorage) -> None:
    source = PostgreSQLSource(shop, Effort(sample_above_bytes=16_384))
    manifest = take_backup(source=source, storage=storage, prefix="sampled")

    report = run_drill(storage=storage, prefix="sampled", now=datetime.now(UTC))

    sampled = Fingerprint.from_json(manifest.fingerprint).samples
    assert sampled['sales."Order"'] > 1
    assert "sales.nothing" not in sampled
    assert report.verdict == Verdict.PROVEN
    (warning,) = [warning for warning in report.warnings if warning.id == "content-sampled"]
    assert 'sales."Order"' in warning.message


def test_a_changed_row_of_the_sample_is_seen(session: psycopg.Connection) -> None:
    effort = Effort(sample_above_bytes=16_384)
    before = take_fingerprint(session, effort=effort)
    session.execute("""UPDATE sales."Order" SET weight = weight + 1""")
    after = take_fingerprint(session, like=before)

    assert [finding.id for finding in compare(before, after)] == ["content-sampled", "content-differs"]


def test_what_is_odd_about_a_source_is_a_warning(session: psycopg.Connection) -> None:
    assert find_warnings(session, take_fingerprint(session)) == []
    session.execute("SELECT setval('sales.customer_id_seq', 7)")
    session.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'sales.parcel_size'::regclass")

    found = {warning.id: warning.message for warning in find_warnings(session, take_fingerprint(session))}

    assert found == {
        "sequence-behind-data": "The sequence sales.customer_id_seq stands at 7, but customer.id reaches 200.",
        "index-invalid": "Invalid indexes, which no dump restores: sales.parcel_size.",
    }
    session.execute("SELECT setval('sales.customer_id_seq', 200)")  # sequences do not roll back


def test_another_server_or_database_than_last_time_is_a_warning(healthy: Manifest) -> None:
    last = healthy.fingerprint
    elsewhere = {**last, "identity": {**last["identity"], "system_identifier": "1"}}
    hour = timedelta(hours=1)

    assert last["identity"]["system_identifier"]
    assert list(compare_sources(last, last, lag_allowed=hour)) == []
    assert list(compare_sources({}, last, lag_allowed=hour)) == []
    assert [found.id for found in compare_sources(last, elsewhere, lag_allowed=hour)] == ["source-changed"]
    lagging = {"identity": {"is_standby": True, "replay_lag_seconds": 3601.2}}
    (stale,) = compare_sources({}, lagging, lag_allowed=hour)
    assert (stale.id, stale.message.split(";")[0]) == ("source-stale", "The standby is 1:00:01 behind its primary")


def refusal(address: Address, folder: Path) -> str:
    """What a backup says that cannot be taken; it must leave nothing."""
    with pytest.raises(BackupError) as caught:
        take_backup(source=PostgreSQLSource(address), storage=LocalStorage(folder), prefix="refused")
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    return caught.value.message


def test_a_lock_is_waited_for_only_so_long(shop: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dump, "LOCK_WAIT_MILLISECONDS", 100)
    monkeypatch.setitem(fingerprint.SESSION, "lock_timeout", "100ms")
    with shop.connect() as holder:
        holder.execute("LOCK TABLE sales.customer")
        said = refusal(shop, tmp_path)
        holder.rollback()

    assert "Somebody holds a lock on a table" in said


def test_a_user_who_may_not_read_or_sees_not_every_row_is_told(shop: Address, tmp_path: Path) -> None:
    password = "of-a-test"
    with psycopg.connect(url_on_test_server(shop.database), autocommit=True) as server:
        server.execute(sql.SQL("CREATE ROLE poor LOGIN PASSWORD {}").format(sql.Literal(password)))
        poor = Address({**shop.parameters, "user": "poor", "password": password})
        try:
            assert "GRANT pg_read_all_data to it" in refusal(poor, tmp_path)
            server.execute("GRANT pg_read_all_data TO poor")
            assert "Give it BYPASSRLS" in refusal(poor, tmp_path)
            wrong = replace(poor, parameters={**poor.parameters, "password": "another"})
            assert "password authentication failed" in refusal(wrong, tmp_path)
            asked = {key: value for key, value in poor.parameters.items() if key != "password"}
            assert "no password supplied" in refusal(Address(asked), tmp_path)
        finally:
            server.execute("DROP OWNED BY poor; DROP ROLE poor")


def test_a_server_that_goes_away_in_the_middle_leaves_no_backup(tmp_path: Path) -> None:
    with throwaway_server(installation_for(16, with_server=True)) as server:
        server.create_database("shop")
        address = Address(server.connection_parameters("shop"))
        with address.connect() as connection:
            connection.execute(
                "CREATE TABLE big AS SELECT n, repeat(md5(n::text), 20) FROM generate_series(1, 60000) n"
            )
        held = address.connect()
        held.execute("LOCK TABLE big")  # so that the dump is certainly under way
        stopper = threading.Thread(target=stop_once_waited_for, args=[server, address])
        stopper.start()
        said = refusal(address, tmp_path)
        stopper.join()
        held.close()

    assert "The server went away during the dump, so nothing was stored" in said


def stop_once_waited_for(server: object, address: Address) -> None:
    deadline = time.monotonic() + 60
    with address.connect(autocommit=True) as connection:
        while time.monotonic() < deadline:
            waiting = connection.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
            if waiting and waiting[0]:
                break
            time.sleep(0.02)
    server._run("pg_ctl", "stop", "-D", server.data_folder, "-m", "immediate", "-s")  # type: ignore[attr-defined]


def test_a_dump_that_is_killed_leaves_no_backup(shop: Address, tmp_path: Path) -> None:
    with shop.connect() as holder:
        holder.execute("LOCK TABLE sales.customer")
        refused = threading.Event()
        killer = threading.Thread(target=end_whoever_waits, args=[shop, refused])
        killer.start()
        said = refusal(shop, tmp_path)
        refused.set()
        killer.join()
        holder.rollback()

    assert "The server went away during the dump" in said


def test_a_fingerprint_that_nobody_waits_for_ends_before_its_connection_is_closed(
    shop: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    had_ended = []
    for attempt in range(5):
        with shop.connect() as holder, dump.open_snapshot(shop) as snapshot:
            holder.execute("LOCK TABLE sales.customer")
            with suppress(shell.ToolFailed), dump.fingerprinting(snapshot) as reading:
                close = snapshot.connection.close
                closing = partial(lambda reading, close: (had_ended.append(reading.done()), close()), reading, close)
                monkeypatch.setattr(snapshot.connection, "close", closing)
                time.sleep(attempt * 0.02)
                raise shell.ToolFailed("It broke.")
            assert snapshot.connection.closed
            assert isinstance(reading.exception(timeout=0), psycopg.OperationalError)
            holder.rollback()
    assert all(had_ended)


def end_whoever_waits(shop: Address, refused: threading.Event) -> None:
    """End the sessions of the dump and of the fingerprint while they wait, as an administrator would."""
    query = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = %s AND wait_event_type = 'Lock'"""
    with psycopg.connect(url_on_test_server(), autocommit=True) as server:
        while not refused.wait(0.02):
            server.execute(query, [shop.database])
