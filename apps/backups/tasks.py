"""The worker's side: an id in, one service called, safe to deliver twice."""

from functools import partial

from celery import shared_task
from django.db import transaction

from apps.backups import services
from apps.backups.models import BackupRun, DrillRun
from apps.common.clock import now


@shared_task
def carry_out_backup(run_id: int) -> None:
    """Carry out one queued backup. The run is claimed once, so a second delivery does nothing."""
    services.carry_out_backup(run=BackupRun.objects.select_related("database__environment").get(pk=run_id))


@shared_task
def carry_out_drill(run_id: int) -> None:
    """Carry out one queued drill. The run is claimed once, so a second delivery does nothing."""
    services.carry_out_drill(run=DrillRun.objects.select_related("database__environment", "backup").get(pk=run_id))


@shared_task
def tick() -> None:
    """Queue what is due, and tell the workers."""
    for run in services.tick(at=now()):
        send(run)


def send(run: BackupRun | DrillRun) -> None:
    """Tell a worker of a queued run, once the transaction that queued it is committed."""
    task = carry_out_backup if isinstance(run, BackupRun) else carry_out_drill
    transaction.on_commit(partial(task.delay, run.pk))
