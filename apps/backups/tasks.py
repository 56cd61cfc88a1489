"""The worker's side: an id in, one service called, safe to deliver twice."""

from datetime import datetime

from celery import Task, shared_task
from django.db import transaction

from apps.backups import services
from apps.backups.models import BackupCopy, BackupRun, DrillRun, ProofRun, RestoreRun
from apps.backups.services import discovery
from apps.common.clock import now


@shared_task
def carry_out_backup(run_id: int) -> None:
    """Carry out one queued backup. The run is claimed once, so a second delivery does nothing."""
    services.carry_out_backup(run=BackupRun.objects.select_related("database__environment").get(pk=run_id))
    send_copies(now())


@shared_task
def carry_out_drill(run_id: int) -> None:
    """Carry out one queued drill. The run is claimed once, so a second delivery does nothing."""
    services.carry_out_drill(run=DrillRun.objects.select_related("database__environment", "backup").get(pk=run_id))


@shared_task
def carry_out_restore(run_id: int) -> None:
    """Carry out one approved restore. The run is claimed once, so a second delivery does nothing."""
    related = RestoreRun.objects.select_related("backup__database", "server", "requested_by")
    services.carry_out_restore(run=related.get(pk=run_id))


@shared_task
def announce_alerts() -> None:
    """Tell the owners what is wrong with the protection of their databases."""
    services.announce_alerts(at=now())


@shared_task
def store_copy(copy_id: int) -> None:
    """Write one copy of a backup. It is claimed while it is written, so a second delivery does nothing."""
    related = BackupCopy.objects.select_related("backup", "storage")
    services.store_copy(copy=related.get(pk=copy_id))


@shared_task
def check_storages() -> None:
    """Look after every storage: unfinished uploads, leftovers, what is missing, and what it allows."""
    services.check_storages(at=now())


@shared_task
def tick() -> None:
    """Queue what is due, and tell the workers."""
    at = now()
    for run in services.tick(at=at):
        send(run)
    services.want_older_copies()
    send_copies(at)


def send_copies(at: datetime) -> None:
    """Tell workers of the copies that are to be written now. Being told twice does no harm."""
    for copy in services.due_copies(at=at):
        store_copy.delay(copy.pk)


@shared_task
def carry_out_proof(run_id: int) -> None:
    """Carry out one queued proof of the drill. The run is claimed once, so a second delivery does nothing."""
    services.carry_out_proof(run=ProofRun.objects.get(pk=run_id))


@shared_task
def tick_proofs() -> None:
    """Queue the proof of the drill that is due, and tell the workers."""
    for run in services.proofs_to_send(at=now()):
        send(run)


@shared_task
def discover() -> None:
    """Look for databases that nobody protects."""
    discovery.discover(at=now())


@shared_task
def prune_all() -> None:
    """Mark and remove what retention lets go, of every database, and what re-encryption has replaced."""
    services.prune_all(at=now())
    services.clear_obsolete(at=now())


def send(run: BackupRun | DrillRun | RestoreRun | ProofRun) -> None:
    """Tell a worker of a queued run, once it is committed. A broker that is away is logged: a tick tells again."""
    task = TASKS[type(run)]

    def tell_worker() -> None:  # a partial has no name for the log
        task.delay(run.pk)

    transaction.on_commit(tell_worker, robust=True)


TASKS: dict[type, Task[..., None]] = {
    BackupRun: carry_out_backup,
    DrillRun: carry_out_drill,
    RestoreRun: carry_out_restore,
    ProofRun: carry_out_proof,
}
