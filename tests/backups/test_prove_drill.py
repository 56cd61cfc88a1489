"""The drill's own proof: every failure mode is caught by name, or out of reach for a reason."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from apps.backups.engines import findings
from apps.backups.engines.faults.case import Healthy
from apps.backups.engines.faults.catalogue import FAULTS, OUT_OF_REACH
from apps.backups.engines.faults.fault import drilled, make_fault
from apps.backups.engines.faults.proof import faults_named, fresh_backup, prove
from apps.backups.engines.faults.sample import DATABASE, sample_server
from apps.backups.engines.faults.traffic import Changes, writing
from apps.backups.engines.register import engine_named
from apps.backups.management.matrix import as_markdown
from apps.backups.models import Backup, BackupRun, Database, DrillRun
from apps.backups.services import prove_drill
from tests.thoroughness import IS_THOROUGH

ROOT = Path(__file__).parents[2]
FEW = [
    "cut-to-half", "flipped-content", "replayed-backup", "error-page-with-checksum", "missing-table", "missing-row",
    "cut-roles", "unwritten-role", "changed-role", "lost-key", "killed-dump",
    "expired-credential-at-drill", "clock-set-back",
]  # fmt: skip
REFUSALS = {"storage-failed", "source-unreachable", "source-unreadable", "tool-failed"}
NAMED = {value for name, value in vars(findings).items() if name.isupper() and isinstance(value, str)} | REFUSALS


@pytest.fixture(scope="module")
def healthy() -> Iterator[Healthy]:
    with sample_server() as server:
        url = server.connection_url(DATABASE)
        with fresh_backup(engine_named("postgresql"), url, between=Changes(server, seed=1)) as healthy:
            yield healthy


def test_every_failure_mode_is_in_the_catalogue_once_by_name() -> None:
    everything = [*FAULTS, *OUT_OF_REACH]
    assert {one.mode for one in everything} == set(range(1, 74))
    assert len({one.id for one in everything}) == len(everything)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.id)
def test_a_fault_expects_findings_that_exist(fault) -> None:
    assert fault.findings
    assert set(fault.findings) <= NAMED
    assert fault.sentence.endswith(".")


@pytest.mark.parametrize("one", OUT_OF_REACH, ids=lambda one: one.id)
def test_what_is_out_of_reach_has_a_reason_and_a_test(one) -> None:
    assert one.why.endswith(".")
    assert not one.shown_by or (ROOT / one.shown_by).is_file()


def test_the_documentation_shows_the_matrix() -> None:
    assert as_markdown(FAULTS, OUT_OF_REACH) in (ROOT / "docs/backups.md").read_text()


@pytest.mark.parametrize("identifier", [fault.id for fault in FAULTS] if IS_THOROUGH else FEW)
def test_a_fault_is_caught_by_its_finding(healthy: Healthy, identifier: str) -> None:
    proof = prove(healthy, faults_named(identifier))

    assert proof.out_of_reach == []
    assert [(one.id, one.caught, one.message) for one in proof.outcomes if not one.caught] == []


def test_a_fault_that_did_not_happen_is_not_caught(healthy: Healthy) -> None:
    harmless = make_fault(1, "harmless", "Nothing happens.", findings.CONTENT_DIFFERS, drilled(lambda case: None))

    proof = prove(healthy, [harmless])

    assert not proof.holds
    assert [(one.caught, one.finding, one.message) for one in proof.outcomes] == [
        (False, None, "The drill found nothing.")
    ]


def test_a_fault_under_another_name_is_not_caught(healthy: Healthy) -> None:
    (cut,) = faults_named("cut-to-half")
    misnamed = make_fault(1, "misnamed", "Half is missing.", findings.OWNER_DIFFERS, cut.happen)

    (outcome,) = prove(healthy, [misnamed]).outcomes

    assert (outcome.caught, outcome.finding) == (False, findings.ARTEFACT_TRUNCATED)


def test_a_proof_leaves_the_backup_as_it_was(healthy: Healthy) -> None:
    before = {path.name: path.read_bytes() for path in healthy.folder.iterdir()}
    prove(healthy, faults_named("cut-to-half", "missing-manifest"))

    assert {path.name: path.read_bytes() for path in healthy.folder.iterdir()} == before
    assert sorted(path.name for path in healthy.storage.folder.iterdir() if path.is_dir()) == ["healthy", "older"]


def test_healthy_backups_over_changing_data_raise_no_alarm() -> None:
    proof = prove_drill(only=["cut-to-half"], healthy_rounds=300 if IS_THOROUGH else 4)

    assert proof.alarms == []
    assert proof.healthy == (300 if IS_THOROUGH else 4)


def test_the_traffic_writes_and_changes_the_structure() -> None:
    with sample_server() as server, writing(server, seed=1) as written:
        made = Changes(server, seed=1)(count=12)
        assert len(made) > 6
        while written() < 10:
            pass


def test_faults_of_the_stored_bytes_are_caught_whatever_the_engine(tmp_path: Path, settings: Settings) -> None:
    settings.BACKUP_SOURCE_DIRECTORIES = [str(tmp_path)]
    with closing(sqlite3.connect(tmp_path / "app.db")) as source, source:
        source.execute("CREATE TABLE note AS SELECT hex(randomblob(200)) AS body")

        def write() -> None:
            source.execute("INSERT INTO note VALUES ('later')")
            source.commit()

        with fresh_backup(engine_named("sqlite"), f"sqlite://{tmp_path}/app.db", between=write) as healthy:
            proof = prove(healthy, faults_named())

    assert [outcome.id for outcome in proof.outcomes if not outcome.caught] == []
    assert len(proof.outcomes) > 30
    assert "It cannot happen to sqlite." in {one.why for one in proof.out_of_reach}


@pytest.mark.django_db
def test_a_named_database_is_proven_on_copies_alone(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("prove_drill", "shop", "--json", only=["cut-to-half", "missing-index", "emptied-unlogged-table"])

    said = json.loads(capsys.readouterr().out)
    assert [(one["id"], one["caught"], one["finding"]) for one in said["faults"]] == [
        ("cut-to-half", True, "artefact-truncated"),
        ("missing-index", True, "schema-differs"),
    ]
    assert said["false_alarms"] == 0
    assert said["out_of_reach"][0]["id"] == "emptied-unlogged-table"
    assert said["out_of_reach"][0]["why"] == "The database has no unlogged table with rows."
    assert not any(model.objects.exists() for model in (Backup, BackupRun, DrillRun))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere"], "There is no database named nowhere. There are: none yet."),
        (["--only", "no-such"], "There is no fault no-such. There are: cut-to-99-percent"),
    ],
)
def test_a_wrong_name_is_said_and_ends_with_2(arguments: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence) as error:
        call_command("prove_drill", *arguments)
    assert error.value.returncode == 2


@pytest.mark.django_db
def test_the_matrix_is_printed_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("prove_drill", only=["cut-to-half"], healthy=1)

    said = capsys.readouterr().out
    assert "artefact-truncated" in said
    assert "1 of 1 faults caught, 0 out of reach, 0 false alarms in 1 healthy drills." in said
