"""Owners, risks and costs at a glance, and the page that holds all pictures."""

from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.models import User
from apps.catalog.models import Environment, Team
from apps.dashboards.engines.cost_bars import WIDTH, Sum, draw_cost_bars
from apps.dashboards.selectors.pictures.costs import costs_picture
from apps.dashboards.selectors.pictures.owners import owners_picture
from apps.dashboards.selectors.pictures.risks import risks_picture
from apps.roadmap.models import Milestone, WorkItem
from apps.roadmap.selectors.readiness import readiness
from tests.dashboards.history import with_past
from tests.dashboards.voyage import Voyage
from tests.pages import read_page

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
PAGE = "/admin/readiness/payments/pictures/"


@pytest.fixture
def voyage(environment: Environment) -> Voyage:
    return Voyage(environment, now=NOW)


def test_the_owner_is_the_criterions_team_then_its_milestones_then_its_services(voyage: Voyage) -> None:
    data, core = Team.objects.create(name="Data"), Team.objects.create(name="Core")
    milestone = voyage.milestone("M1", "Data", "todo", due_in_days=5, owner="Platform")
    milestone.owners.add(data)
    voyage.criterion(milestone, "Of both teams", "todo")
    voyage.criterion(milestone, "Of Core alone", "todo").owners.add(core)
    voyage.criterion(None, "Of nobody", "done")

    def cells() -> dict[tuple[str, str], int]:
        known = readiness(environment=voyage.environment, at=NOW)
        return {(cell.owner, str(cell.standing)): cell.count for cell in owners_picture(known).cells}

    shared = {("Data", "open"): 1, ("Platform", "open"): 1, ("Core", "open"): 1}
    assert cells() == {**shared, ("No owner", "unverified"): 1}
    voyage.service.owner = core
    voyage.service.save()
    voyage.environment.refresh_from_db()
    assert cells() == {**shared, ("Core", "unverified"): 1}


def test_each_count_leads_to_a_list_of_just_these(client: Client, olga: User, environment: Environment) -> None:
    voyage = with_past(environment, now=NOW)
    client.force_login(olga)
    known = readiness(environment=environment, at=NOW)
    lists = [(cell.address, cell.count) for cell in owners_picture(known).cells]
    lists += [(cell.address, len(cell.risks)) for cell in risks_picture(voyage.service).cells]

    assert len(lists) > 8
    for address, count in lists:
        shown = client.get(address)
        assert shown.context["cl"].result_count == count, urlsplit(address).query


def test_risks_of_one_place_are_counted_by_status_and_the_gravest_come_first(voyage: Voyage) -> None:
    voyage.risk("A", likelihood="high", severity="critical", status="open")
    voyage.risk("B", likelihood="high", severity="critical", status="mitigated")
    voyage.risk("C", likelihood="", severity="low", status="accepted")

    picture = risks_picture(voyage.service)

    assert picture.cells[0].counts == {"open": 1, "mitigated": 1, "accepted": 0}
    assert picture.likelihoods == ("critical", "high", "medium", "low", "")
    assert picture.severities == ("low", "medium", "high", "critical")


def cost(voyage: Voyage, low: object, high: object = None, **fields: object) -> None:
    fields = {"kind": "paid", "currency": "USD", "period": "month"} | fields
    voyage.cost("Thing", amount_minimum=low, amount_maximum=high, **fields)


def sums(found: tuple) -> list[tuple[str, str, Decimal, Decimal]]:
    return [(each.tier, each.currency, each.minimum, each.maximum) for each in found]


def test_costs_are_summed_a_month_by_the_priority_of_their_work(voyage: Voyage) -> None:
    milestone = Milestone.objects.create(service=voyage.service, title="Later", priority="low")
    urgent = WorkItem.objects.create(service=voyage.service, title="Urgent", priority="critical")
    inherits = WorkItem.objects.create(service=voyage.service, title="Inherits", milestone=milestone)
    cost(voyage, 10, 20, work_item=urgent)
    cost(voyage, 120, period="year", work_item=urgent)
    cost(voyage, 3, work_item=inherits)
    cost(voyage, 7, 9)

    found = costs_picture(voyage.service)

    tiers = [("Critical", "USD", 20, 30), ("Nice to have", "USD", 3, 3), ("No priority", "USD", 7, 9)]
    assert sums(found.monthly) == tiers


def test_currencies_never_mix_savings_are_negative_and_what_is_paid_once_is_apart(voyage: Voyage) -> None:
    cost(voyage, 10, 20)
    cost(voyage, 5, currency="EUR")
    cost(voyage, 1, 4, kind="saving")
    cost(voyage, 4000, period="")

    found = costs_picture(voyage.service)

    none = "No priority"
    assert sums(found.monthly) == [(none, "EUR", 5, 5), (none, "USD", 10, 20), (none, "USD", -4, -1)]
    assert [each.text for each in found.monthly][-1] == "−1–4 USD"
    assert sums(found.once) == [(none, "USD", 4000, 4000)]
    assert [drawing.currency for drawing in found.drawings] == ["EUR", "USD"]


def test_no_total_is_counted_twice_and_what_is_paid_by_use_is_in_no_sum(voyage: Voyage) -> None:
    cost(voyage, 10)
    cost(voyage, 10, kind="total")
    cost(voyage, 50, kind="tier")
    cost(voyage, 25, kind="addition")
    cost(voyage, 99, kind="comparison")
    cost(voyage, 0.2, period="1000 requests")
    cost(voyage, 6, period="user/month")
    cost(voyage, None)

    found = costs_picture(voyage.service)

    assert sums(found.monthly) == [("No priority", "USD", 10, 10), ("Additions", "USD", 25, 25)]
    assert [each.minimum for each in found.stated] == [10, 50]
    assert len(found.left_out) == 4


amounts = st.decimals(min_value=-100_000, max_value=10_000_000, places=2)


@given(st.lists(st.tuples(amounts, amounts), min_size=1, max_size=8))
def test_every_bar_stays_inside_and_begins_at_zero(found: list[tuple[Decimal, Decimal]]) -> None:
    drawing = draw_cost_bars("USD", [Sum("Thing", min(pair), max(pair), "some") for pair in found])

    for bar in drawing.bars:
        left, right = min(bar.sure_x, bar.open_x), max(bar.sure_x + bar.sure_width, bar.open_x + bar.open_width)
        assert left - 0.2 <= drawing.zero_x <= right + 0.2
        assert 0 < left <= right < WIDTH
    assert 1 <= len(drawing.marks) <= 8


def test_the_page_says_every_picture_in_words_and_keeps_to_the_policy(
    client: Client, olga: User, environment: Environment
) -> None:
    with_past(environment, now=NOW)
    client.force_login(olga)

    response = client.get(PAGE, {"days": "30"})

    page = response.content.decode()
    assert read_page(response).refused == []
    assert page.count("<desc") == 6  # one for each currency
    assert "Low" in page
    assert "likelihood high, severity critical: 1 open" in page
    assert "stated as All together: 150–350 USD a month" in page


@pytest.mark.parametrize("days", ["0", "-1", "1000000", "soon", ""])
def test_other_spans_than_those_offered_are_the_usual_one(
    client: Client, olga: User, voyage: Voyage, days: str
) -> None:
    client.force_login(olga)

    assert client.get(PAGE, {"days": days}).context["page"].days == 90


def test_an_empty_roadmap_says_what_is_missing(client: Client, olga: User, environment: Environment) -> None:
    client.force_login(olga)
    page = client.get(PAGE).content.decode()

    for title in ("No milestone yet", "No criterion yet", "No risk noted", "No cost noted"):
        assert title in page


def test_the_number_of_queries_does_not_grow_with_the_roadmap(
    client: Client, environment: Environment, olga: User
) -> None:
    voyage = with_past(environment, now=NOW)
    client.force_login(olga)
    client.get(PAGE)
    with CaptureQueriesContext(connection) as few:
        client.get(PAGE)
    for number in range(10):
        milestone = voyage.milestone(f"X{number}", "More", "todo", due_in_days=number)
        voyage.proof(voyage.criterion(milestone, f"More {number}", "done"), seconds=9, hours_ago=1)
        voyage.risk(f"More {number}", severity="low")
        cost(voyage, number)
    with CaptureQueriesContext(connection) as many:
        client.get(PAGE)

    assert len(many) == len(few)


def test_the_readiness_page_leads_to_the_pictures(client: Client, environment: Environment, db: None) -> None:
    Voyage(environment, now=NOW).milestone("M1", "Data", "todo", due_in_days=5)
    viewer = User.objects.create_user("viewer@example.org", is_staff=True)
    viewer.groups.add(Group.objects.get(name="viewer"))
    client.force_login(viewer)

    assert f"{PAGE}?environment=production" in client.get("/admin/readiness/payments/").content.decode()
    assert client.get(PAGE).status_code == 200
