"""A scheduled drill of unchanged bytes points to the restore that proved them, and never makes that look newer."""

from datetime import timedelta

import pytest

from apps.backups import selectors, services
from apps.backups.models import Check, Database, DrillRun, DrillVerdict, Operation, Plan, Schedule
from apps.backups.services.storing import backup_storage
from apps.common.clock import now
from apps.evidence.models import ObservationRecord
from tests.backups.test_services import back_up, drill

pytestmark = pytest.mark.django_db


@pytest.fixture
def proven(database: Database) -> DrillRun:
    """A restore that proved the only backup."""
    back_up(database)
    run = drill(database)
    assert (run.verdict, run.satisfied_by) == (DrillVerdict.PROVEN, None)
    return run


def scheduled_drill(database: Database) -> DrillRun:
    schedule, _ = Schedule.objects.get_or_create(
        database=database, operation=Operation.DRILL, defaults={"interval": timedelta(minutes=1)}
    )
    run = services.queue_drill(database=database, schedule=schedule, scheduled_for=now())
    assert services.carry_out_drill(run=run)
    return run


def test_a_scheduled_drill_of_the_same_bytes_is_satisfied_by_the_earlier_one(
    database: Database, proven: DrillRun
) -> None:
    again = scheduled_drill(database)

    assert (again.verdict, again.satisfied_by, again.rto_seconds) == (DrillVerdict.PROVEN, proven, None)
    assert [name for name, _ in again.stage_rows] == ["read back"]
    assert selectors.last_drill(database) == proven
    newest = ObservationRecord.objects.filter(verifier_key="backups.restore_drill").order_by("pk").last()
    assert newest is not None
    assert newest.observed_at == proven.finished_at


def test_another_check_a_closed_window_or_a_person_asks_for_a_restore(database: Database, proven: DrillRun) -> None:
    assert drill(database).satisfied_by is None
    Plan.objects.update(prove_again_after=timedelta(0))
    assert scheduled_drill(database).satisfied_by is None
    Plan.objects.update(prove_again_after=timedelta(days=1))
    Check.objects.create(database=database, name="customers", sql="SELECT count(*) FROM sales.customer")
    asked = scheduled_drill(database)

    assert (asked.satisfied_by, asked.verdict) == (None, DrillVerdict.PROVEN)
    assert scheduled_drill(database).satisfied_by == asked


@pytest.mark.parametrize("lost", ["byte", "object"])
def test_bytes_that_changed_since_are_drilled_and_refuted(database: Database, proven: DrillRun, lost: str) -> None:
    artefact = backup_storage().folder / proven.backup.storage_key / "database.dump.zst"
    if lost == "byte":
        artefact.write_bytes(artefact.read_bytes()[:-1])
    else:
        artefact.unlink()

    again = scheduled_drill(database)

    assert (again.verdict, again.satisfied_by) == (DrillVerdict.FAILED, None)
