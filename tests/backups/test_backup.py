"""Taking a backup: one snapshot, one commit record, nothing half-published."""

import json
import shutil
import subprocess
import threading
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from apps.backups.engines.artefact import ARTEFACT_NAME, hash_file
from apps.backups.engines.backup import take_backup
from apps.backups.engines.drill import run_drill
from apps.backups.engines.findings import Verdict
from apps.backups.engines.manifest import MANIFEST_NAME, Manifest, read_manifest
from apps.backups.engines.postgresql import fingerprint
from apps.backups.engines.postgresql.address import Address, parse_address
from apps.backups.engines.postgresql.fingerprint import Fingerprint
from apps.backups.engines.postgresql.source import PostgreSQLSource
from apps.backups.engines.storage import LocalStorage
from apps.backups.exceptions import (
    AddressInvalid,
    ManifestUnreadable,
    SourceUnreachable,
    SourceUnreadable,
    StorageFailed,
)
from apps.common.postgresql.binaries import newest_server_installation
from apps.common.postgresql.throwaway import throwaway_server


def test_the_manifest_describes_what_was_stored(storage: LocalStorage, healthy: Manifest) -> None:
    folder = storage.folder / "healthy"

    assert hash_file(folder / ARTEFACT_NAME) == healthy.artefact.sha256
    assert (folder / ARTEFACT_NAME).stat().st_size == healthy.artefact.size_bytes
    assert read_manifest(folder / MANIFEST_NAME) == healthy
    assert sorted(path.name for path in folder.iterdir()) == sorted([ARTEFACT_NAME, "globals.sql", MANIFEST_NAME])


def test_the_fingerprint_is_exact(healthy: Manifest) -> None:
    print_ = Fingerprint.from_json(healthy.fingerprint)

    assert {name: table.rows for name, table in print_.tables.items()} == {
        'sales."Order"': 2000,
        "sales.customer": 200,
        "sales.event_2026": 301,
        "sales.child": 1,
        "sales.nothing": 0,
        "sales.parent": 0,
        "sales.parcel": 0,
    }
    assert print_.sequences["sales.customer_id_seq"].last_value == 200
    assert (print_.large_objects.count, print_.large_objects.size_bytes) == (1, 10_000)
    assert print_.objects["table"]["sales.customer"]["owner"].endswith("_owner")
    assert (print_.encoding, print_.extensions["plpgsql"]) == ("UTF8", "1.0")


def test_no_password_of_a_role_is_recorded(shop: Address, storage: LocalStorage) -> None:
    with shop.connect() as connection:
        connection.execute("CREATE ROLE guarded_one LOGIN PASSWORD 'open sesame'")
    try:
        manifest = take_backup(source=PostgreSQLSource(shop), storage=storage, prefix="guarded")
        assert "guarded_one" in {role["name"] for role in manifest.extras["roles"]}
        text = (storage.folder / "guarded" / MANIFEST_NAME).read_text()
        assert "SCRAM" not in text
        assert "sesame" not in text
        assert str(shop.parameters["password"]) not in text
    finally:
        with shop.connect() as connection:
            connection.execute("DROP ROLE guarded_one")


def test_a_backup_of_a_busy_database_is_proven(shop: Address, storage: LocalStorage) -> None:
    """Rows and sequences move while it runs; the fingerprint is of the snapshot, so the comparison stays exact."""
    stop = threading.Event()

    def write() -> None:
        with shop.connect(autocommit=True) as connection:
            while not stop.is_set():
                connection.execute("INSERT INTO sales.event VALUES ('2026-12-01', 'busy')")
                connection.execute("SELECT nextval('sales.busy')")

    with shop.connect() as connection:
        connection.execute("CREATE SEQUENCE sales.busy")
    writer = threading.Thread(target=write)
    writer.start()
    try:
        manifests = [
            take_backup(source=PostgreSQLSource(shop), storage=storage, prefix=f"busy-{turn}") for turn in range(3)
        ]
    finally:
        stop.set()
        writer.join()
        with shop.connect() as connection:
            connection.execute("DROP SEQUENCE sales.busy; DELETE FROM sales.event WHERE at = '2026-12-01'")

    counts = [manifest.fingerprint["tables"]["sales.event_2026"]["rows"] for manifest in manifests]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]
    report = run_drill(storage=storage, prefix="busy-2", now=manifests[-1].finished_at)
    assert (report.verdict, report.findings) == (Verdict.PROVEN, [])


def test_a_failing_dump_publishes_nothing(shop: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "apps.backups.engines.postgresql.dump.make_dump_arguments",
        lambda *names, **options: ["--format=custom", "--no-password"],
    )
    monkeypatch.setenv("PGHOST", "nowhere.invalid")

    with pytest.raises(SourceUnreadable, match="nothing was stored"):
        take_backup(source=PostgreSQLSource(shop), storage=LocalStorage(tmp_path), prefix="failed")

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_backup_refused_before_its_manifest_is_none(shop: Address, tmp_path: Path) -> None:
    def refuse() -> None:
        raise StorageFailed("the lease was lost")

    with pytest.raises(StorageFailed, match="lease"):
        take_backup(
            source=PostgreSQLSource(shop), storage=LocalStorage(tmp_path), prefix="refused", before_publishing=refuse
        )

    assert not (tmp_path / "refused" / MANIFEST_NAME).exists()


def test_a_failing_fingerprint_ends_the_dump(shop: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(connection: psycopg.Connection, **options: object) -> None:
        connection.execute("SELECT 1 / 0")

    monkeypatch.setattr(fingerprint, "take_fingerprint", fail)

    with pytest.raises(SourceUnreachable, match="division by zero"):
        take_backup(source=PostgreSQLSource(shop), storage=LocalStorage(tmp_path), prefix="failed")

    assert not (tmp_path / "failed" / MANIFEST_NAME).exists()


def test_an_unreachable_source_is_named_without_its_password(tmp_path: Path) -> None:
    address = parse_address(f"postgresql://app:hunter2@/shop?host={tmp_path}")

    with pytest.raises(SourceUnreachable, match="Cannot connect to the database shop") as caught:
        take_backup(source=PostgreSQLSource(address), storage=LocalStorage(tmp_path / "storage"), prefix="none")

    assert "hunter2" not in caught.value.message
    assert "hunter2" not in repr(address)
    assert "hunter2" not in address.public_conninfo


@pytest.mark.parametrize("password", ["hunt@er2", "hunt/er2", "hunt@/er2", "@hunter2", "hunter2/"])
def test_a_password_that_ends_early_is_refused_before_its_rest_is_shown(password: str) -> None:
    with pytest.raises(AddressInvalid, match="%40 and %2F"):
        parse_address(f"postgresql://app:{password}@db.example.org/shop")


@pytest.mark.parametrize(
    "url", ["postgresql://app:p%40s%2Fs@h/shop", "postgresql:///shop?user=a@b", "postgresql://app:a?b#c@h:1/shop"]
)
def test_a_password_that_is_encoded_is_taken_whole(url: str) -> None:
    assert parse_address(url).database == "shop"


def test_a_setting_that_the_driver_refuses_is_said_in_words() -> None:
    with pytest.raises(SourceUnreachable, match="bad value for connect_timeout"):
        parse_address("postgresql://app:hunter2@127.0.0.1/shop?connect_timeout=soon").connect()


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://u:hunter2@h/d", "postgresql://u:hunter2@h/d?pool=true"])
def test_a_url_that_is_none_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(AddressInvalid, match="connection URL") as caught:
        parse_address(url)

    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_manifest_of_a_later_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"format": 3}')

    with pytest.raises(ManifestUnreadable, match="is of format 3; this version reads up to 2"):
        read_manifest(tmp_path / "manifest.json")


def test_a_backup_is_restored_without_seaworthy(storage: LocalStorage, healthy: Manifest, tmp_path: Path) -> None:
    if shutil.which("zstd") is None:
        pytest.skip("zstd is not installed")
    dump = tmp_path / "database.dump"
    subprocess.run(["zstd", "-dq", storage.folder / "healthy" / ARTEFACT_NAME, "-o", dump], check=True)
    with throwaway_server(newest_server_installation()) as server:
        parameters = server.connection_parameters("template1")
        with psycopg.connect(**parameters, autocommit=True) as connection:
            for role in json.loads((storage.folder / "healthy" / MANIFEST_NAME).read_text())["extras"]["roles"]:
                if role["name"] != server.superuser:
                    connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role["name"])))
        program = server.installation.program("pg_restore")
        command = [program, "--create", "--exit-on-error", f"--dbname={server.connection_url('template1')}", dump]
        subprocess.run(command, check=True)
        with psycopg.connect(**server.connection_parameters(healthy.database)) as connection:
            assert connection.execute("SELECT count(*) FROM sales.customer").fetchone() == (200,)
