"""Campaigns on their pages: begun, read, changed, ended."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.common.clock import now
from apps.roadmap.models import Campaign
from tests.pages import read_page
from tests.roadmap.campaigning import campaign_of, service_of
from tests.roadmap.evidence import DAY, bind, observe

LIST = reverse("admin:roadmap_campaign_changelist")
ADD = reverse("admin:roadmap_campaign_add")


@pytest.fixture
def editor(db):
    return with_role("editor")


@pytest.fixture
def campaign(recovery, olga):
    return running(olga)


def running(owner, **fields):
    today = now().date()
    return campaign_of(owner, starts_on=today - 22 * DAY, target_on=today + 10 * DAY, **fields)


def with_role(name):
    person = User.objects.create_user(f"{name}@example.org", full_name=name.capitalize(), is_staff=True)
    person.groups.add(Group.objects.get(name=name))
    return person


def page_of(campaign):
    return reverse("admin:roadmap_campaign_progress", args=[campaign.pk])


def form_of(campaign):
    return reverse("admin:roadmap_campaign_change", args=[campaign.pk])


def filled(owner, **fields):
    values = {
        "name": "Proven restores", "sentence": "Every service of tier A has a proven restore.", "owner": owner.pk,
        "verifier_key": "tests.recovery", "phrase": "", "rule": "", "parameters": "{}", "tiers": ["A", "B"],
        "owner_teams": [], "services": [], "starts_on": "2026-01-01", "target_on": "2026-03-31",
        "reminder_weekdays": ["1", "4"],
    }  # fmt: skip
    return values | fields


def test_an_editor_begins_a_campaign(client, editor, recovery):
    client.force_login(editor)
    assert b"Recovery rehearsal (tests.recovery)" in client.get(ADD).content
    response = client.post(ADD, filled(editor), follow=True)
    campaign = Campaign.objects.get()
    assert response.redirect_chain == [(page_of(campaign), 302)]
    assert (campaign.tiers, campaign.reminder_weekdays, campaign.rule) == (["A", "B"], [1, 4], None)
    assert AuditEvent.objects.filter(action="campaign.added", actor=editor).count() == 1


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"verifier_key": ""}, "Choose a check, or the words of criteria, or both."),
        ({"parameters": "[1]"}, "Give an object"),
        ({"rule": '{"fact": "moon", "operator": "exists"}'}, "has no fact moon"),
        ({"target_on": "2025-12-31"}, "The target comes before the start."),
    ],
)
def test_a_form_that_makes_no_sense_is_refused_in_a_sentence(client, editor, recovery, fields, problem):
    client.force_login(editor)
    page = client.post(ADD, filled(editor, **fields)).content.decode()
    assert problem in page
    assert not Campaign.objects.exists()


def test_the_page_shows_the_worst_first_and_what_to_do(client, olga, campaign, criterion, environment):
    bind(criterion, decided_at=now() - 30 * DAY)
    observe(environment, now() - 2 * DAY)
    lacking = service_of("orders", team="Core")
    client.force_login(olga)
    response = client.get(page_of(campaign))
    assert read_page(response).refused == []
    page = response.content.decode()
    assert "<strong>1 of 2</strong>" in page
    assert page.index("Orders") < page.index("Payments API")
    assert "No accepted check proves it." in page
    assert "Bind a criterion to tests.recovery." in page
    assert reverse("dashboards:readiness", args=[lacking.slug]) in read_page(response).links
    assert reverse("admin:roadmap_criterion_evidence", args=[criterion.pk]) in read_page(response).links
    assert "Week by week" in page


def test_the_way_leads_to_a_suggested_check_and_to_what_was_observed(client, olga, campaign, criterion):
    bind(criterion, state="suggested", decided_at=None)
    seen = observe(service_of("orders").environments.get(), now() - DAY, verdict="failed")
    client.force_login(olga)
    links = read_page(client.get(page_of(campaign))).links
    assert reverse("admin:roadmap_criterion_evidence", args=[criterion.pk]) in links
    assert reverse("admin:evidence_observationrecord_change", args=[seen.pk]) in links


def test_a_campaign_about_no_service_says_so(client, olga, campaign):
    client.force_login(olga)
    assert b"No service in its scope" in client.get(page_of(campaign)).content


def test_the_list_shows_progress_and_leads_to_the_page(client, olga, campaign, environment):
    ended = running(olga, name="Ended")
    ended.end(at=now(), by=olga)
    observe(environment, now() - timedelta(hours=1))
    client.force_login(olga)
    response = client.get(LIST)
    assert page_of(campaign) in read_page(response).links
    assert "1 of 1" in response.content.decode()
    assert [each.name for each in response.context["cl"].result_list] == ["Proven restores", "Ended"]
    assert "Ended" not in [each.name for each in client.get(LIST, {"phase": "running"}).context["cl"].result_list]


def test_page_and_list_cost_the_same_for_many_services(client, olga, campaign, environment):
    client.force_login(olga)

    def queries(address):
        with CaptureQueriesContext(connection) as found:
            assert client.get(address).status_code == 200
        return len(found)

    observe(environment, now() - DAY)
    few = queries(page_of(campaign)), queries(LIST)
    for number in range(4):
        observe(service_of(f"s{number}", team=f"T{number}").environments.get(), now() - DAY)
        running(olga, name=f"Campaign {number}")
    assert (queries(page_of(campaign)), queries(LIST)) == few


def test_an_editor_ends_it_and_it_stays_as_it_stood(client, editor, campaign):
    client.force_login(editor)
    assert client.get(reverse("admin:roadmap_campaign_end", args=[campaign.pk])).status_code == 405
    response = client.post(reverse("admin:roadmap_campaign_end", args=[campaign.pk]), follow=True)
    assert b"The campaign has ended." in response.content
    assert b"End it now" not in response.content
    again = client.post(reverse("admin:roadmap_campaign_end", args=[campaign.pk]), follow=True)
    assert b"has ended already" in again.content
    assert AuditEvent.objects.filter(action="campaign.ended", actor=editor).count() == 1
    assert client.post(form_of(campaign), filled(editor)).status_code == 403


def test_a_second_editor_is_told_that_somebody_was_faster(client, editor, olga, campaign):
    client.force_login(editor)
    seen = client.get(form_of(campaign)).context["adminform"].form.initial["version"]
    campaign.name = "Renamed"
    campaign.save()
    page = client.post(form_of(campaign), filled(editor, name="Mine", version=seen)).content.decode()
    assert "changed this meanwhile" in page
    assert Campaign.objects.get().name == "Renamed"


@pytest.mark.parametrize(
    ("role", "may"), [("viewer", False), ("operator", False), ("approver", False), ("editor", True)]
)
def test_who_may_change_and_end_it(client, campaign, role, may):
    client.force_login(with_role(role))
    page = client.get(page_of(campaign))
    assert page.status_code == 200
    assert (b"End it now" in page.content) is may
    code = client.post(reverse("admin:roadmap_campaign_end", args=[campaign.pk])).status_code
    assert code == (302 if may else 403)


def test_somebody_without_a_role_sees_nothing(client, sam, campaign):
    client.force_login(sam)
    assert client.get(page_of(campaign)).status_code == 403
