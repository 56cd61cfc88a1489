"""What beat's tick does for reports and digests: queue what is due, end the dead, and tell the workers."""

from datetime import datetime, timedelta

from django.db.models import Q

from apps.common import runs
from apps.common.runs import RunStatus
from apps.dashboards.models import DigestRun, MailRun, ReportRun
from apps.dashboards.services.digests import queue_digests
from apps.dashboards.services.mailing_reports import queue_due_reports

TOLD_AGAIN_AFTER = timedelta(minutes=10)


def tick(*, at: datetime) -> list[MailRun]:
    """The runs that a worker should be told of. Of two that tick at once, one is told of each."""
    for model in (ReportRun, DigestRun):
        runs.reap(model, at=at)
    queue_due_reports(at=at)
    queue_digests(at=at)
    return [*_waiting(ReportRun, at), *_waiting(DigestRun, at)]


def _waiting(model: type[MailRun], at: datetime) -> list[MailRun]:
    """Queued runs that no worker was told of, or so long ago that the message was lost."""
    long_ago = Q(sent_at__lt=at - TOLD_AGAIN_AFTER) | Q(sent_at__gt=at + TOLD_AGAIN_AFTER)  # or by a wrong clock
    waiting = model.objects.filter(Q(sent_at__isnull=True) | long_ago, status=RunStatus.QUEUED)
    return [run for run in waiting if waiting.filter(pk=run.pk).update(sent_at=at)]
