"""Dumps that others write: found by what they say of themselves, and never green for having been restored alone."""

import gzip
import io
import os
import re
import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql
from pytest_django import Settings

from apps.backups import services
from apps.backups.engines import findings
from apps.backups.engines.adopted.dumps import find_dumps, newest_dump
from apps.backups.engines.adopted.engine import Adopted
from apps.backups.engines.adopted.header import read_header
from apps.backups.engines.adopted.location import Location
from apps.backups.engines.adopted.probe import probe_adopted
from apps.backups.engines.adopted.script import is_restricting, write_script
from apps.backups.engines.contract import BackupJob, DrillJob
from apps.backups.engines.findings import Verdict
from apps.backups.engines.postgresql.address import Address
from apps.backups.engines.report import DrillReport
from apps.backups.engines.restoring import RestoreJob, Target
from apps.backups.engines.storage import LocalStorage
from apps.backups.exceptions import (
    AddressInvalid,
    AdoptionFailed,
    DumpUnreadable,
    NothingNew,
    RestoreFailed,
    RestoreRefused,
)
from apps.backups.models import Database, Engine
from apps.catalog.models import Environment
from apps.common import shell
from apps.common.clock import now
from apps.common.postgresql.binaries import installation_for
from tests.servers import url_on_test_server

ENGINE = Adopted()
AN_HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def dump(shop: Address, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What cron's pg_dump made of the shop."""
    return dumped(shop, tmp_path_factory.mktemp("dumped") / "shop.dump", "--format=custom")


def dumped(shop: Address, target: Path, *options: str) -> Path:
    """What pg_dump makes of the shop with these options."""
    with shop.connect() as connection:
        major = connection.info.server_version // 10_000
    arguments = [*options, f"--file={target}", f"--dbname={shop.public_conninfo}"]
    shell.run(shell.Command([installation_for(major).program("pg_dump"), *arguments], environment=shop.environment))
    return target


@pytest.fixture(scope="module")
def script(shop: Address, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Plain SQL that first removes what it makes, as django-dbbackup asks for it."""
    return dumped(shop, tmp_path_factory.mktemp("dumped") / "shop.psql", "--clean").read_bytes()


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    """Where the other tool puts its dumps."""
    folder = tmp_path / "dumps"
    folder.mkdir()
    settings.BACKUP_SOURCE_DIRECTORIES = [str(tmp_path)]
    return folder


def put(folder: Path, name: str, content: bytes, *, age: timedelta = AN_HOUR) -> Path:
    file = folder / name
    file.write_bytes(content)
    written = (now() - age).timestamp()
    os.utime(file, (written, written))
    return file


def take(folder: Path, storage: LocalStorage, prefix: str, query: str = "", known: frozenset[str] = frozenset()) -> str:
    url = f"file://{folder}{query}"
    job = BackupJob(url, storage, prefix, known_origins=known)
    return str(ENGINE.take(job).extras["origin"])


def drill(folder: Path, storage: LocalStorage, prefix: str, query: str = "") -> DrillReport:
    return ENGINE.drill(DrillJob(storage, prefix, now=now(), connection_url=f"file://{folder}{query}"))


def ids(report: DrillReport) -> list[str]:
    return [finding.id for finding in report.findings]


def test_a_restore_without_an_error_is_not_green(
    folder: Path, dump: Path, storage: LocalStorage, shop: Address
) -> None:
    put(folder, "shop.dump", dump.read_bytes())
    take(folder, storage, "adopted/plain")
    report = drill(folder, storage, "adopted/plain")
    assert report.verdict == Verdict.COULD_NOT_VERIFY
    assert ids(report) == [findings.NOTHING_TO_COMPARE]
    made_up = next(warning for warning in report.warnings if warning.id == findings.ROLES_MADE_UP)
    assert f"{shop.database}_owner" in made_up.message
    assert report.rows > 2000


def test_a_reference_makes_it_green_and_names_what_is_otherwise(
    folder: Path, dump: Path, storage: LocalStorage, shop: Address
) -> None:
    put(folder, "shop.dump", dump.read_bytes())
    reference = reference_of(shop)
    take(folder, storage, "adopted/reference", reference)
    assert drill(folder, storage, "adopted/reference", reference).verdict == Verdict.PROVEN
    with shop.connect(autocommit=True) as connection:
        connection.execute("CREATE TABLE sales.later (id int)")
        try:
            report = drill(folder, storage, "adopted/reference", reference)
        finally:
            connection.execute("DROP TABLE sales.later")
    assert ids(report) == [findings.TABLE_MISSING]


@pytest.mark.parametrize("wrap", [gzip.compress, zstandard.ZstdCompressor(write_checksum=True).compress])
def test_compressed_dumps_are_restored(folder: Path, dump: Path, storage: LocalStorage, wrap: object) -> None:
    put(folder, "shop.dump.z", wrap(dump.read_bytes()))  # type: ignore[operator]
    prefix = f"adopted/{folder.parent.name}"
    take(folder, storage, prefix)
    assert ids(drill(folder, storage, prefix)) == [findings.NOTHING_TO_COMPARE]


def test_a_dump_that_was_cut_before_it_was_recorded_is_refuted(folder: Path, dump: Path, storage: LocalStorage) -> None:
    put(folder, "shop.dump", dump.read_bytes()[:-1])
    take(folder, storage, "adopted/cut")
    report = drill(folder, storage, "adopted/cut")
    assert (report.verdict, ids(report)) == (Verdict.FAILED, [findings.RESTORE_FAILED])


def test_a_dump_that_was_changed_since_is_refuted(folder: Path, dump: Path, storage: LocalStorage) -> None:
    content = dump.read_bytes()
    file = put(folder, "shop.dump", content)
    take(folder, storage, "adopted/changed")
    file.write_bytes(content[:-9] + b"x" + content[-8:])
    assert ids(drill(folder, storage, "adopted/changed")) == [findings.ARTEFACT_CHECKSUM_DIFFERS]
    file.write_bytes(content[:-1])
    assert ids(drill(folder, storage, "adopted/changed")) == [findings.ARTEFACT_TRUNCATED]
    file.unlink()
    assert ids(drill(folder, storage, "adopted/changed")) == [findings.ARTEFACT_MISSING]
    folder.rmdir()
    report = drill(folder, storage, "adopted/changed")
    assert (report.verdict, ids(report)) == (Verdict.COULD_NOT_VERIFY, [findings.STORAGE_UNREADABLE])


def test_the_newest_is_found_by_what_it_says_of_itself(folder: Path, dump: Path) -> None:
    content = dump.read_bytes()
    older = bytearray(content)
    year = content.index((datetime.now(UTC).year - 1900).to_bytes(4, "little"))
    older[year] -= 1
    put(folder, "zz-looks-newest.dump", bytes(older), age=AN_HOUR)
    put(folder, "aa-is-newest.dump", content, age=timedelta(hours=2))
    location = Location.from_url(f"file://{folder}")
    assert newest_dump(location, now=now()).name == "aa-is-newest.dump"


def test_what_still_grows_is_passed_over(folder: Path, dump: Path) -> None:
    put(folder, "growing.dump", dump.read_bytes(), age=timedelta(seconds=5))
    put(folder, "shop.dump.part", dump.read_bytes())
    location = Location.from_url(f"file://{folder}")
    with pytest.raises(AdoptionFailed, match="2 files: Still being written"):
        newest_dump(location, now=now())


def reference_of(shop: Address) -> str:
    return f"?reference={quote(url_on_test_server(shop.database), safe='')}"


@pytest.mark.parametrize("form", ["directory", "tar"])
def test_dumps_in_other_formats_are_proven(folder: Path, storage: LocalStorage, shop: Address, form: str) -> None:
    dump = dumped(shop, folder / f"shop.{form}", f"--format={form}")
    for path in (dump, *dump.rglob("*")):
        os.utime(path, (now().timestamp() - 3600,) * 2)
    prefix = f"adopted/{form}"

    assert take(folder, storage, prefix).startswith(f"shop.{form} of ")

    report = drill(folder, storage, prefix, reference_of(shop))
    assert (report.verdict, report.findings, report.rows > 2000) == (Verdict.PROVEN, [], True)
    if form == "directory":
        rows = max(dump.glob("*.gz"), key=lambda path: path.stat().st_size)
        rows.write_bytes(rows.read_bytes()[:-9] + b"123456789")
        assert ids(drill(folder, storage, prefix)) == [findings.ARTEFACT_CHECKSUM_DIFFERS]


@pytest.mark.parametrize("options", [["--clean"], ["--create", "--clean", "--if-exists"]])
def test_a_script_is_restored_into_an_empty_server(
    folder: Path, storage: LocalStorage, shop: Address, tmp_path: Path, options: list[str]
) -> None:
    put(folder, "shop.psql.gz", gzip.compress(dumped(shop, tmp_path / "shop.psql", *options).read_bytes()))
    prefix = f"adopted/script-{len(options)}"
    take(folder, storage, prefix)

    report = drill(folder, storage, prefix, reference_of(shop))

    assert (report.verdict, report.findings, report.rows > 2000) == (Verdict.PROVEN, [], True)
    made_up = next(warning for warning in report.warnings if warning.id == findings.ROLES_MADE_UP)
    assert f"{shop.database}_owner" in made_up.message


RUNS = b"\\! touch %b\n"
COPIES = b"\\copy sales.customer to program 'touch %b'\n"


@pytest.mark.parametrize("command", [RUNS, COPIES, b"\\unrestrict 00\n" + RUNS])
def test_a_script_runs_no_program(
    folder: Path, script: bytes, storage: LocalStorage, tmp_path: Path, command: bytes
) -> None:
    mark = tmp_path / "was-here"
    middle = script.index(b"-- Data for Name")
    put(folder, "shop.sql", script[:middle] + command % bytes(mark) + script[middle:])
    prefix = f"adopted/{tmp_path.name}"
    take(folder, storage, prefix)

    report = drill(folder, storage, prefix)

    assert (report.verdict, ids(report)) == (Verdict.FAILED, [findings.RESTORE_FAILED])
    assert "restrict" in report.findings[0].message
    assert not mark.exists()


def written(script: bytes) -> bytes:
    target = io.BytesIO()
    write_script(io.BytesIO(script), target)
    return target.getvalue()


def test_a_command_of_psql_above_the_first_object_is_refused(script: bytes) -> None:
    with pytest.raises(DumpUnreadable, match=r"The script holds \\!, a command"):
        written(b"\\! true\n" + script)


@pytest.mark.parametrize("kept", [0.5, 0.9])
def test_a_script_that_was_cut_is_refuted(folder: Path, script: bytes, storage: LocalStorage, kept: float) -> None:
    put(folder, "shop.sql", script[: int(len(script) * kept)])
    prefix = f"adopted/cut-{kept}"
    take(folder, storage, prefix)

    report = drill(folder, storage, prefix)

    assert (report.verdict, ids(report)) == (Verdict.FAILED, [findings.ARTEFACT_TRUNCATED])


def test_what_follows_the_end_of_a_script_is_refused(script: bytes) -> None:
    assert written(script).endswith(b"dump complete\n")
    with pytest.raises(DumpUnreadable, match="follows the end"):
        written(script + b"DROP TABLE users;\n")


@pytest.mark.parametrize(
    ("version", "is_new_enough"),
    [("15.13", False), ("15.14", True), ("13.23", True), ("18.0", True), ("12.22", False), ("16.9", False)],
)
def test_scripts_need_a_psql_that_can_be_restricted(version: str, is_new_enough: bool) -> None:
    assert is_restricting(version) == is_new_enough


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"--\n-- PostgreSQL database cluster dump\n--\n", "A script of pg_dumpall"),
        (b"age-encryption.org/v1\n-> X25519", "Encrypted with age"),
        (b"-- MariaDB dump 10.19", "Not a dump of PostgreSQL"),
    ],
)
def test_what_is_no_dump_is_named(folder: Path, content: bytes, reason: str) -> None:
    put(folder, "shop.sql", content)
    with pytest.raises(AdoptionFailed, match=f"1 files: {reason}"):
        newest_dump(Location.from_url(f"file://{folder}"), now=now())


def test_a_dump_of_another_database_is_passed_over(folder: Path, dump: Path) -> None:
    put(folder, "shop.dump", dump.read_bytes())
    reasons: Counter[str] = Counter()
    location = Location.from_url(f"file://{folder}?database=ledger")
    assert list(find_dumps(location, now=now(), passed_over=reasons)) == []
    assert reasons == {"A dump of another database.": 1}


def test_the_same_dump_is_recorded_once(folder: Path, dump: Path, storage: LocalStorage) -> None:
    put(folder, "shop.dump", dump.read_bytes())
    origin = take(folder, storage, "adopted/once")
    with pytest.raises(NothingNew):
        take(folder, storage, "adopted/again", known=frozenset({origin}))


def test_runs_record_each_dump_once_and_never_remove_it(
    folder: Path, dump: Path, environment: Environment, settings: Settings, tmp_path: Path
) -> None:
    settings.BACKUP_DIRECTORY = str(tmp_path / "own")
    file = put(folder, "shop.dump", dump.read_bytes())
    database = Database.objects.create(
        environment=environment, name="heroku", engine=Engine.ADOPTED, connection_url=f"file://{folder}"
    )
    for _ in range(2):
        run = services.queue_backup(database=database)
        services.carry_out_backup(run=run)
        assert run.status == "succeeded"
    backup = database.backups.get()
    assert backup.snapshot_at <= now() - timedelta(minutes=59)

    file.unlink()
    services.carry_out_backup(run=services.queue_backup(database=database))
    assert not database.backups.stored().exists()


@pytest.mark.parametrize(
    ("query", "words"),
    [("?timezone=Mars", "timezone Mars"), ("?colour=red", "parameter colour"), ("?settled_seconds=x", "seconds")],
)
def test_a_location_that_cannot_be_used_is_refused(folder: Path, query: str, words: str) -> None:
    with pytest.raises(AddressInvalid, match=words):
        ENGINE.check_url(f"file://{folder}{query}")
    with pytest.raises(AddressInvalid, match="outside the folders"):
        ENGINE.check_url("file:///etc")
    with pytest.raises(AddressInvalid, match="Backups of Barman are a folder too"):
        ENGINE.check_url("barman://main")


def states(url: str) -> dict[str, str]:
    return {line.id: line.state for line in probe_adopted(url, now())}


def test_a_location_is_tested(folder: Path, dump: Path, shop: Address) -> None:
    assert states("file:///etc") == {"address": "missing"}
    assert states(f"file://{folder}") == {"backup": "missing"}
    put(folder, "shop.dump", dump.read_bytes())
    here = {"backup": "ok", "drill-server": "ok", "disk": "ok"}
    assert states(f"file://{folder}{reference_of(shop)}") == {**here, "reference": "ok"}
    assert states(f"file://{folder}{reference_of(shop)}_gone") == {**here, "reference": "missing"}


def test_a_script_that_no_psql_here_can_run_is_named(folder: Path, script: bytes) -> None:
    newer = re.sub(rb"version \d+\.\d+", b"version 99.1", script)
    put(folder, "shop.sql", newer)
    assert states(f"file://{folder}")["drill-server"] == "missing"


@given(st.integers(0, 200), st.binary(max_size=30))
def test_a_damaged_header_is_refused_and_never_breaks(length: int, tail: bytes) -> None:
    start = b"PGDMP\x01\x0e\x00\x04\x08\x01" + bytes(200)
    with suppress(DumpUnreadable):
        assert read_header(io.BytesIO(start[:length] + tail)).created_at


@pytest.fixture
def new_name() -> Iterator[str]:
    """The name of a database that is not there yet, and is gone afterwards."""
    name = f"again_{secrets.token_hex(4)}"
    yield name
    with psycopg.connect(url_on_test_server(), autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def test_an_adopted_dump_becomes_a_new_database(
    folder: Path, dump: Path, storage: LocalStorage, shop: Address, new_name: str
) -> None:
    put(folder, "shop.dump.gz", gzip.compress(dump.read_bytes()))
    take(folder, storage, "adopted-restore")
    target = Target(new_name, "a mark", url_on_test_server(), parts=["sales.customer"])
    report = ENGINE.restore(RestoreJob(storage, "adopted-restore", target, f"file://{folder}"))

    with psycopg.connect(url_on_test_server(new_name)) as connection:
        assert connection.execute("SELECT count(*) FROM sales.customer").fetchone() == (200,)
        assert connection.execute('SELECT count(*) FROM sales."Order"').fetchone() == (0,)
    assert "What is partial is not compared." in report.outcome
    wrong = replace(target, name=f"{new_name}_2", parts=["sales.nowhere"])
    with pytest.raises(RestoreRefused, match=r"The backup has no table sales.nowhere"):
        ENGINE.restore(RestoreJob(storage, "adopted-restore", wrong, f"file://{folder}"))
    (folder / "shop.dump.gz").unlink()
    with pytest.raises(RestoreFailed, match="is gone"):
        ENGINE.restore(RestoreJob(storage, "adopted-restore", target, f"file://{folder}"))


def test_a_script_becomes_a_new_database_and_touches_no_other(
    folder: Path, storage: LocalStorage, shop: Address, new_name: str
) -> None:
    with psycopg.connect(url_on_test_server(), autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(f"{new_name}_source")))
    try:
        source = Address({**shop.parameters, "dbname": f"{new_name}_source"})
        with source.connect(autocommit=True) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS id")
        script = dumped(source, folder / "shop.sql", "--clean", "--create")  # it drops the database of its own name
        with source.connect(autocommit=True) as connection:
            connection.execute("INSERT INTO kept VALUES (2)")
        put(folder, "shop.sql", script.read_bytes())
        take(folder, storage, f"adopted/{new_name}")
        target = Target(new_name, "a mark", url_on_test_server())
        report = ENGINE.restore(RestoreJob(storage, f"adopted/{new_name}", target, f"file://{folder}"))

        with source.connect() as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (2,)
        with psycopg.connect(url_on_test_server(new_name)) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1,)
            owner = connection.execute("SELECT tableowner FROM pg_tables WHERE tablename = 'kept'").fetchone()
            assert owner == (connection.info.user,)
        assert "sorts text by its bytes" in report.outcome
        assert list(report.stages) == ["fetch", "convert", "list", "restore"]
    finally:
        with psycopg.connect(url_on_test_server(), autocommit=True) as server:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(f"{new_name}_source")))


def test_a_script_without_owners_belongs_to_whoever_restores_it(
    folder: Path, script: bytes, storage: LocalStorage, shop: Address, new_name: str
) -> None:
    put(folder, "shop.sql", re.sub(rb"(?m)^ALTER .* OWNER TO .*;$", b"", script))
    take(folder, storage, f"adopted/{new_name}")
    target = Target(new_name, "a mark", url_on_test_server())
    ENGINE.restore(RestoreJob(storage, f"adopted/{new_name}", target, f"file://{folder}"))

    with psycopg.connect(url_on_test_server(new_name)) as connection:
        assert connection.execute('SELECT count(*) FROM sales."Order"').fetchone() == (2000,)
        owners = connection.execute("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'sales'").fetchall()
        assert owners == [(connection.info.user,)]
