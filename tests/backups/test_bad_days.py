"""Bad days, on the real thing: a full disk, a killed dump, a standby, certificates and clocks that do not agree."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any

import psycopg
import pytest
from pytest_django import Settings

from apps.backups import services
from apps.backups.engines import artefact, backup
from apps.backups.engines.artefact import Written
from apps.backups.engines.backup import take_backup
from apps.backups.engines.drill import run_drill
from apps.backups.engines.findings import Verdict
from apps.backups.engines.postgresql import dump
from apps.backups.engines.postgresql.address import Address
from apps.backups.engines.postgresql.source import PostgreSQLSource
from apps.backups.engines.s3.storage import S3Storage
from apps.backups.engines.storage import LocalStorage
from apps.backups.exceptions import BackupError, StorageFailed
from apps.backups.models import Backup, BackupRun, Database, DrillVerdict, Storage
from apps.backups.services.plans import plan_of
from apps.common import shell
from apps.common.clock import now
from apps.common.postgresql import placement
from apps.common.postgresql.binaries import Installation, find_installations, installation_for
from apps.common.postgresql.server import Server
from apps.common.postgresql.throwaway import SETTINGS, end_server, throwaway_folder, throwaway_server
from apps.common.runs import RunStatus
from tests.backups.buckets import Buckets
from tests.backups.certificates import Certificate, make_certificate
from tests.backups.killing import processes_naming
from tests.backups.relays import Relay, relay_to

# The large one is more than fits between pg_dump and whoever reads from it.
TABLES = """
CREATE TABLE big AS SELECT n, md5(n::text) AS text FROM generate_series(1, 100000) n;
CREATE UNLOGGED TABLE volatile AS SELECT n FROM generate_series(1, 10) n;
"""
RECEIVED = "SELECT pg_last_wal_receive_lsn() >= %s::pg_lsn"


def back_up(database: Database) -> BackupRun:
    run = services.queue_backup(database=database)
    assert services.carry_out_backup(run=run)
    return run


def require_next_slot(database: Database) -> None:
    """What was wrong is mended, and the next backup is taken."""
    run = back_up(database)
    assert run.status == RunStatus.SUCCEEDED, run.error


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


# A disk that is really full.


@dataclass(frozen=True)
class Disk:
    """A file system of its own, as large as said."""

    folder: Path

    def resize(self, size: str) -> None:
        subprocess.run(["mount", "-o", f"remount,size={size}", self.folder], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A disk of 32 KiB, which the server's user can enter too."""
    folder = Path(tempfile.mkdtemp(prefix="disk-", dir="/tmp"))
    command = ["mount", "-t", "tmpfs", "-o", "size=32k,mode=0711", "tmpfs", folder]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode:
        folder.rmdir()
        pytest.skip(f"No file system may be mounted here: {mounted.stderr.strip()}")
    yield Disk(folder)
    subprocess.run(["umount", "--lazy", folder], check=True)
    folder.rmdir()


def test_a_full_disk_ends_the_backup_and_leaves_it_empty(database: Database, settings: Settings, disk: Disk) -> None:
    settings.BACKUP_DIRECTORY = str(disk.folder)

    run = back_up(database)

    assert run.status == RunStatus.FAILED
    assert "the disk is full, or over its quota. Make room, or raise the quota." in run.error
    assert files_below(disk.folder) == []
    assert not Backup.objects.exists()
    disk.resize("16m")
    require_next_slot(database)


def test_a_full_disk_here_ends_a_download(s3: S3Storage, disk: Disk) -> None:
    with s3.write("shop/1/dump") as file:
        file.write(os.urandom(64 << 10))

    with pytest.raises(StorageFailed, match=r"could not be fetched to this machine: No space left on device\."):
        s3.fetch("shop/1/dump", disk.folder)
    disk.resize("1m")
    assert s3.fetch("shop/1/dump", disk.folder).stat().st_size == 64 << 10


def test_a_disk_without_room_for_a_drill_proves_and_refutes_nothing(
    database: Database, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_next_slot(database)
    disk.resize("8m")
    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(disk.folder))
        run = services.queue_drill(database=database)
        assert services.carry_out_drill(run=run)

    assert (run.verdict, run.findings[0]["id"]) == (DrillVerdict.COULD_NOT_VERIFY, "disk-too-small")
    assert files_below(disk.folder) == []


# A PostgreSQL with a standby, and with a certificate.


@pytest.fixture(scope="module")
def certificate() -> Iterator[Certificate]:
    """One that the server's user may read."""
    user = placement.server_user()
    folder = Path(tempfile.mkdtemp(prefix="certificate-", dir="/tmp"))
    folder.chmod(0o711)
    made = make_certificate(folder)
    placement.give(made.key_file, user)
    yield made
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def encrypting() -> Installation:
    """A PostgreSQL that was built with TLS. That of the wheel was not."""
    for installation in find_installations():
        tells = installation.program("pg_config")
        is_whole = installation.has_server and tells.exists()
        if is_whole and "ssl" in shell.run(shell.Command([tells, "--configure"])).text:
            return installation
    pytest.skip("No installed server of PostgreSQL was built with TLS: apt-get install postgresql")


@pytest.fixture(scope="module")
def primary(encrypting: Installation, certificate: Certificate, port: int) -> Iterator[Server]:
    """A server that standbys may follow. By TCP it is encrypted."""
    settings = {
        "wal_level": "replica",
        "max_wal_senders": "4",
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "ssl": "on",
        "ssl_cert_file": str(certificate.file),
        "ssl_key_file": str(certificate.key_file),
    }
    with throwaway_server(encrypting, settings=settings) as server:
        with psycopg.connect(**parameters(server, port), autocommit=True) as connection:
            connection.execute("CREATE DATABASE shop")
        with psycopg.connect(**parameters(server, port, dbname="shop")) as connection:
            connection.execute(TABLES)
        yield server


def parameters(server: Server, port: int, **others: str) -> dict[str, str]:
    return {**server.connection_parameters(), "port": str(port), **others}


@pytest.fixture(scope="module")
def standby(primary: Server, port: int) -> Iterator[Address]:
    """A standby that follows the primary, and lets no reader hold up its replay."""
    with throwaway_folder() as folder:
        folder.chmod(0o711)
        user = primary.user
        placement.private_folder(folder / "data", user)
        conninfo = Address(parameters(primary, port))
        command = ["-D", folder / "data", "-R", "-c", "fast", "-X", "stream", "-d", conninfo.public_conninfo]
        shell.run(
            shell.Command(
                [primary.installation.program("pg_basebackup"), *command],
                environment=conninfo.environment,
                user=user,
            )
        )
        server = Server(
            primary.installation,
            folder,
            socket_folder=placement.short_socket_folder(folder / "run", user),
            password=parameters(primary, port)["password"],
            settings={**SETTINGS, "wal_level": "replica", "max_wal_senders": "4", "max_standby_streaming_delay": "0"},
            user=user,
        )
        server.start()
        try:
            yield Address(server.connection_parameters("shop"))
        finally:
            end_server(server)


def refusal(address: Address, folder: Path, patch: pytest.MonkeyPatch, interrupt: Callable[[], None]) -> str:
    """Why there is no backup when this happens in the middle of a table; there must be nothing of it."""

    def pack(stream: IO[bytes], target: IO[bytes], **options: Any) -> Written:
        with address.connect(autocommit=True) as watcher:  # nothing is read yet, so the dump can go no further
            wait_until(lambda: is_dumping(watcher))
        interrupt()
        return artefact.pack(stream, target, **options)

    with patch.context() as patched:
        patched.setattr(backup, "artefact", SimpleNamespace(pack=pack, name_for=artefact.name_for))
        with pytest.raises(BackupError) as caught:
            take_backup(source=PostgreSQLSource(address), storage=LocalStorage(folder), prefix="shop/1")
    assert files_below(folder) == []
    return caught.value.message


def is_dumping(watcher: psycopg.Connection) -> bool:
    query = "SELECT FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'COPY public.big %'"
    return watcher.execute(query).fetchone() is not None


def test_a_dump_that_is_killed_in_the_middle_is_no_backup(
    primary: Server, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = Address(parameters(primary, port, dbname="shop"))

    def kill() -> None:
        (worker,) = [pid for pid, words in processes_naming(str(primary.socket_folder)).items() if "pg_dump" in words]
        os.kill(worker, signal.SIGKILL)

    said = refusal(address, tmp_path, monkeypatch, kill)

    assert "Somebody killed pg_dump, such as the kernel when memory ran out." in said
    take_backup(source=PostgreSQLSource(address), storage=LocalStorage(tmp_path), prefix="shop/2")


def test_a_backup_of_a_standby_is_proven_and_says_what_it_lacks(standby: Address, tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    manifest = take_backup(source=PostgreSQLSource(standby), storage=storage, prefix="shop/1")

    report = run_drill(storage=storage, prefix="shop/1", now=now())

    assert (report.verdict, report.findings) == (Verdict.PROVEN, [])
    assert report.rows == 100_000
    warned = {warning.id: warning.message for warning in manifest.warnings}
    assert set(warned) == {"source-is-standby", "unlogged-not-dumped"}
    assert warned["unlogged-not-dumped"].endswith(": public.volatile.")


def test_a_standby_that_has_to_replay_ends_the_dump(
    primary: Server, standby: Address, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change() -> None:
        """The standby has to lock the table too, and ends whoever reads it."""
        with psycopg.connect(**parameters(primary, port, dbname="shop"), autocommit=True) as connection:
            connection.execute("ALTER TABLE big ADD COLUMN later int")
            (written,) = connection.execute("SELECT pg_current_wal_insert_lsn()").fetchone()
        with standby.connect(autocommit=True) as watcher:
            wait_until(lambda: watcher.execute(RECEIVED, [written]).fetchone() == (True,))
        time.sleep(0.5)

    said = refusal(standby, tmp_path, monkeypatch, change)

    assert "The standby ended the dump, since it had to replay a change of what was being read." in said
    take_backup(source=PostgreSQLSource(standby), storage=LocalStorage(tmp_path), prefix="shop/2")


@pytest.mark.parametrize("trouble", ["another authority", "another name"])
def test_a_server_whose_certificate_is_not_trusted_is_not_read(
    database: Database, primary: Server, port: int, certificate: Certificate, tmp_path: Path, trouble: str
) -> None:
    host, trusted = "127.0.0.1", certificate
    if trouble == "another authority":
        trusted = make_certificate(tmp_path)
    else:
        host = "elsewhere.example"

    Database.objects.update(connection_url=trusting(primary, port, trusted, host))
    run = back_up(database)

    assert run.status == RunStatus.FAILED
    assert "The server's certificate is not trusted: it expired, or is of another name or authority." in run.error
    assert primary.connection_parameters()["password"] not in run.error
    Database.objects.update(connection_url=trusting(primary, port, certificate, "127.0.0.1"))
    require_next_slot(database)


def test_a_pg_dump_that_cannot_encrypt_says_so(
    database: Database, primary: Server, port: int, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    Database.objects.update(connection_url=trusting(primary, port, certificate, "127.0.0.1"))
    monkeypatch.setattr(dump, "installation_for", lambda major: installation_for(16, with_server=True))

    run = back_up(database)

    assert run.status == RunStatus.FAILED
    assert "The installed pg_dump was built without TLS. Install that of the system, such as" in run.error


def trusting(server: Server, port: int, certificate: Certificate, host: str) -> str:
    """The connection URL of somebody who believes this certificate only, and only of this host."""
    words = parameters(server, port)
    options = f"hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert={certificate.file}"
    return f"postgresql://{words['user']}:{words['password']}@{host}:{port}/shop?{options}"


# Buckets whose certificate or clock does not agree.


def test_a_bucket_whose_certificate_is_not_trusted_is_not_used(
    database: Database, buckets: Buckets, s3: S3Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(tmp_path)
    with relay_to(buckets.endpoint_url, certificate) as relay:
        plan_of(database).storages.set([storage_behind(relay, buckets)])

        run = back_up(database)

        assert run.status == RunStatus.FAILED
        assert "is not trusted: it expired, or is of another name or authority." in run.error
        assert relay.asked == []
        monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate.file))
        require_next_slot(database)


def test_a_bucket_whose_clock_differs_too_much_is_not_used(database: Database, buckets: Buckets, s3: S3Storage) -> None:
    with relay_to(buckets.endpoint_url) as relay:
        plan_of(database).storages.set([storage_behind(relay, buckets)])
        relay.clock = lambda: now() + timedelta(minutes=16)

        run = back_up(database)

        assert run.status == RunStatus.FAILED
        assert "The clock of this machine differs too much from that of the bucket" in run.error
        relay.clock = now
        require_next_slot(database)


def storage_behind(relay: Relay, buckets: Buckets) -> Storage:
    """A new bucket, reached by the relay."""
    made = buckets.make()
    return buckets.row(S3Storage(replace(made.bucket, endpoint_url=relay.endpoint_url)))
