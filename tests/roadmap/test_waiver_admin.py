"""Waivers on their pages: asked for, decided, listed, drawn."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from apps.accounts.models import User
from apps.common.clock import now
from apps.roadmap.models import Waiver
from apps.roadmap.services.waivers import revoke_waiver
from tests.pages import read_page
from tests.roadmap.evidence import DAY
from tests.roadmap.waiving import ask, waive

LIST = reverse("admin:roadmap_waiver_changelist")
CALENDAR = reverse("dashboards:waivers")


@pytest.fixture
def editor(db):
    return with_role("editor")


@pytest.fixture
def approver(db):
    return with_role("approver")


def with_role(name):
    person = User.objects.create_user(f"{name}@example.org", full_name=name.capitalize(), is_staff=True)
    person.groups.add(Group.objects.get(name=name))
    return person


def page_of(waiver):
    return reverse("admin:roadmap_waiver_change", args=[waiver.pk])


def request_page(criterion):
    return reverse("admin:roadmap_waiver_request", args=[criterion.pk])


def ask_now(criterion, environment, person, days=10, **fields):
    at = fields.pop("at", now())
    return ask(criterion, environment, person, at=at, ends_at=at + days * DAY, **fields)


def filled(environment, **fields):
    values = {
        "environment": environment.pk,
        "reason_category": "out_of_scope",
        "reason": "No region yet.",
        "compensating_control": "Manual copies.",
        "starts_on": "",
        "ends_on": (now() + 5 * DAY).date(),
    }
    return values | fields


def test_an_editor_asks_on_the_page_of_the_criterion(client, editor, criterion, environment):
    client.force_login(editor)
    evidence = client.get(reverse("admin:roadmap_criterion_evidence", args=[criterion.pk]))
    assert request_page(criterion) in read_page(evidence).links
    form = client.get(request_page(criterion))
    assert b"for 30 days: from now until" in form.content
    response = client.post(request_page(criterion), filled(environment), follow=True)
    waiver = Waiver.objects.get()
    assert response.redirect_chain == [(page_of(waiver), 302)]
    assert waiver.ends_at == datetime.combine((now() + 6 * DAY).date(), time.min, UTC)
    assert (waiver.requested_by, waiver.last_day) == (editor, (now() + 5 * DAY).date())


@pytest.mark.parametrize(("days", "is_taken"), [(29, True), (30, False)])
def test_the_latest_day_that_the_form_names_is_taken_and_the_next_is_not(
    client, editor, criterion, environment, days, is_taken
):
    client.force_login(editor)
    page = client.post(request_page(criterion), filled(environment, ends_on=(now() + days * DAY).date()), follow=True)
    assert Waiver.objects.exists() is is_taken
    problem = "A service of tier A may be waived for 30 days, here until"
    assert (problem in page.content.decode()) is not is_taken


@pytest.mark.parametrize("days", [{"ends_on": date.max}, {"starts_on": date.max, "ends_on": date.max}])
def test_the_end_of_all_days_is_refused(client, editor, criterion, environment, days):
    client.force_login(editor)
    answer = client.post(request_page(criterion), filled(environment, **days))
    assert "No day follows this one" in answer.content.decode()
    assert not Waiver.objects.exists()


def test_a_start_ahead_is_a_midnight(client, editor, criterion, environment):
    client.force_login(editor)
    client.post(request_page(criterion), filled(environment, starts_on=(now() + DAY).date()))
    assert Waiver.objects.get().starts_at == datetime.combine((now() + DAY).date(), time.min, UTC)


def test_an_approver_sees_the_standing_below_and_approves(client, editor, approver, criterion, environment):
    waiver = ask_now(criterion, environment, editor)
    client.force_login(approver)
    page = client.get(page_of(waiver)).content.decode()
    assert "Unverified" in page
    assert 'value="approve"' in page
    client.post(page_of(waiver), {"decision": "approve", "comment": "Until the region is there."})
    waiver.refresh_from_db()
    assert (waiver.state, waiver.decided_by, waiver.decision_comment) == (
        "approved", approver, "Until the region is there.",
    )  # fmt: skip
    assert 'value="revoke"' in client.get(page_of(waiver)).content.decode()


def test_a_denial_without_a_word_is_refused_in_a_sentence(client, editor, approver, criterion, environment):
    waiver = ask_now(criterion, environment, editor)
    client.force_login(approver)
    page = client.post(page_of(waiver), {"decision": "deny"}, follow=True)
    assert b"Comment: say why it is denied." in page.content
    assert Waiver.objects.get().state == "requested"


def test_whoever_asked_may_only_take_it_back(client, editor, criterion, environment):
    waiver = ask_now(criterion, environment, editor)
    client.force_login(editor)
    assert b"Take it back" in client.get(page_of(waiver)).content
    assert client.post(page_of(waiver), {"decision": "approve"}).status_code == 403
    client.post(page_of(waiver), {"decision": "deny", "comment": "Proven."})
    assert Waiver.objects.get().state == "denied"


def test_an_approver_who_asked_cannot_approve(client, olga, criterion, environment):
    waiver = ask_now(criterion, environment, olga)
    client.force_login(olga)
    assert b'value="approve"' not in client.get(page_of(waiver)).content
    page = client.post(page_of(waiver), {"decision": "approve"}, follow=True)
    assert b"somebody else has to approve it" in page.content


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_others_see_it_and_decide_nothing(client, editor, criterion, environment, role):
    waiver = ask_now(criterion, environment, editor)
    client.force_login(with_role(role))
    page = client.get(page_of(waiver)).content
    assert b'name="decision"' not in page
    assert client.post(page_of(waiver), {"decision": "deny", "comment": "No."}).status_code == 403


def test_who_may_ask(client, criterion, environment):
    codes = {}
    for role in ("viewer", "editor", "operator", "approver", "administrator"):
        client.force_login(with_role(role))
        codes[role] = client.get(request_page(criterion)).status_code
    assert codes == {"viewer": 403, "editor": 200, "operator": 200, "approver": 403, "administrator": 200}


def test_what_may_not_be_waived_offers_no_request(client, olga, criterion, environment):
    criterion.is_waivable = False
    criterion.save()
    client.force_login(olga)
    evidence = client.get(reverse("admin:roadmap_criterion_evidence", args=[criterion.pk]))
    assert request_page(criterion) not in read_page(evidence).links
    assert b"may not be waived" in evidence.content
    refused = client.post(request_page(criterion), filled(environment))
    assert b"has to be proven" in refused.content


def test_the_list_begins_with_what_waits_then_with_the_next_end(client, olga, editor, service, milestone, environment):
    start = now()
    criteria = [milestone.criteria.create(service=service, text=f"Criterion {number}.") for number in range(4)]
    lapsed, late, soon, waits = criteria
    waive(lapsed, environment, editor, olga, at=start - 9 * DAY, ends_at=start - DAY)
    ask_now(waits, environment, editor, days=25, at=start - DAY)
    waive(soon, environment, editor, olga, at=start, ends_at=start + 2 * DAY)
    waive(late, environment, editor, olga, at=start, ends_at=start + 20 * DAY)
    client.force_login(olga)
    rows = client.get(LIST).context["cl"].result_list
    assert [row.criterion for row in rows] == [waits, soon, late, lapsed]
    found = {}
    for phase in ("requested", "active", "ending_soon", "upcoming", "lapsed", "denied", "revoked"):
        found[phase] = [row.criterion for row in client.get(LIST, {"phase": phase}).context["cl"].result_list]
    assert found == {
        "requested": [waits], "active": [soon, late], "ending_soon": [soon], "upcoming": [], "lapsed": [lapsed],
        "denied": [], "revoked": [],
    }  # fmt: skip


def test_the_calendar_draws_what_holds_or_will_and_lists_it(client, olga, editor, criterion, environment):
    client.force_login(olga)
    assert b"No waiver holds" in client.get(CALENDAR).content
    start = now()
    waiver = waive(criterion, environment, editor, olga, at=start, ends_at=start + 20 * DAY)
    response = client.get(CALENDAR)
    assert read_page(response).refused == []
    page = response.content.decode()
    assert 'aria-label="1 waiver, the first ending on' in page
    assert page_of(waiver) in page
    revoke_waiver(waiver=waiver, actor=olga, comment="Proven.")
    assert b"No waiver holds" in client.get(CALENDAR).content


def test_the_calendar_costs_the_same_for_many(
    client, olga, editor, service, environment, criterion, django_assert_max_num_queries
):
    waive(criterion, environment, editor, olga, at=now(), ends_at=now() + DAY)
    client.force_login(olga)
    with django_assert_max_num_queries(12):
        client.get(CALENDAR)
    for number in range(5):
        other = criterion.milestone.criteria.create(service=service, text=f"Other {number}.")
        waive(other, environment, editor, olga, at=now(), ends_at=now() + DAY)
    with django_assert_max_num_queries(12):
        client.get(CALENDAR)


def test_the_readiness_page_says_until_when_and_what_protects(client, olga, editor, criterion, environment):
    waiver = waive(criterion, environment, editor, olga, at=now(), ends_at=now() + timedelta(days=5))
    client.force_login(olga)
    page = client.get(reverse("dashboards:readiness", args=[environment.service.slug])).content.decode()
    assert f'<a href="{page_of(waiver)}">Waived until' in page
    assert "Daily manual restore." in page
    assert "else unverified" in page
    assert "Go, with waivers" in page


def test_pages_of_waivers_keep_the_strict_policy(client, olga, editor, criterion, environment):
    waiver = ask_now(criterion, environment, editor)
    client.force_login(olga)
    for address in (LIST, page_of(waiver), request_page(criterion), CALENDAR):
        assert read_page(client.get(address)).refused == []
