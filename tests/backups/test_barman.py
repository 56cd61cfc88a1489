"""Backups that the real Barman took: recovered from its folder, and refuted where anything of them is not whole."""

import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql
from pytest_django import Settings

from apps.backups.engines import findings
from apps.backups.engines.adopted.barman import Record, read_record
from apps.backups.engines.adopted.dumps import newest_dump
from apps.backups.engines.adopted.engine import Adopted
from apps.backups.engines.adopted.location import Location
from apps.backups.engines.contract import BackupJob, DrillJob
from apps.backups.engines.findings import Verdict
from apps.backups.engines.report import DrillReport
from apps.backups.engines.restoring import RestoreJob, Target
from apps.backups.engines.storage import LocalStorage
from apps.backups.exceptions import AdoptionFailed, DumpUnreadable
from apps.common.clock import now
from tests.backups.barmans import Home, barman_home
from tests.servers import url_on_test_server

ENGINE = Adopted()
RECORD = """backup_label=None
begin_wal=0000000100000001000000FE
compression=None
end_time=2026-11-20 19:01:35.130060+01:00
end_wal=000000010000000200000001
status=DONE
tablespaces=[('elsewhere', 16384, '/srv/elsewhere')]
version=150020
xlog_segment_size=16777216
"""


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    """Barman's, with one backup."""
    if shutil.which("barman") is None:
        pytest.skip("Barman is not installed")
    with barman_home() as home:
        home.back_up()
        yield home


@pytest.fixture
def main(home: Home, tmp_path: Path, settings: Settings) -> Path:
    """A copy of what Barman keeps of the server, to be damaged."""
    settings.BACKUP_SOURCE_DIRECTORIES = [str(tmp_path)]
    return Path(shutil.copytree(home.main, tmp_path / "main", symlinks=True))


def take(main: Path, storage: LocalStorage, prefix: str) -> str:
    job = BackupJob(f"file://{main}?database=store", storage, prefix)
    return str(ENGINE.take(job).extras["origin"])


def drill(main: Path, storage: LocalStorage, prefix: str, query: str) -> DrillReport:
    url = f"file://{main}?database=store&{query}"
    return ENGINE.drill(DrillJob(storage, prefix, now=now(), connection_url=url))


def test_a_backup_of_barman_is_recovered_and_compared(home: Home, main: Path, storage: LocalStorage) -> None:
    origin = take(main, storage, "barman/healthy")
    assert origin.startswith(f"base/{next((main / 'base').iterdir()).name} of ")
    reference = f"reference={quote(home.server.connection_url('store'), safe='')}"

    report = drill(main, storage, "barman/healthy", f"superuser={home.server.superuser}&{reference}")

    assert (report.verdict, report.findings, report.tables, report.rows) == (Verdict.PROVEN, [], 2, 570)
    assert {"restore", "replay", "compare"} <= report.stages.keys()


def test_a_backup_of_barman_becomes_a_new_database(home: Home, main: Path, storage: LocalStorage) -> None:
    take(main, storage, "barman/again")
    name, url = f"again_{secrets.token_hex(4)}", f"file://{main}?database=store&superuser={home.server.superuser}"
    target = Target(name, "a mark", url_on_test_server(), with_owners=False)
    try:
        report = ENGINE.restore(RestoreJob(storage, "barman/again", target, url))
        with psycopg.connect(url_on_test_server(name)) as connection:
            counts = connection.execute("SELECT (SELECT count(*) FROM item), (SELECT count(*) FROM apart)").fetchone()
    finally:
        with psycopg.connect(url_on_test_server(), autocommit=True) as server:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    assert counts == (500, 70)
    assert "this is the one database" in report.outcome


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def largest(main: Path) -> Path:
    return max(main.glob("base/*/data/base/*/*"), key=lambda path: path.stat().st_size)


def log(main: Path) -> Path:
    return min(path for path in main.glob("wals/0000000100000000/*") if path.suffix == "")


@pytest.mark.parametrize(
    ("damage", "is_before", "finding"),
    [
        (lambda main: flip(largest(main)), True, findings.ARTEFACT_CHECKSUM_DIFFERS),
        (lambda main: flip(largest(main)), False, findings.ARTEFACT_CHECKSUM_DIFFERS),
        (lambda main: largest(main).unlink(), False, findings.ARTEFACT_TRUNCATED),
        (lambda main: log(main).unlink(), True, findings.WAL_MISSING),
        (lambda main: log(main).write_bytes(log(main).read_bytes()[:-9]), False, findings.WAL_MISSING),
        (lambda main: shutil.rmtree(next(main.glob("base/*"))), False, findings.ARTEFACT_MISSING),
    ],
)
def test_what_is_not_whole_is_refuted(
    main: Path, storage: LocalStorage, damage: Callable[[Path], object], is_before: bool, finding: str
) -> None:
    prefix = f"barman/{main.parent.name}"
    if is_before:
        damage(main)
    take(main, storage, prefix)
    if not is_before:
        damage(main)

    report = drill(main, storage, prefix, "")

    assert (report.verdict, [one.id for one in report.findings]) == (Verdict.FAILED, [finding])


@pytest.fixture
def record(tmp_path: Path, settings: Settings) -> Path:
    """A record as Barman writes one, without the backup."""
    settings.BACKUP_SOURCE_DIRECTORIES = [str(tmp_path)]
    (tmp_path / "main" / "wals").mkdir(parents=True)
    file = tmp_path / "main" / "base" / "20261120T190127" / "backup.info"
    file.parent.mkdir(parents=True)
    file.write_text(RECORD)
    return file


def test_a_record_names_the_segments_of_the_log(record: Path) -> None:
    read = Record.read(record)

    assert [str(file.relative_to(record.parents[2])) for file in read.log_files] == [
        "wals/0000000100000001/0000000100000001000000FE",
        "wals/0000000100000001/0000000100000001000000FF",
        "wals/0000000100000002/000000010000000200000000",
        "wals/0000000100000002/000000010000000200000001",
    ]
    assert (read.finished_at.hour, read.tablespaces) == (18, [16384])
    assert read_record(record).header.major == 15


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("status=DONE", "status=WAITING_FOR_WALS", "whose status is WAITING_FOR_WALS"),
        ("compression=None", "compression=gzip", "compressed as a whole"),
        ("end_time=", "end_time=None", "has not ended, or whose record is damaged"),
        ("version=", "sversion=", "has not ended, or whose record is damaged"),
    ],
)
def test_what_cannot_be_recovered_is_named(record: Path, before: str, after: str, reason: str) -> None:
    record.write_text(RECORD.replace(before, after))
    with pytest.raises(DumpUnreadable, match=reason):
        read_record(record)
    with pytest.raises(AdoptionFailed, match=f"1 files: .*{reason}"):
        newest_dump(Location.from_url(f"file://{record.parents[2]}"), now=now())


def test_a_database_has_to_be_named(record: Path, storage: LocalStorage) -> None:
    with pytest.raises(AdoptionFailed, match=r"Name the database that drills look at: \?database=NAME"):
        ENGINE.take(BackupJob(f"file://{record.parents[2]}", storage, "barman/unnamed"))


def test_a_home_of_several_servers_is_refused(record: Path, tmp_path: Path) -> None:
    with pytest.raises(AdoptionFailed, match=f"several servers of Barman. Name one of them, such as {tmp_path}/main"):
        newest_dump(Location.from_url(f"file://{tmp_path}"), now=now())


def test_backups_of_wal_g_are_seen_and_named(tmp_path: Path, settings: Settings) -> None:
    settings.BACKUP_SOURCE_DIRECTORIES = [str(tmp_path)]
    (tmp_path / "basebackups_005").mkdir()
    for number in range(3):
        (tmp_path / "basebackups_005" / f"base_{number:024}_backup_stop_sentinel.json").write_text("{}")
    with pytest.raises(AdoptionFailed, match=r"holds 3 backups of WAL-G.*wal-g backup-fetch"):
        newest_dump(Location.from_url(f"file://{tmp_path}"), now=now())
