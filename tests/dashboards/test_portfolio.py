"""The start page: every service at a glance."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.catalog.models import Service, Team
from apps.catalog.services import ensure_service
from apps.dashboards.selectors import portfolio as selectors
from tests.dashboards.voyage import Voyage, sail


@pytest.fixture
def signed_in(client: Client, olga: User) -> Client:
    client.force_login(olga)
    return client


def test_the_worst_service_comes_first(signed_in: Client, voyage: Voyage) -> None:
    ensure_service(slug="aardvark", name="Aardvark")

    page = _page(signed_in)

    assert page.index("Payments API") < page.index("Aardvark")
    assert "0 of 2 services may go to production · 3 claims contradicted · 2 of 8 criteria proven" in page
    assert "M0, " in page
    assert "8 weeks late" in page


def test_the_number_of_queries_does_not_grow_with_the_services(signed_in: Client, voyage: Voyage) -> None:
    few = _queries(signed_in)
    for number in range(5):
        sail(ensure_service(slug=f"more-{number}").environments.get(), now=voyage.now)

    assert _queries(signed_in) == few


def test_many_services_are_read_in_pages(signed_in: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors, "SERVICES_ON_A_PAGE", 2)
    for slug in ("ant", "bee", "cat"):
        ensure_service(slug=slug)

    assert "1 to 2 of 3 services, the worst first" in _page(signed_in)
    assert "Cat" in _page(signed_in, "?page=2")


@pytest.fixture
def fleet(voyage: Voyage) -> None:
    """The voyage of tier A, and an empty service of tier C that the team Ants owns."""
    Service.objects.filter(pk=voyage.service.pk).update(owner=Team.objects.create(name="Whales"))
    ensure_service(slug="ant", name="Ant hill", tier="C")
    Service.objects.filter(slug="ant").update(owner=Team.objects.create(name="Ants"))


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [
        ("?team=Ants", "Ant hill", "Payments API"),
        ("?tier=A", "Payments API", "Ant hill"),
        ("?decision=no_go", "Payments API", "Ant hill"),
        ("?decision=indeterminate", "Ant hill", "Payments API"),
        ("?milestone=M4", "Payments API", "Ant hill"),
        ("?search=hill", "Ant hill", "Payments API"),
    ],
)
def test_services_are_chosen_by_what_they_are(
    signed_in: Client, fleet: None, query: str, shown: str, hidden: str
) -> None:
    page = _page(signed_in, query)

    assert shown in page
    assert hidden not in page
    assert "of 1 service may go" in page
    rows = signed_in.get(f"/api/v1/portfolio/{query}").json()["results"]
    assert [row["name"] for row in rows] == [shown]


def test_a_milestone_that_is_chosen_is_shown_as_it_stands(signed_in: Client, fleet: None) -> None:
    page = _page(signed_in, "?milestone=M5")
    assert '<th scope="col">M5</th>' in page
    assert "Contradicted" in page


def test_a_choice_that_nothing_fits_says_so(signed_in: Client, fleet: None) -> None:
    assert "Nothing matches" in _page(signed_in, "?team=Nobody&decision=go")


def test_the_api_says_the_same_figures(signed_in: Client, voyage: Voyage) -> None:
    (row,) = signed_in.get("/api/v1/portfolio/").json()["results"]
    assert (row["service"], row["decision"], row["contradictions"]) == ("payments", "no_go", 3)
    assert (row["criteria_proven"], row["criteria_total"], row["milestones_total"]) == (2, 8, 7)
    assert sum(row["standings"].values()) == 8


def test_without_a_service_it_says_how_to_begin(signed_in: Client) -> None:
    assert "No service yet" in _page(signed_in)


def test_a_service_without_environment_is_not_left_out(signed_in: Client, service: Service) -> None:
    service.environments.all().delete()

    assert "has no default environment" in _page(signed_in)


def test_a_person_without_a_role_is_told_so(client: Client, sam: User, voyage: Voyage) -> None:
    client.force_login(sam)

    page = _page(client)

    assert "Nothing to see with your role" in page
    assert "Payments API" not in page


def _page(client: Client, query: str = "") -> str:
    return " ".join(client.get(f"/admin/{query}").content.decode().split())


def _queries(client: Client) -> int:
    with CaptureQueriesContext(connection) as queries:
        _page(client)
    return len(queries)


def test_the_page_of_one_app_lists_its_models_and_no_services(signed_in: Client, voyage: Voyage) -> None:
    page = signed_in.get("/admin/backups/").content.decode()
    assert "<h1>Backups</h1>" in page
    assert "/admin/backups/drillrun/" in page
    assert "Nothing to see with your role" not in page
    assert str(voyage.service) not in page
