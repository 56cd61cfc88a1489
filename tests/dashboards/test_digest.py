"""The weekly digest: what it says of what is mine, when it goes out, and how it is switched off."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.catalog.models import Team
from apps.common.clock import now
from apps.dashboards.models import DigestRun
from apps.dashboards.selectors.digest import weekly_digest
from apps.dashboards.services.digests import mail_digest, queue_digests
from apps.dashboards.tasks import mail_digest as mail_digest_task
from apps.roadmap.models import Criterion, Milestone, Task
from apps.roadmap.services.summarising import bring_up_to_date
from tests.dashboards.mailing import messages_of
from tests.roadmap.deciding import group_of, make_policy
from tests.roadmap.waiving import waive

MONDAY = datetime(2027, 1, 4, 7, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def platform(voyage, olga):
    """Olga is of the team that owns M0, M3 and M5."""
    team = Team.objects.get(name="Platform")
    team.members.add(olga)
    return team


def said(person, at=None):
    digest = weekly_digest(person=person, at=at or now())
    return {part.title: [line.text for line in part.lines] for part in digest.parts}


def test_it_says_what_is_untrue_and_what_is_late_of_what_is_mine(olga, platform):
    found = said(olga)
    assert any("M5" in line for line in found["Contradicted"])
    assert any("M3" in line for line in found["Decayed"])
    assert found["Overdue"] == ["M0 Foundations"]
    assert not any("M1" in line for lines in found.values() for line in lines)


def test_it_says_nothing_of_what_belongs_to_others(voyage, olga):
    assert weekly_digest(person=olga, at=now()).items == 0


def test_it_says_what_is_due(voyage, olga, platform):
    task = Task.objects.first()
    task.assignees.add(olga)
    Task.objects.filter(pk=task.pk).update(claim="todo", target_on=(now() + 13 * DAY).date())
    assert said(olga)["Due in 14 days"] == [str(task)]


def test_it_says_which_waivers_end(environment, olga, sam, platform):
    criterion = Criterion.objects.filter(milestone__code="M5").get()
    waive(criterion, environment, sam, olga, at=now(), ends_at=now() + 10 * DAY)
    assert said(olga)["Waivers that end"] == [str(criterion)]
    assert "Waivers that end" in said(sam)  # who asked for it
    assert "Waivers that end" not in said(olga, at=now() + 11 * DAY)


def test_it_asks_for_signatures_of_who_may_sign(service, environment, olga, sam):
    Milestone.objects.create(service=service, code="M1", title="Ready", claim="done")
    Criterion.objects.create(service=service, text="Nothing", claim="not_applicable")
    criterion = Criterion.objects.create(service=service, text="It works", claim="done", requirement="recommended")
    make_policy(environment, olga, {"name": "SRE", "group": group_of("sre", sam)})
    waive(
        Criterion.objects.create(service=service, text="Proven"),
        environment,
        olga,
        sam,
        at=now() - DAY,
        ends_at=now() + DAY,
    )
    bring_up_to_date()

    assert said(sam)["Signatures asked of you"] == ["Payments API: SRE"]
    assert "Signatures asked of you" not in said(olga)
    assert criterion


def test_each_person_is_mailed_once_a_week(mail, olga, platform):
    User.objects.update(date_joined=MONDAY - DAY)
    for hours in (0, 1, 30):
        queue_digests(at=MONDAY + timedelta(hours=hours))
    assert DigestRun.objects.count() == 1
    queue_digests(at=MONDAY + 7 * DAY)
    assert DigestRun.objects.count() == 2


def test_it_is_text_and_html_with_whole_addresses(mail, olga, platform):
    run = DigestRun.objects.create(recipient=olga, scheduled_for=MONDAY)
    assert mail_digest(run=run)
    mail_digest_task(run.pk)

    (message,) = messages_of(mail)
    assert message["To"] == "olga@example.org"
    assert message["Subject"].startswith("Your week in Seaworthy: ")
    text, html = (message.get_body((kind,)).get_content() for kind in ("plain", "html"))
    milestone = Milestone.objects.get(code="M0")
    link = f"https://seaworthy.example.org/admin/roadmap/milestone/{milestone.pk}/change/"
    assert link in text
    assert f'href="{link}"' in html
    assert "https://seaworthy.example.org/admin/notices/" in text
    assert run.items > 0


def test_words_of_documents_are_no_markup_in_it(mail, olga, platform):
    Milestone.objects.filter(code="M0").update(title="<script>alert(1)</script>")
    mail_digest(run=DigestRun.objects.create(recipient=olga, scheduled_for=MONDAY))
    (message,) = messages_of(mail)
    assert "<script>" not in message.get_body(("html",)).get_content()
    assert "M0 <script>" in message.get_body(("plain",)).get_content()


def test_with_nothing_to_say_nothing_is_mailed(mail, olga):
    run = DigestRun.objects.create(recipient=olga, scheduled_for=MONDAY)
    mail_digest(run=run)
    assert (run.status, run.items, mail.taken) == ("succeeded", 0, [])


def test_a_mail_server_that_is_not_there_is_a_failure_with_its_reason(mail, settings, olga, platform):
    settings.EMAIL_PORT = 1
    run = DigestRun.objects.create(recipient=olga, scheduled_for=MONDAY)
    mail_digest(run=run)
    assert (run.status, "cannot be reached" in run.error) == ("failed", True)


def test_nobody_gets_one_who_is_new_or_gone_or_without_a_mail_server(mail, settings, olga, eve):
    User.objects.update(date_joined=MONDAY + timedelta(hours=1))
    queue_digests(at=MONDAY + timedelta(hours=2))
    User.objects.update(date_joined=MONDAY - DAY, is_active=False)
    queue_digests(at=MONDAY + timedelta(hours=2))
    User.objects.update(is_active=True)
    settings.MAIL_IS_SENT = False
    queue_digests(at=MONDAY)
    assert not DigestRun.objects.exists()
    settings.MAIL_IS_SENT = True
    queue_digests(at=MONDAY + 3 * DAY)  # too old to be news
    assert not DigestRun.objects.exists()
    queue_digests(at=MONDAY)
    assert [run.recipient for run in DigestRun.objects.all()] == [olga]  # Eve is no staff


def test_it_is_switched_off_and_on_in_the_notices(mail, client, olga, platform):
    User.objects.update(date_joined=MONDAY - DAY)
    client.force_login(olga)
    assert "Switch it off" in client.get("/admin/notices/").content.decode()
    for _ in range(2):
        client.post("/admin/notices/digest/", {"wanted": "no"})
    queue_digests(at=MONDAY)
    assert not DigestRun.objects.exists()
    assert "Switch it on" in client.get("/admin/notices/").content.decode()
    client.post("/admin/notices/digest/", {"wanted": "yes"})
    queue_digests(at=MONDAY)
    assert DigestRun.objects.count() == 1
    assert list(AuditEvent.objects.filter(action__startswith="digest").values_list("action", flat=True)) == [
        "digest.switched_on",
        "digest.switched_off",
    ]


def test_who_switched_it_off_after_it_was_queued_gets_none(mail, client, olga, platform):
    run = DigestRun.objects.create(recipient=olga, scheduled_for=MONDAY)
    client.force_login(olga)
    client.post("/admin/notices/digest/", {"wanted": "no"})
    mail_digest(run=run)
    assert mail.taken == []
