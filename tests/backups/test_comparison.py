"""Differences between two fingerprints, and whose fault a failing restore is. Pure."""

from dataclasses import replace
from pathlib import Path

import pytest

from apps.backups.engines.backup import take_backup
from apps.backups.engines.drill import run_drill
from apps.backups.engines.findings import Severity, Verdict
from apps.backups.engines.manifest import Manifest
from apps.backups.engines.postgresql.address import Address
from apps.backups.engines.postgresql.comparison import compare, compare_roles
from apps.backups.engines.postgresql.dump import make_dump_arguments
from apps.backups.engines.postgresql.fingerprint import Fingerprint, SequencePosition
from apps.backups.engines.postgresql.restore import explain_failure, make_restore_arguments
from apps.backups.engines.postgresql.roles import Role, create_roles, make_create_role, read_roles
from apps.backups.engines.postgresql.source import PostgreSQLSource
from apps.backups.engines.storage import LocalStorage
from apps.common.postgresql.binaries import newest_server_installation
from apps.common.postgresql.throwaway import throwaway_server
from apps.common.shell import ToolFailed, ToolTimedOut


@pytest.fixture
def source(healthy: Manifest) -> Fingerprint:
    return Fingerprint.from_json(healthy.fingerprint)


def ids(source: Fingerprint, **changes: object) -> list[str]:
    return [finding.id for finding in compare(source, replace(source, **changes))]


def test_equal_fingerprints_differ_in_nothing(source: Fingerprint) -> None:
    assert compare(source, Fingerprint.from_json(source.as_json())) == []


def test_the_settings_of_the_database_count(source: Fingerprint) -> None:
    assert ids(source, encoding="SQL_ASCII") == ["encoding-differs"]
    assert ids(source, collation="C") == ["collation-differs"]
    assert ids(source, locale_provider="i") == ["collation-differs"]
    assert ids(source, extensions={}) == ["extension-missing"]


def test_the_version_of_an_extension_is_the_servers_affair(source: Fingerprint) -> None:
    (finding,) = compare(source, replace(source, extensions={**source.extensions, "plpgsql": "2.0"}))

    assert (finding.id, finding.severity) == ("extension-version-differs", Severity.WARNING)
    assert finding.message == "The extension plpgsql is of version 2.0 here; the source has 1.0."


def test_a_role_that_is_missing_or_may_do_more_is_named() -> None:
    teller = Role("teller", False, True, False, False, True, False, False, ["clerks"])

    missing, differing = compare_roles([teller, replace(teller, name="gone")], [replace(teller, is_superuser=True)])[
        ::-1
    ]

    assert (missing.id, missing.message) == ("role-missing", "The role gone is missing after the restore.")
    assert differing.message == "The role teller is not what it was at backup time: is superuser."
    assert compare_roles([teller], [replace(teller, signs_in=False)]) == []


def test_another_size_on_the_disk_is_no_difference(source: Fingerprint) -> None:
    assert ids(source, database_size_bytes=1) == []


def test_across_majors_only_what_they_write_alike_is_compared(source: Fingerprint) -> None:
    name = "sales.customer"
    changed = dict.fromkeys(source.objects["table"][name], "of another version")
    objects = {**source.objects, "table": {**source.objects["table"], name: changed}}

    across = compare(source, replace(source, server_major=99, objects=objects))
    within = compare(source, replace(source, objects=objects))

    assert {finding.message.split()[1] for finding in across} == {"columns", "owner"}
    assert len(within) > len(across)


def stands_at(last_value: int, *, is_called: bool = True) -> SequencePosition:
    return SequencePosition(last_value, is_called, last_value, is_called)


@pytest.mark.parametrize(
    ("restored", "expected"),
    [
        (stands_at(99), ["sequence-behind"]),
        (stands_at(100, is_called=False), ["sequence-behind"]),
        (stands_at(100), []),
        (stands_at(107), []),
        (stands_at(110), []),
        (stands_at(111), ["sequence-ahead"]),
    ],
)
def test_a_sequence_may_stand_wherever_the_dump_could_have_read_it(
    source: Fingerprint, restored: SequencePosition, expected: list[str]
) -> None:
    moving = replace(source, sequences={"sales.busy": SequencePosition(100, True, 110, True)})

    assert ids(moving, sequences={"sales.busy": restored}) == expected


def test_a_sequence_that_counts_down_is_read_the_same_way(source: Fingerprint) -> None:
    falling = replace(source, sequences={"sales.busy": SequencePosition(-5, True, -9, True)})

    assert ids(falling, sequences={"sales.busy": stands_at(-7)}) == []
    assert ids(falling, sequences={"sales.busy": stands_at(-12)}) == ["sequence-behind"]


@pytest.mark.parametrize(
    ("said", "is_refuted", "identifier"),
    [
        ('extension "postgis" is not available', False, "extension-not-installed-here"),
        ('could not open extension control file "/x/postgis.control"', False, "extension-not-installed-here"),
        ('invalid LC_COLLATE locale name: "de_DE"', False, "locale-not-installed-here"),
        ("ICU is not supported in this build", False, "locale-not-installed-here"),
        ("could not extend file: No space left on device", False, "disk-too-small"),
        ("server closed the connection unexpectedly", False, "server-failed"),
        ('role "mallory" does not exist', True, "owner-differs"),
        ('invalid input syntax for type integer: "x"', True, "restore-failed"),
    ],
)
def test_only_the_backups_own_faults_refute_it(said: str, is_refuted: bool, identifier: str) -> None:
    refuted, finding = explain_failure(ToolFailed(f"pg_restore ended with exit code 1: {said}"))

    assert (refuted, finding.id) == (is_refuted, identifier)
    assert said in finding.message


def test_a_time_limit_refutes_nothing() -> None:
    assert explain_failure(ToolTimedOut("pg_restore did not end within 1 s"))[0] is False


def test_no_secret_is_on_a_command_line(shop: Address) -> None:
    password = str(shop.parameters["password"])
    restore = make_restore_arguments(Path("dump"), {**shop.parameters, "port": 5432})

    assert password not in " ".join(make_dump_arguments(shop.public_conninfo, "0000-1"))
    assert password not in " ".join(map(str, restore))
    assert shop.environment["PGPASSWORD"] == password
    assert shop.secrets == [password]


def test_roles_are_made_again_with_what_they_belong_to() -> None:
    owner = Role("the owner", True, True, False, False, True, False, False, ["readers", "pg_monitor", "gone"])
    readers = Role("readers", False, False, False, False, False, False, False, [])
    with throwaway_server(newest_server_installation()) as server:
        address = Address(server.connection_parameters())
        with address.connect(autocommit=True) as connection:
            create_roles(connection, [owner, readers])
            made = {role.name: role for role in read_roles(connection)}

    assert made["the owner"].member_of == ["pg_monitor", "readers"]
    assert (made["the owner"].is_superuser, made["the owner"].signs_in) == (True, False)
    assert make_create_role(readers).as_string().startswith('CREATE ROLE "readers" WITH NOLOGIN NOSUPERUSER NOINHERIT')


def test_a_backup_of_the_maintenance_database_is_drilled_too(tmp_path_factory: pytest.TempPathFactory) -> None:
    storage = LocalStorage(tmp_path_factory.mktemp("storage"))
    with throwaway_server(newest_server_installation()) as server:
        address = Address(server.connection_parameters())
        with address.connect() as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS a")
        manifest = take_backup(source=PostgreSQLSource(address), storage=storage, prefix="own")

    report = run_drill(storage=storage, prefix="own", now=manifest.finished_at)

    assert (report.verdict, report.findings) == (Verdict.PROVEN, [])
