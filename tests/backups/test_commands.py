"""manage.py backup and drill, as scripts use them."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.backups.models import Backup, Database, DrillRun
from apps.backups.services.storing import backup_storage

pytestmark = pytest.mark.django_db


def run(name: str, *arguments: str) -> tuple[int, str]:
    """The exit code and the standard output of a command."""
    output = StringIO()
    try:
        call_command(name, *arguments, stdout=output)
    except CommandError as error:
        return error.returncode, error.args[0]
    except SystemExit as stop:
        return int(stop.code or 0), output.getvalue()
    return 0, output.getvalue()


def test_a_backup_and_a_drill(database: Database) -> None:
    code, said = run("backup", "shop")
    assert code == 0
    assert said.startswith("Backed up shop: ")
    assert "7 tables, 2,502 rows" in said

    code, said = run("drill", "--json")
    report = json.loads(said)
    assert code == 0
    assert (report["verdict"], report["findings"]) == ("proven", [])
    assert list(report["stages"]) == ["fetch", "decompress", "start", "restore", "compare"]
    assert report["rto_seconds"] == pytest.approx(sum(report["stages"].values()), abs=0.01)
    assert report["rpo_seconds"] > 0


def test_a_backup_as_json(database: Database) -> None:
    report = json.loads(run("backup", "shop", "--json")[1])

    assert report["backup"] == Backup.objects.get().pk
    assert report["sha256"] == Backup.objects.get().sha256


def test_a_refuted_backup_exits_1(database: Database) -> None:
    run("backup", "shop")
    backup = Backup.objects.get()
    artefact = backup_storage().folder / backup.storage_key / "database.dump.zst"
    artefact.write_bytes(artefact.read_bytes()[:-1])

    code, said = run("drill", "shop")
    assert code == 1
    assert said.startswith(f"Failed: backup {backup.pk} of shop\n  artefact-truncated: The artefact has ")
    code, said = run("drill", "--backup", str(backup.pk), "--json")
    assert code == 1
    assert json.loads(said)["findings"][0]["id"] == "artefact-truncated"


def test_what_cannot_be_looked_at_exits_3(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    run("backup", "shop")
    monkeypatch.setattr("apps.backups.engines.drill.SERVER_BYTES", 1 << 60)

    code, said = run("drill", "shop", "--json")

    assert code == 3
    assert json.loads(said)["verdict"] == "could_not_verify"


def test_our_own_failure_exits_3_and_says_so(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    run("backup", "shop")
    monkeypatch.setattr("apps.backups.engines.register.run_drill", lambda **options: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        run("drill", "shop", "--json")

    assert DrillRun.objects.get().outcome == "could_not_verify"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("backup", "nothing"), "There is no database named nothing. There are: shop."),
        (("drill", "nothing"), "There is no database named nothing. There are: shop."),
        (("drill", "--backup", "999"), "There is no backup 999."),
        (("drill", "shop"), "The database shop has no backup yet. Take one first: manage.py backup shop"),
    ],
)
def test_usage_exits_2(database: Database, arguments: tuple[str, ...], message: str) -> None:
    assert run(*arguments) == (2, message)


def test_a_backup_that_fails_exits_1_with_the_reason(database: Database) -> None:
    database.connection_url = "postgresql://u:hunter2@/shop?host=/nowhere"
    database.save()

    code, said = run("backup", "shop")

    assert code == 1
    assert said.startswith("Cannot connect to the database shop")
    assert "hunter2" not in said
