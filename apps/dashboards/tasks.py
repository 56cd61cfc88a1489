"""The worker's side of reports and digests: an id in, one service called, safe to deliver twice."""

from functools import partial

from celery import shared_task
from django.db import transaction

from apps.common.clock import now
from apps.dashboards.models import DigestRun, MailRun, ReportRun
from apps.dashboards.services import digests, mail_runs, mailing_reports


@shared_task
def mail_report(run_id: int) -> None:
    """Mail one queued report. The run is claimed once, so a second delivery does nothing."""
    run = ReportRun.objects.select_related("schedule__service", "schedule__team").get(pk=run_id)
    mailing_reports.mail_report(run=run)


@shared_task
def mail_digest(run_id: int) -> None:
    """Mail one queued digest. The run is claimed once, so a second delivery does nothing."""
    digests.mail_digest(run=DigestRun.objects.select_related("recipient").get(pk=run_id))


@shared_task
def tick_reports() -> None:
    """Queue the reports and digests that are due, and tell the workers."""
    for run in mail_runs.tick(at=now()):
        send(run)


def send(run: MailRun) -> None:
    """Tell a worker of a queued run, once the transaction that queued it is committed."""
    task = mail_report if isinstance(run, ReportRun) else mail_digest
    transaction.on_commit(partial(task.delay, run.pk))
