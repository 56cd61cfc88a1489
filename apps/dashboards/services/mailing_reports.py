"""Reports by mail, as their schedules say or because somebody asks for one now."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q
from django.urls import reverse

from apps.accounts.models import User
from apps.audit import services as audit
from apps.common import runs
from apps.common.clock import Clock, now
from apps.common.mail import Attachment, MailRefused, send_mail
from apps.common.runs import RunStatus
from apps.dashboards.engines.reports.formats import Format, make_file
from apps.dashboards.engines.reports.values import Report
from apps.dashboards.exceptions import NobodyToMail
from apps.dashboards.models import ReportRun, ReportSchedule
from apps.dashboards.selectors.reports import READERS
from apps.dashboards.selectors.reports.scheduled import scheduled_report
from apps.roadmap.services.summarising import bring_up_to_date

NO_SERVER = "No mail server is set up: set EMAIL_URL, then send it again."
MISSED = "Nobody was there to take this slot; a later one was caught up."


@transaction.atomic
def send_now(*, schedule: ReportSchedule, actor: User, at: datetime | None = None) -> ReportRun:
    """Queue one report for whoever asks, and for nobody else. The caller sends the task."""
    at = at or now()
    run = ReportRun.objects.create(schedule=schedule, requested_by=actor, queued_at=at, sent_at=at)
    audit.record(action="report.requested", subject=schedule, actor=actor)
    return run


def queue_due_reports(*, at: datetime) -> None:
    """Queue the newest due slot of each active schedule, and record the older ones as missed."""
    for pk in ReportSchedule.objects.active().values_list("pk", flat=True):
        _queue_due(pk, at)


def mail_report(*, run: ReportRun, clock: Clock = now) -> bool:
    """Make the report and mail it. False means that another worker has the run."""
    return runs.carry_out(run, lambda: _deliver(run, clock()), lambda _: _record(run), clock=clock)


@transaction.atomic
def _queue_due(schedule_id: int, at: datetime) -> None:
    # Another beat may tick at the same moment; whoever has the lock does the work.
    schedule = ReportSchedule.objects.select_for_update(skip_locked=True).filter(pk=schedule_id).first()
    if schedule is None:
        return
    # A slot that lies ahead was taken by a clock that has been set back since.
    last = schedule.runs.filter(scheduled_for__lte=at).aggregate(last=Max("scheduled_for"))["last"]
    due = schedule.slots.due(after=last, until=at)
    if not due or schedule.runs.unfinished().filter(scheduled_for__isnull=False).exists():
        return
    newest = due.pop()
    missed = due if last else []  # before its first run, a schedule has promised nothing
    ended = {"queued_at": at, "finished_at": at, "status": RunStatus.MISSED, "error": MISSED}
    rows = [ReportRun(schedule=schedule, scheduled_for=slot, **ended) for slot in missed]
    rows.append(ReportRun(schedule=schedule, scheduled_for=newest, queued_at=at))
    ReportRun.objects.bulk_create(rows, ignore_conflicts=True)
    audit.record(action="report.queued", subject=schedule, details={"slot": newest, "missed": missed})


def _deliver(run: ReportRun, at: datetime) -> None:
    if not settings.MAIL_IS_SENT:
        raise NobodyToMail(NO_SERVER)
    people = _recipients(run)
    if not people:
        raise NobodyToMail("None of the recipients is active staff who may read all that the report holds.")
    bring_up_to_date()
    report = scheduled_report(run.schedule, at=at)
    refused = [problem for person in people if (problem := _mail(run, person, report))]
    if refused:
        raise MailRefused(f"{len(refused)} of {len(people)} did not get it. {refused[0]}")


def _recipients(run: ReportRun) -> Sequence[User]:
    """Whoever asked; else everybody whom the schedule names, if they may read what the report holds."""
    schedule = run.schedule
    named = Q(pk__in=schedule.people.values("pk")) | Q(teams__in=schedule.teams.all())
    chosen = Q(pk=run.requested_by_id) if run.requested_by_id else named
    people = User.objects.filter(chosen, is_active=True, is_staff=True).distinct()
    return [person for person in people if person.has_perms(READERS)]


def _mail(run: ReportRun, person: User, report: Report) -> str:
    """Mail it to one person, unless they have it. Gives why that was refused."""
    if person.email in run.delivered_to:
        return ""
    file = make_file(report, Format(run.schedule.format))
    attachment: Attachment = file.name, file.content, file.media_type.split(";")[0]
    try:
        send_mail(to=person.email, subject=_subject(report), text=_text(run, report), attachments=[attachment])
    except MailRefused as error:
        return error.message
    run.note_delivery(person.email)
    return ""


def _subject(report: Report) -> str:
    return f"{report.title}: {report.answer}"


def _text(run: ReportRun, report: Report) -> str:
    service = run.schedule.service
    path = reverse("dashboards:readiness", args=[service.slug]) if service else reverse("admin:index")
    reason = f"You get this because the schedule “{run.schedule}” names you."
    return f"{report.answer}\n\nThe report is attached. What holds now: {settings.SITE_URL}{path}\n\n{reason}"


def _record(run: ReportRun) -> dict[str, Any]:
    audit.record(action="report.sent", subject=run.schedule, details={"to": run.delivered_to})
    return {}
