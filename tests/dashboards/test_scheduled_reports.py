"""Reports by mail: due slots, missed ones, two workers, a mail server that refuses, and one for oneself."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.catalog.models import Team
from apps.common.clock import now
from apps.common.runs import LEASE, LEASE_RAN_OUT
from apps.dashboards.models import ReportRun, ReportSchedule
from apps.dashboards.services.mail_runs import TOLD_AGAIN_AFTER, tick
from apps.dashboards.services.mailing_reports import mail_report, queue_due_reports, send_now
from apps.dashboards.tasks import mail_report as mail_report_task
from tests.dashboards.mailing import messages_of

START = datetime(2026, 3, 2, 6, tzinfo=UTC)  # a Monday
DAY = timedelta(days=1)


@pytest.fixture
def vera(db):
    """Vera views."""
    vera = User.objects.create_user("vera@example.org", full_name="Vera Viewer", is_staff=True)
    vera.groups.add(Group.objects.get(name="viewer"))
    return vera


@pytest.fixture
def schedule(service, olga):
    schedule = ReportSchedule.objects.create(
        name="Payments daily", scope="service", service=service, format="json", cron="0 8 * * *", starts_at=START
    )
    schedule.people.add(olga)
    return schedule


def due(at):
    queue_due_reports(at=at)
    return ReportRun.objects.filter(status="queued").first()


def test_a_due_report_is_mailed_with_its_file(mail, schedule, voyage):
    run = due(START + timedelta(hours=2))
    assert mail_report(run=run)

    (message,) = messages_of(mail)
    assert message["To"] == "olga@example.org"
    assert message["Subject"].startswith("Payments API, production: No-go")
    body = message.get_body().get_content()
    assert "https://seaworthy.example.org/admin/readiness/payments/" in body
    (attachment,) = message.iter_attachments()
    assert attachment.get_filename().startswith("payments-production-")
    assert json.loads(attachment.get_content())["decision"] == "no_go"
    run.refresh_from_db()
    assert (run.status, run.delivered_to, run.error) == ("succeeded", ["olga@example.org"], "")
    assert AuditEvent.objects.filter(action="report.sent").count() == 1


@pytest.mark.parametrize("format", ["html", "xlsx", "csv", "markdown"])
def test_every_format_can_be_attached(mail, schedule, format):
    ReportSchedule.objects.update(format=format, scope="all", service=None)
    mail_report(run=due(START + DAY))
    (attachment,) = messages_of(mail)[0].iter_attachments()
    assert attachment.get_filename().startswith("portfolio-")
    assert attachment.get_content()


def test_the_newest_slot_is_taken_and_older_ones_are_missed(schedule):
    queue_due_reports(at=START + timedelta(hours=2))
    ReportRun.objects.update(status="succeeded", finished_at=START)
    queue_due_reports(at=START + 4 * DAY)

    rows = list(ReportRun.objects.order_by("scheduled_for").values_list("status", "scheduled_for__day"))
    assert rows == [("succeeded", 2), ("missed", 3), ("missed", 4), ("queued", 5)]


def test_a_tick_twice_queues_once(schedule):
    for _ in range(3):
        queue_due_reports(at=START + timedelta(hours=3))
    assert ReportRun.objects.count() == 1
    slot = ReportRun.objects.get().scheduled_for
    with pytest.raises(IntegrityError):
        ReportRun.objects.create(schedule=schedule, scheduled_for=slot)


def test_nothing_is_due_before_its_time_or_when_it_is_switched_off(schedule):
    assert due(START + timedelta(hours=1)) is None
    ReportSchedule.objects.update(is_active=False)
    assert due(START + DAY) is None
    assert ReportSchedule(is_active=False).next_due_at(START) is None


def test_slots_are_of_the_schedules_time_zone_through_the_change_of_clocks(schedule):
    schedule.time_zone = "Europe/Berlin"
    before, after = datetime(2026, 3, 27, 12, tzinfo=UTC), datetime(2026, 3, 29, 12, tzinfo=UTC)
    assert schedule.next_due_at(before).astimezone(UTC).hour == 7
    assert schedule.next_due_at(after).astimezone(UTC).hour == 6


def test_a_run_is_carried_out_once_by_however_many(mail, schedule):
    run = due(START + DAY)
    again = ReportRun.objects.get(pk=run.pk)
    assert [mail_report(run=run), mail_report(run=again)] == [True, False]
    mail_report_task(run.pk)
    assert len(mail.taken) == 1


def test_a_tick_tells_of_each_run_once_and_again_when_nobody_took_it(schedule):
    at = START + DAY
    assert [len(tick(at=at)), len(tick(at=at))] == [1, 0]
    assert len(tick(at=at + TOLD_AGAIN_AFTER + timedelta(seconds=1))) == 1


def test_a_dead_worker_is_seen(schedule):
    run = due(START + DAY)
    run.claim(at=START + DAY)
    tick(at=START + DAY + LEASE + timedelta(seconds=1))
    run.refresh_from_db()
    assert (run.status, run.error) == ("errored", LEASE_RAN_OUT)


def test_a_mail_server_that_refuses_is_a_failure_with_its_reason_and_the_next_slot_goes_on(mail, schedule):
    mail.answer = "451 busy, password hunter2"
    mail_report(run=due(START + timedelta(hours=2)))
    failed = ReportRun.objects.get()
    assert failed.status == "failed"
    assert failed.error == "1 of 1 did not get it. The mail server refused the message with code 451."

    mail.answer = ""
    mail_report(run=due(START + DAY + timedelta(hours=2)))
    assert ReportRun.objects.get(status="succeeded").delivered_to == ["olga@example.org"]


def test_who_has_it_is_not_mailed_again_when_the_run_is_given_back(mail, schedule, vera):
    schedule.people.add(vera)
    run = due(START + DAY)
    ReportRun.objects.update(delivered_to=["olga@example.org"])
    run.refresh_from_db()
    mail_report(run=run)
    assert [message["To"] for message in messages_of(mail)] == ["vera@example.org"]


def test_without_a_mail_server_the_run_says_what_to_do(schedule):
    mail_report(run=due(START + DAY))
    assert "set EMAIL_URL" in ReportRun.objects.get(status="failed").error


def test_members_of_teams_get_it_once_and_who_may_not_read_it_never(mail, schedule, olga, sam, vera):
    team = Team.objects.create(name="Core")
    team.members.add(olga, sam, vera)
    schedule.teams.add(team)
    mail_report(run=due(START + DAY))
    assert [message["To"] for message in messages_of(mail)] == ["olga@example.org", "vera@example.org"]


def test_a_schedule_that_only_names_strangers_fails_and_says_so(mail, schedule, sam):
    schedule.people.set([sam])
    mail_report(run=due(START + DAY))
    assert "None of the recipients" in ReportRun.objects.get().error
    assert mail.taken == []


def test_send_me_one_now_mails_only_whoever_asks(
    mail, schedule, vera, client, at_once, django_capture_on_commit_callbacks
):
    client.force_login(vera)
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(f"/admin/dashboards/reportschedule/{schedule.pk}/send/")
    assert response.status_code == 302
    assert [message["To"] for message in messages_of(mail)] == ["vera@example.org"]
    page = client.get(f"/admin/dashboards/reportschedule/{schedule.pk}/change/").content.decode()
    assert "Succeeded" in page
    assert AuditEvent.objects.filter(action="report.requested").get().actor == vera
    assert due(now()) is not None  # the slot is still due


def test_a_team_gets_a_report_of_its_services(mail, schedule, service, olga):
    team = Team.objects.create(name="Core")
    service.owner = team
    service.save()
    ReportSchedule.objects.update(scope="team", service=None, team=team)
    mail_report(run=due(START + DAY))
    (attachment,) = messages_of(mail)[0].iter_attachments()
    assert [row["slug"] for row in json.loads(attachment.get_content())["services"]] == ["payments"]


@pytest.mark.parametrize(
    ("field", "value"), [("cron", "61 * * * *"), ("cron", "0 0 31 2 *"), ("time_zone", "Mars/Base"), ("format", "pdf")]
)
def test_what_cannot_be_is_refused(schedule, field, value):
    setattr(schedule, field, value)
    with pytest.raises(ValidationError) as refusal:
        schedule.full_clean()
    assert field in refusal.value.message_dict


def test_the_scope_has_its_subject(schedule):
    schedule.service = None
    with pytest.raises(ValidationError, match="Choose the service or the team"):
        schedule.full_clean()


def test_the_list_says_when_it_is_due_and_what_came_of_the_last(schedule, client, olga):
    client.force_login(olga)
    ReportRun.objects.create(schedule=schedule, status="failed", finished_at=now(), error="x")
    page = client.get("/admin/dashboards/reportschedule/").content.decode()
    assert "0 8 * * * UTC" in page
    assert "Failed" in page
    assert "set EMAIL_URL" in client.get(f"/admin/dashboards/reportschedule/{schedule.pk}/change/").content.decode()


def test_the_api_shows_schedules_and_runs_and_sends(
    mail, schedule, client, vera, at_once, django_capture_on_commit_callbacks
):
    client.force_login(vera)
    (row,) = client.get("/api/v1/report-schedules/").json()["results"]
    assert (row["service"], row["people"], row["cron"]) == ("payments", ["olga@example.org"], "0 8 * * *")
    assert row["next_due_at"]
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(f"/api/v1/report-schedules/{schedule.pk}/send/").status_code == 201
    (run,) = client.get("/api/v1/report-runs/").json()["results"]
    assert (run["status"], run["delivered_to"]) == ("succeeded", ["vera@example.org"])


def test_send_now_needs_no_schedule_to_be_active(schedule, olga):
    ReportSchedule.objects.update(is_active=False)
    assert send_now(schedule=schedule, actor=olga).requested_by == olga
