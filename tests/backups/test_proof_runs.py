"""Proofs of the drill as runs: their slots, their alarm, their page, and the API."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from apps.accounts.models import Notice, User
from apps.backups import services
from apps.backups.engines import findings
from apps.backups.engines.faults.fault import drilled, make_fault
from apps.backups.engines.faults.proof import Proof, fresh_backup, prove
from apps.backups.engines.faults.sample import DATABASE, sample_server
from apps.backups.engines.register import engine_named
from apps.backups.exceptions import RunUnfinished
from apps.backups.models import Backup, BackupRun, Database, ProofRun
from apps.backups.services.proofs import FIRST_SLOT
from apps.common.runs import LEASE, RunStatus

WEEK = timedelta(days=7)
SLOT = FIRST_SLOT + 200 * WEEK
FEW = partial(services.prove_drill, only=["cut-to-half", "missing-manifest"])

pytestmark = pytest.mark.django_db


def proof_that_misses() -> Proof:
    """A proof with one fault that does no harm, so that nothing can catch it."""
    harmless = make_fault(1, "harmless", "Nothing happens.", findings.CONTENT_DIFFERS, drilled(lambda case: None))
    with sample_server() as server:
        url = server.connection_url(DATABASE)
        with fresh_backup(engine_named("postgresql"), url) as healthy:
            return prove(healthy, [harmless])


@pytest.fixture
def backup(database: Database) -> Backup:
    """A backup that was taken three days before a slot."""
    run = BackupRun.objects.create(database=database, status=RunStatus.SUCCEEDED, finished_at=SLOT - timedelta(days=3))
    return Backup.objects.create(
        database=database, run=run, storage_key="shop/1", sha256="0" * 64, manifest_sha256="0" * 64, size_bytes=1,
        content_bytes=1, database_size_bytes=1, tables=1, rows=1, server_version="16", fingerprint={},
        snapshot_at=SLOT - timedelta(days=3), finished_at=SLOT - timedelta(days=3),
    )  # fmt: skip


def test_a_proof_that_holds_is_kept_and_nobody_is_told(olga: User) -> None:
    run = services.queue_proof(actor=olga)
    assert services.carry_out_proof(run=run, prove=FEW)
    assert not services.carry_out_proof(run=run, prove=FEW)

    assert (run.status, run.outcome, run.holds) == (RunStatus.SUCCEEDED, "proven", True)
    assert (run.caught, run.missed, run.false_alarms) == (2, 0, 0)
    assert [fault["finding"] for fault in run.faults] == ["artefact-truncated", "manifest-missing"]
    assert not Notice.objects.exists()


def test_a_drill_that_stops_catching_is_an_alarm(olga: User, sam: User) -> None:
    run = services.queue_proof()
    services.carry_out_proof(run=run, prove=proof_that_misses)

    assert (run.status, run.outcome, run.missed) == (RunStatus.SUCCEEDED, "failed", 1)
    notice = Notice.objects.get()
    assert notice.recipient == olga
    assert notice.subject == "Drills do not catch what they must"
    assert "Faults missed: harmless." in notice.text


def test_a_proof_that_breaks_is_an_alarm_too(olga: User) -> None:
    run = services.queue_proof()
    services.carry_out_proof(run=run, prove=partial(services.prove_drill, only=["no-such"]))

    assert (run.status, run.outcome) == (RunStatus.FAILED, "could_not_verify")
    assert "There is no fault no-such" in Notice.objects.get().text


def test_one_proof_goes_on_at_a_time() -> None:
    run = services.queue_proof()
    with pytest.raises(RunUnfinished, match="being proven already"):
        services.queue_proof()
    with pytest.raises(IntegrityError, match="one_proof_of_each_status"), transaction.atomic():
        ProofRun.objects.create(queued_at=run.queued_at)


def test_it_is_due_each_week_once_there_is_a_backup(backup: Backup) -> None:
    assert services.proofs_to_send(at=SLOT - timedelta(minutes=1)) == []
    (run,) = services.proofs_to_send(at=SLOT + timedelta(minutes=5))
    assert run.scheduled_for == SLOT
    assert services.proofs_to_send(at=SLOT + timedelta(minutes=6)) == []
    assert services.proofs_to_send(at=SLOT + timedelta(hours=1)) == [run]  # nobody came

    run.claim(at=SLOT + timedelta(hours=1))
    run.finish(RunStatus.SUCCEEDED, at=SLOT + timedelta(hours=2))
    assert services.proofs_to_send(at=SLOT + timedelta(days=6)) == []
    (late,) = services.proofs_to_send(at=SLOT + 3 * WEEK)
    assert late.scheduled_for == SLOT + 3 * WEEK


def test_nothing_is_due_without_a_backup_nor_when_it_is_switched_off(settings: Settings, backup: Backup) -> None:
    settings.DRILL_PROOF_DAYS = 0
    assert services.proofs_to_send(at=SLOT + WEEK) == []
    settings.DRILL_PROOF_DAYS = 7
    Backup.objects.all().delete()
    assert services.proofs_to_send(at=SLOT + WEEK) == []


def test_a_dead_proof_makes_room_for_the_next(backup: Backup) -> None:
    run = services.queue_proof(at=SLOT - timedelta(days=1))
    run.claim(at=SLOT - timedelta(days=1))
    (due,) = services.proofs_to_send(at=SLOT + 2 * LEASE)

    run.refresh_from_db()
    assert (run.status, due.scheduled_for) == (RunStatus.ERRORED, SLOT)


@pytest.fixture
def proven(olga: User) -> ProofRun:
    run = services.queue_proof(actor=olga)
    services.carry_out_proof(run=run, prove=partial(FEW, healthy_rounds=1))
    return run


def test_its_page_shows_the_matrix(client: Client, olga: User, proven: ProofRun) -> None:
    client.force_login(olga)
    listed = client.get(reverse("admin:backups_proofrun_changelist")).content.decode()
    assert "Prove now" in listed
    assert "0 in 1" in listed

    page = client.get(reverse("admin:backups_proofrun_change", args=[proven.pk])).content.decode()
    assert "Drills catch what they must" in page
    assert "Half of the artefact is missing." in page
    assert "<code>artefact-truncated</code>" in page


def test_the_button_queues_one(client: Client, olga: User, sam: User) -> None:
    address = reverse("admin:backups_proofrun_prove")
    client.force_login(sam)
    assert client.post(address).status_code == 403
    client.force_login(olga)
    assert client.get(address).status_code == 405
    assert b"Queued a proof of the drill" in client.post(address, follow=True).content
    assert b"being proven already" in client.post(address, follow=True).content
    assert ProofRun.objects.get().requested_by == olga


def test_the_api_gives_the_matrix(client: Client, olga: User, proven: ProofRun) -> None:
    client.force_login(olga)
    (said,) = client.get("/api/v1/proofs/", {"holds": "true"}).json()["results"]

    assert (said["outcome"], said["caught"], said["missed"], said["false_alarms"]) == ("proven", 2, 0, 0)
    assert said["faults"][0]["finding"] == "artefact-truncated"
