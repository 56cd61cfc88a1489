"""pgBackRest on the real thing: full, incremental, and every way in which a drill of it can end."""

import json
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from django.core.exceptions import ValidationError
from pytest_django import Settings

from apps.backups import services
from apps.backups.engines import findings
from apps.backups.engines.backup import publish_manifest
from apps.backups.engines.contract import BackupJob, DrillJob, PointJob
from apps.backups.engines.findings import Verdict
from apps.backups.engines.manifest import Manifest
from apps.backups.engines.pgbackrest.drill import look_at_set
from apps.backups.engines.pgbackrest.listing import read_info
from apps.backups.engines.pgbackrest.stanza import Stanza
from apps.backups.engines.pgbackrest.tool import (
    call,
    invalid_sets,
    lsn_target,
    make_arguments,
    make_restore_command,
    make_restore_options,
    push_log,
)
from apps.backups.engines.report import DrillReport
from apps.backups.engines.restoring import RestoreJob, RestoreReport, Target
from apps.backups.engines.storage import LocalStorage
from apps.backups.exceptions import AddressInvalid, NoPointInTime, RestoreFailed, RestoreRefused
from apps.backups.models import Database, Engine, Operation, Schedule
from apps.backups.services.expiring import forget_expired
from apps.backups.services.retention import look_ahead
from apps.backups.verifiers import PointInTime
from apps.catalog.models import Environment
from apps.common import shell
from apps.common.clock import now
from apps.common.postgresql import placement
from apps.evidence.contract import Context
from tests.backups.physical import ENGINE, Source, archiving_source

URL = "pgbackrest://u:hunter2@h/n?stanza=main"


@pytest.fixture(scope="module")
def source() -> Iterator[Source]:
    with archiving_source() as source:
        yield source


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> LocalStorage:
    """A folder of this module's own: nothing is written over."""
    return LocalStorage(tmp_path_factory.mktemp("storage"))


@pytest.fixture(scope="module")
def full(source: Source, storage: LocalStorage) -> Manifest:
    """A full backup under the prefix `physical/full`, taken while somebody writes."""
    with writing(source):
        return ENGINE.take(BackupJob(source.url, storage, "physical/full"))


@contextmanager
def writing(source: Source) -> Iterator[None]:
    """Somebody inserts and uses a sequence until the block ends."""
    over = threading.Event()

    def write() -> None:
        with source.address.connect(autocommit=True) as connection:
            while not over.is_set():
                connection.execute("INSERT INTO item (name) VALUES ('written meanwhile')")
                connection.execute("SELECT nextval('ticket')")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        over.set()
        writer.join()


def drill(source: Source, storage: LocalStorage, prefix: str) -> DrillReport:
    return ENGINE.drill(DrillJob(storage=storage, prefix=prefix, now=datetime.now(UTC), connection_url=source.url))


def ids(report: DrillReport) -> list[str]:
    return [finding.id for finding in report.findings]


def test_a_full_backup_taken_while_somebody_writes_is_proven_exactly(
    source: Source, storage: LocalStorage, full: Manifest
) -> None:
    report = drill(source, storage, "physical/full")
    assert report.findings == []
    assert report.verdict == Verdict.PROVEN
    assert report.rto_seconds is not None
    assert {"restore", "replay", "compare"} <= report.stages.keys()
    assert full.extras["set"]["kind"] == "full"
    assert full.summary.rows > 500


def test_an_incremental_backup_is_proven_with_what_came_since(
    source: Source, storage: LocalStorage, full: Manifest
) -> None:
    source.execute("INSERT INTO item (name) VALUES ('since the full one')")
    taken = ENGINE.take(BackupJob(source.url, storage, "physical/incremental"))
    report = drill(source, storage, "physical/incremental")
    assert taken.extras["set"]["kind"] == "incr"
    assert taken.summary.rows > full.summary.rows
    assert report.findings == []


def test_a_row_that_the_restored_copy_lacks_is_named(source: Source, storage: LocalStorage, full: Manifest) -> None:
    tables = full.fingerprint["tables"] | {"public.item": {"rows": full.summary.rows + 1, "content": "1"}}
    publish_manifest(
        replace(full, fingerprint=full.fingerprint | {"tables": tables}), storage=storage, prefix="physical/otherwise"
    )
    report = drill(source, storage, "physical/otherwise")
    assert ids(report) == [findings.ROW_COUNT_DIFFERS]
    assert report.verdict == Verdict.FAILED


def test_no_drill_archives_anything_though_the_restored_settings_say_so(source: Source, full: Manifest) -> None:
    assert source.archived_from() == {str(source.server.data_folder)}


def test_a_flipped_bit_in_the_repository_is_found(source: Source, storage: LocalStorage, full: Manifest) -> None:
    stored = source.repository / "backup" / "main" / full.extras["origin"] / "pg_data" / "base"
    file = max(stored.rglob("*.zst"), key=lambda path: path.stat().st_size)
    content = file.read_bytes()
    with changed(file, content[:-50] + bytes([content[-50] ^ 1]) + content[-49:]):
        assert ids(drill(source, storage, "physical/full")) == [findings.ARTEFACT_CHECKSUM_DIFFERS]
    with changed(file, None):
        assert ids(drill(source, storage, "physical/full")) == [findings.ARTEFACT_MISSING]


def test_verify_names_damage_that_it_ends_well_with(source: Source, storage: LocalStorage, full: Manifest) -> None:
    file = next((source.repository / "backup" / "main" / full.extras["origin"]).rglob("PG_VERSION.zst"))
    with changed(file, b"no such thing"):
        assert invalid_sets(source.stanza) >= {full.extras["origin"]}


def test_a_changed_manifest_of_pgbackrest_is_found(source: Source, storage: LocalStorage, full: Manifest) -> None:
    file = source.repository / "backup" / "main" / full.extras["origin"] / "backup.manifest"
    with changed(file, file.read_bytes() + b"\n"):
        assert ids(drill(source, storage, "physical/full")) == [findings.ARTEFACT_CHECKSUM_DIFFERS]


def test_a_gap_in_the_archive_is_found(source: Source, storage: LocalStorage, full: Manifest) -> None:
    last = full.extras["set"]["last_segment"]
    archived = [path for path in (source.repository / "archive").rglob("*-*.zst") if path.name >= last]
    with ExitStack() as stack:
        for path in archived:
            stack.enter_context(changed(path, None))
        report = drill(source, storage, "physical/full")
    assert ids(report) == [findings.WAL_MISSING]
    assert report.verdict == Verdict.FAILED


def test_a_backup_that_pgbackrest_expired_is_missing(source: Source, storage: LocalStorage, full: Manifest) -> None:
    gone = replace(full, extras=full.extras | {"origin": "20010101-000000F"})
    publish_manifest(gone, storage=storage, prefix="physical/expired")
    assert ids(drill(source, storage, "physical/expired")) == [findings.ARTEFACT_MISSING]


def test_pages_that_pgbackrest_only_warned_of_refute(source: Source) -> None:
    said = json.loads(call(source.stanza, "info", "--output=json").stdout)
    said[0]["backup"][0]["error"] = True
    held = read_info(json.dumps(said).encode()).backups[0]
    assert [finding.id for finding in look_at_set(source.stanza, held)] == [findings.PAGE_CHECKSUM_INVALID]


def test_a_recovery_to_now_stops_between_its_two_marks(source: Source, full: Manifest) -> None:
    report = ENGINE.drill_point(PointJob(source.url, now=datetime.now(UTC)))
    assert report.findings == []
    assert report.verdict == Verdict.PROVEN
    assert report.reached_at is not None
    assert report.target_at is not None
    assert report.target_at - timedelta(minutes=1) < report.reached_at <= report.target_at
    assert report.rto_seconds is not None


def test_a_recovery_stops_between_two_inserts(source: Source, full: Manifest) -> None:
    source.execute("INSERT INTO item (name) VALUES ('before')")
    between = datetime.now(UTC)
    source.execute("INSERT INTO item (name) VALUES ('after')")
    push_log(source.stanza)
    report = ENGINE.drill_point(PointJob(source.url, now=datetime.now(UTC), target_at=between))
    assert report.findings == []
    assert report.reached_at is not None
    assert between - timedelta(minutes=1) < report.reached_at <= between


def test_a_time_before_the_oldest_backup_cannot_be_reached(source: Source, full: Manifest) -> None:
    long_ago = datetime(2001, 1, 1, tzinfo=UTC)
    report = ENGINE.drill_point(PointJob(source.url, now=datetime.now(UTC), target_at=long_ago))
    assert [finding.id for finding in report.findings] == [findings.TARGET_BEFORE_OLDEST_BACKUP]
    assert report.verdict == Verdict.FAILED


def test_a_time_behind_the_end_of_the_archive_is_not_reached(source: Source, full: Manifest) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    report = ENGINE.drill_point(PointJob(source.url, now=datetime.now(UTC), target_at=later))
    assert [finding.id for finding in report.findings] == [findings.TARGET_NOT_REACHED]


@pytest.fixture
def place(settings: Settings) -> Iterator[Path]:
    """A folder below which restores may be made, and which the server's user can enter."""
    folder = Path(tempfile.mkdtemp(prefix="seaworthy-test-place-", dir=placement.temporary_folder("nobody")))
    folder.chmod(0o711)
    settings.RESTORE_DIRECTORIES = [str(folder)]
    yield folder
    shutil.rmtree(folder)


def restore(source: Source, storage: LocalStorage, prefix: str, path: Path, **options: object) -> RestoreReport:
    target = Target(name=str(path), mark="seaworthy restore 7, claim 1", **options)
    return ENGINE.restore(RestoreJob(storage, prefix, target, connection_url=source.url))


@contextmanager
def started(folder: Path, source: Source) -> Iterator[psycopg.Connection]:
    """The restored server, started by hand as the restore says."""
    program, user = source.server.installation.program, source.server.user
    sockets = placement.private_folder(folder.parent / "sockets", user)
    options = f"-c listen_addresses='' -c unix_socket_directories={sockets} -c hba_file={sockets}/hba"
    (sockets / "hba").write_text("local all all trust")
    placement.give(sockets / "hba", user)
    start = [program("pg_ctl"), "-D", folder / "data", "-o", options, "-l", sockets / "log", "-w", "start"]
    shell.run(shell.Command(start, user=user))
    try:
        with psycopg.connect(host=str(sockets), user=source.server.superuser, dbname="store") as connection:
            yield connection
    finally:
        stop = [program("pg_ctl"), "-D", folder / "data", "-m", "fast", "-w", "stop"]
        shell.run(shell.Command(stop, user=user))


def test_a_backup_becomes_a_folder_that_starts_and_is_equal(
    source: Source, storage: LocalStorage, full: Manifest, place: Path
) -> None:
    quiet = ENGINE.take(BackupJob(source.url, storage, "physical/quiet"))
    report = restore(source, storage, "physical/quiet", place / "again")

    assert report.findings == []
    assert f"-D {place}/again/data" in report.outcome
    assert [path.name for path in place.iterdir()] == ["again"]
    assert sorted(path.name for path in (place / "again").iterdir()) == ["data", "tablespaces"]
    with started(place / "again", source) as connection:
        rows = quiet.fingerprint["tables"]["public.item"]["rows"]
        assert connection.execute("SELECT count(*) FROM item").fetchone() == (rows,)
        assert connection.execute("SHOW archive_mode").fetchone() == ("off",)
    assert source.archived_from() == {str(source.server.data_folder)}


def test_a_restore_to_a_moment_stops_there(source: Source, storage: LocalStorage, full: Manifest, place: Path) -> None:
    source.execute("CREATE TABLE IF NOT EXISTS moment (number int)")
    source.execute("INSERT INTO moment VALUES (1)")
    time.sleep(1.1)  # pgBackRest's list tells whole seconds
    at = datetime.now(UTC)
    source.execute("INSERT INTO moment VALUES (2)")
    push_log(source.stanza)
    report = restore(source, storage, "physical/full", place / "then", at=at)

    assert f"{at:%Y-%m-%d %H:%M:%S}" in report.outcome
    with started(place / "then", source) as connection:
        assert connection.execute("SELECT number FROM moment").fetchall() == [(1,)]


def test_a_folder_that_the_user_of_pgbackrest_may_not_enter_is_refused(
    source: Source, storage: LocalStorage, full: Manifest, place: Path
) -> None:
    if source.stanza.user is None:
        pytest.skip("pgBackRest runs as the worker's own user here")
    place.chmod(0o700)
    with pytest.raises(RestoreRefused, match=f"who may not enter {place}"):
        restore(source, storage, "physical/full", place / "again")

    assert list(place.iterdir()) == []


def test_a_moment_that_the_log_does_not_reach_leaves_nothing(
    source: Source, storage: LocalStorage, full: Manifest, place: Path
) -> None:
    with pytest.raises(RestoreFailed, match="ends too early"):
        restore(source, storage, "physical/full", place / "later", at=now() + timedelta(hours=1))

    assert list(place.iterdir()) == []


def test_nothing_is_left_behind(source: Source, full: Manifest) -> None:
    folders = placement.temporary_folder(placement.server_user()).glob("seaworthy-throwaway-*/tablespaces")
    assert list(folders) == []


@contextmanager
def changed(file: Path, content: bytes | None) -> Iterator[None]:
    """The file has another content, or is not there, until the block ends."""
    kept = file.with_name(file.name + ".kept")
    file.rename(kept)
    try:
        if content is not None:
            file.write_bytes(content)
            file.chmod(0o644)
        yield
    finally:
        kept.rename(file)


def test_a_database_is_backed_up_recovered_and_forgotten_as_rows(
    source: Source, full: Manifest, environment: Environment, settings: Settings, tmp_path: Path
) -> None:
    settings.BACKUP_DIRECTORY = str(tmp_path)
    database = Database.objects.create(
        environment=environment, name="store", engine=Engine.PGBACKREST, connection_url=source.url
    )
    run = services.queue_backup(database=database)
    services.carry_out_backup(run=run)
    backup = run.backup
    assert backup.origin in ENGINE.list_origins(source.url)

    point = services.queue_point_drill(database=database)
    services.carry_out_drill(run=point)
    assert (point.verdict, point.findings, point.backup) == ("proven", [], backup)
    assert not database.backups.proven().exists()  # a point in time is no proof of a whole backup
    assert PointInTime().collect(Context(environment=environment, now=now()), {}).facts["verdict"] == "proven"

    with changed(source.repository / "backup" / "main" / backup.origin / "backup.manifest", None):
        assert look_ahead(database=database, at=now()).judged == []
    call(source.stanza, "expire", f"--set={backup.origin}")
    assert forget_expired(database=database, at=now()) == [backup]
    assert not database.backups.stored().exists()


def test_a_target_that_lies_ahead_is_refused(environment: Environment) -> None:
    database = Database(name="store", engine=Engine.PGBACKREST, environment=environment, connection_url=URL)
    database.save()
    with pytest.raises(NoPointInTime, match="only what has happened"):
        services.queue_point_drill(database=database, target_at=now() + timedelta(hours=1))


def test_other_engines_have_no_points_in_time(environment: Environment) -> None:
    database = Database(name="shop", environment=environment, connection_url="postgresql:///shop")
    schedule = Schedule(database=database, operation=Operation.POINT_IN_TIME, interval=timedelta(days=1))
    with pytest.raises(NoPointInTime, match="no write-ahead log"):
        services.queue_point_drill(database=database)
    with pytest.raises(ValidationError, match="pgBackRest"):
        schedule.clean()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://h/n?stanza=main", "should begin with pgbackrest://"),
        ("pgbackrest://u:hunter2@h/n", "needs stanza=NAME"),
        ("pgbackrest://u:hunter2@h/n?stanza=a;b", "needs stanza=NAME"),
        ("pgbackrest://u:hunter2@h/n?stanza=main&config=x.conf", "not an absolute path"),
        ("pgbackrest://u:hunter2@h/n?stanza=main&full_every_days=0", "not a number of days"),
        ("pgbackrest://u:hunter2@h/?stanza=main", "names no database"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_without_its_secret(url: str, words: str) -> None:
    with pytest.raises(AddressInvalid) as refusal:
        ENGINE.check_url(url)
    assert words in refusal.value.message
    assert "hunter2" not in refusal.value.message


def test_no_secret_is_on_a_command_line(tmp_path: Path) -> None:
    stanza = Stanza.from_url(URL)
    said = " ".join([*make_arguments(stanza, "backup"), *make_restore_options("L", tmp_path, []), *lsn_target("0/1")])
    assert "hunter2" not in said + make_restore_command(stanza, tmp_path)
