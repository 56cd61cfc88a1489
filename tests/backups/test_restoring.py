"""Backups of every engine become something new that is equal, whole, and never over what is there."""

import os
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from pytest_django import Settings

from apps.backups.engines.backup import take_backup
from apps.backups.engines.files.source import FilesSource
from apps.backups.engines.new_paths import appearing, unfinished_path
from apps.backups.engines.register import engine_named
from apps.backups.engines.restoring import RestoreJob, RestoreReport, Target
from apps.backups.engines.sqlite.source import SQLiteSource
from apps.backups.engines.storage import LocalStorage
from apps.backups.exceptions import RestoreFailed, RestoreRefused
from tests.backups.test_files import make_tree
from tests.backups.test_sqlite import SHOP

MARK = "seaworthy restore 7, claim 1"
Restore = Callable[..., RestoreReport]


@pytest.fixture
def place(tmp_path: Path, settings: Settings) -> Path:
    """A folder below which restores may be made."""
    folder = tmp_path / "restored"
    folder.mkdir()
    settings.RESTORE_DIRECTORIES = [str(folder)]
    return folder


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[LocalStorage, Path]:
    """A backup of a SQLite file and one of a folder, and the folder."""
    storage, sources = LocalStorage(tmp_path_factory.mktemp("storage")), tmp_path_factory.mktemp("sources")
    with closing(sqlite3.connect(sources / "shop.sqlite")) as connection:
        connection.executescript(SHOP)
        connection.commit()
    (sources / "media").mkdir()
    make_tree(sources / "media")
    take_backup(source=SQLiteSource(sources / "shop.sqlite"), storage=storage, prefix="sqlite")
    take_backup(source=FilesSource(sources / "media"), storage=storage, prefix="files")
    return storage, sources / "media"


@pytest.fixture
def restore(kept: tuple[LocalStorage, Path]) -> Restore:
    def run(engine: str, path: Path, **options: object) -> RestoreReport:
        target = Target(name=str(path), mark=MARK, **options)
        return engine_named(engine).restore(RestoreJob(kept[0], engine, target))

    return run


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_sqlite_becomes_a_new_file_that_is_equal(restore: Restore, place: Path) -> None:
    told: list[tuple[int, int]] = []
    report = restore("sqlite", place / "again.db", progress=lambda done, total: told.append((done, total)))

    assert report.findings == []
    assert {"fetch", "decompress", "restore", "compare"} <= report.stages.keys()
    assert rows(place / "again.db", "SELECT count(*) FROM customer") == [(200,)]
    assert (place / "again.db").stat().st_mode & 0o777 == 0o600
    assert told[-1][0] == told[-1][1] == (place / "again.db").stat().st_size
    assert left_in(place) == ["again.db"]


def test_of_sqlite_chosen_tables_keep_their_rows_and_everything_its_structure(restore: Restore, place: Path) -> None:
    restore("sqlite", place / "part.db", parts=["pair"])
    restore("sqlite", place / "whole.db")

    structure = "SELECT type, name, sql FROM sqlite_schema ORDER BY 1, 2"
    assert rows(place / "part.db", structure) == rows(place / "whole.db", structure)
    assert rows(place / "part.db", "SELECT * FROM pair") == rows(place / "whole.db", "SELECT * FROM pair")
    assert rows(place / "part.db", "SELECT count(*) FROM customer") == [(0,)]
    assert rows(place / "part.db", "PRAGMA integrity_check") == [("ok",)]


def test_files_come_back_as_they_were(restore: Restore, kept: tuple[LocalStorage, Path], place: Path) -> None:
    report = restore("files", place / "media")

    assert (report.findings, left_in(place)) == ([], ["media"])
    subprocess.run(["diff", "-r", "--no-dereference", kept[1], place / "media"], check=True)
    script = (place / "media/script.sh").stat()
    assert (script.st_mtime_ns, script.st_mode & 0o7777) == (1_700_000_000_123_456_789, 0o4750)
    assert os.path.samefile(place / "media/script.sh", place / "media/zz-same.sh")
    assert (place / "media/to-nowhere").readlink() == Path("/nowhere")
    assert (place / "media/empty").stat().st_mode == (kept[1] / "empty").stat().st_mode


def test_of_files_the_chosen_paths_come_back_alone(restore: Restore, place: Path) -> None:
    report = restore("files", place / "some", parts=["photos/2026/", "./to-folder"])

    found = sorted(str(path.relative_to(place / "some")) for path in (place / "some").rglob("*"))
    assert found == ["photos", "photos/2026", "photos/2026/a.jpg", "to-folder"]
    assert "What is partial is not compared." in report.outcome


@pytest.mark.parametrize("engine", ["sqlite", "files"])
def test_a_part_that_is_not_in_it_is_refused_and_nothing_is_left(engine: str, restore: Restore, place: Path) -> None:
    with pytest.raises(RestoreRefused, match=r"The backup has no .* nowhere"):
        restore(engine, place / "some", parts=["nowhere"])

    assert left_in(place) == []


@pytest.mark.parametrize("engine", ["sqlite", "files"])
def test_nothing_is_ever_overwritten(engine: str, restore: Restore, place: Path) -> None:
    (place / "precious").write_text("precious")
    with pytest.raises(RestoreRefused, match=r"There is something at .* already"):
        restore(engine, place / "precious")

    assert (place / "precious").read_text() == "precious"
    assert left_in(place) == ["precious"]


@pytest.mark.parametrize("make", [lambda path: path.write_text("new"), lambda path: path.mkdir()])
def test_what_comes_meanwhile_is_left_alone(make: Callable[[Path], object], place: Path) -> None:
    path = place / "again"
    appears = appearing(str(path), MARK, needed_bytes=1)
    appears.__enter__().write_text("restored")
    make(path)
    with pytest.raises(RestoreFailed, match="Something has come"):
        appears.__exit__(None, None, None)

    assert left_in(place) == ["again"]
    assert path.is_dir() or path.read_text() == "new"


def test_a_full_disk_and_a_folder_that_is_not_there_are_said(place: Path) -> None:
    with pytest.raises(RestoreRefused, match="MiB are free"), appearing(str(place / "a"), MARK, needed_bytes=1 << 60):
        pass
    with pytest.raises(RestoreRefused, match="is not there"), appearing(str(place / "b/c"), MARK, needed_bytes=1):
        pass
    with (
        pytest.raises(RestoreFailed, match=r"The disk of .* is full"),
        appearing(str(place / "d"), MARK, needed_bytes=1),
        open("/dev/full", "w", buffering=1) as full,
    ):
        full.write("\n")
    assert left_in(place) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("again.db", "absolute path"),
        ("/etc/cron.d/again", "lies outside"),
        ("{place}/../again", "lies outside"),
        ("{place}/out/again", "lies outside"),
        ("{place}/..", "absolute path"),
        ("{place}/" + "é" * 128, "at most 255 bytes"),
        ("{place}/two\nlines", "no control characters"),
    ],
)
def test_only_allowed_folders_are_written_to(name: str, words: str, place: Path) -> None:
    (place / "out").symlink_to("/tmp")
    with pytest.raises(RestoreRefused, match=words):
        engine_named("sqlite").destination.check(name.format(place=place))


def test_without_allowed_folders_nothing_is_written(settings: Settings) -> None:
    settings.RESTORE_DIRECTORIES = []
    with pytest.raises(RestoreRefused, match="RESTORE_DIRECTORIES is not set"):
        engine_named("files").destination.check("/srv/again")


@pytest.mark.parametrize("engine", ["sqlite", "files", "pgbackrest"])
def test_what_a_dead_worker_left_is_removed_and_nothing_else(engine: str, place: Path) -> None:
    half, beside = unfinished_path(place / "again", MARK), unfinished_path(place / "again", "restore 8, claim 1")
    for folder in (half, beside):
        (folder / "data").mkdir(parents=True)
    target = Target(name=str(place / "again"), mark=MARK)

    assert engine_named(engine).discard(target)
    assert not engine_named(engine).discard(target)
    assert left_in(place) == [beside.name]
