"""The readiness page of a service: what it says, to whom, and at what cost."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.catalog.models import Service
from apps.dashboards.selectors.service_page import FLAG_TITLES
from apps.roadmap.selectors.statuses import FlagKind
from apps.roadmap.services.binding import bind
from apps.roadmap.services.importing import import_document
from tests.dashboards.voyage import Voyage

PAGE = "/admin/readiness/payments/"


@pytest.fixture
def page(client: Client, olga: User, voyage: Voyage) -> str:
    client.force_login(olga)
    return " ".join(client.get(PAGE).content.decode().split())


def test_the_answer_comes_first(page: str) -> None:
    parts = ["<strong>No-go</strong>", "Said, but not so", 'id="milestones"', "Criteria outside milestones", "Timeline"]
    places = [page.index(part) for part in parts]

    assert places == sorted(places)


def test_it_counts_what_is_claimed_and_what_is_proven(page: str) -> None:
    assert "<dt>Milestones claimed done</dt><dd>5 of 7" in page
    assert "<dt>Criteria proven</dt><dd>2 of 8" in page


def test_tasks_without_a_milestone_are_on_the_page(client: Client, olga: User, service: Service) -> None:
    table = b"# Plan\n\n| Task | Owner | Status |\n|---|---|---|\n| Load test | Ann | done |\n| Rehearsal | | todo |\n"
    import_document(service=service, name="plan.md", raw=table)
    client.force_login(olga)

    page = client.get(f"/admin/readiness/{service.slug}/").content.decode()

    assert "No roadmap yet" not in page
    assert "1 of 2 done" in page
    assert "Rehearsal" in page


def test_each_contradiction_is_a_sentence_with_its_evidence(page: str) -> None:
    assert "“A bad release is rolled back within an hour” is marked done; its evidence fails." in page
    assert "M1 Security baseline is marked done; its acceptance criterion and 2 of its 3 tasks are still open." in page
    assert "was proven; its proof ran out 4 days ago." in page


@pytest.mark.parametrize(
    ("acceptance", "said"),
    [("", "Without criteria there is no evidence"), ("- Acceptance\n  - [ ] Good.\n", "Every claim agrees with")],
    ids=["no criteria", "an open criterion"],
)
def test_it_says_so_where_nothing_is_contradicted(
    client: Client, olga: User, service: Service, acceptance: str, said: str
) -> None:
    road = f"# Road\n\n## M1 A\n- [ ] Owner: Core\n- Tasks\n  - [ ] Work.\n{acceptance}"
    import_document(service=service, name="road.md", raw=road.encode())
    client.force_login(olga)
    assert said in client.get(PAGE).content.decode()


def test_a_milestone_past_its_target_says_how_late_it_is(page: str) -> None:
    assert "8 weeks late" in page


def test_proof_says_how_long_it_is_good_for_and_when_exactly_it_was_seen(page: str) -> None:
    assert "good for 20 h</time>" in page
    assert 'UTC">3 h ago</time>' in page


def test_a_placeholder_is_named_where_a_number_should_be(page: str) -> None:
    assert "No number to check: X ms, N req/s" in page


def test_a_check_that_asks_less_than_the_criterion_says_is_worth_knowing(
    client: Client, olga: User, voyage: Voyage
) -> None:
    criterion = voyage.criterion(None, "A restore drill with RTO < 1 minute", "todo")
    bind(criterion=criterion, verifier_key="backups.restore_drill")
    client.force_login(olga)

    assert "<b>1</b> with a check that asks less than the criterion says" in client.get(PAGE).content.decode()


def test_every_kind_of_flag_has_a_title() -> None:
    assert set(FLAG_TITLES) == set(FlagKind)


def test_risks_and_costs_are_there_in_short(page: str) -> None:
    assert "The only region goes down" in page
    assert "26–80 USD a month" in page


def test_nothing_is_styled_or_scripted_inline(page: str) -> None:
    assert " style=" not in page
    assert "<style" not in page
    assert " onclick=" not in page


def test_the_number_of_queries_does_not_grow_with_the_roadmap(client: Client, olga: User, voyage: Voyage) -> None:
    client.force_login(olga)
    few = _queries(client)
    for number in range(12):
        milestone = voyage.milestone(f"X{number}", "More", "done", due_in_days=number, owner=f"Team {number}")
        voyage.tasks(milestone, "done", "todo")
        voyage.proof(voyage.criterion(milestone, f"Criterion {number}", "done"), seconds=number, hours_ago=1)
        voyage.risk(f"Risk {number}")

    assert _queries(client) == few


def test_an_empty_service_says_what_is_missing(client: Client, olga: User, service: Service) -> None:
    client.force_login(olga)

    assert "No roadmap yet" in client.get(PAGE).content.decode()


def test_a_service_without_environment_says_what_to_do(client: Client, olga: User, service: Service) -> None:
    service.environments.all().delete()
    client.force_login(olga)

    page = client.get(PAGE).content.decode()

    assert "has no default environment" in page
    assert f"/admin/catalog/service/{service.pk}/change/" in page


def test_an_unknown_service_is_not_found(client: Client, olga: User) -> None:
    client.force_login(olga)

    assert client.get("/admin/readiness/paymints/").status_code == 404


def test_who_may_read_it(client: Client, voyage: Voyage, sam: User, eve: User) -> None:
    assert client.get(PAGE).status_code == 302
    client.force_login(eve)
    assert client.get(PAGE).status_code == 302
    client.force_login(sam)
    assert client.get(PAGE).status_code == 403
    sam.groups.add(Group.objects.get(name="viewer"))
    assert client.get(PAGE).status_code == 200


def test_everything_can_be_checked_again(
    client: Client, olga: User, voyage: Voyage, django_capture_on_commit_callbacks: Any
) -> None:
    client.force_login(olga)

    with django_capture_on_commit_callbacks(execute=True) as sent:
        answer = client.post(f"{PAGE}check/", {"environment": "production"}, follow=True)

    assert len(sent) == 1

    assert answer.redirect_chain == [(f"{PAGE}?environment=production", 302)]
    assert "Every check of payments production is asked now" in answer.content.decode()
    assert AuditEvent.objects.filter(action="evidence.check_requested", actor=olga).count() == 1


def test_who_may_ask_for_checks(client: Client, voyage: Voyage, sam: User) -> None:
    client.force_login(sam)
    sam.groups.add(Group.objects.get(name="viewer"))
    assert "Check everything now" not in client.get(PAGE).content.decode()
    assert client.post(f"{PAGE}check/").status_code == 403
    sam.groups.add(Group.objects.get(name="operator"))
    assert "Check everything now" in client.get(PAGE).content.decode()
    assert client.post(f"{PAGE}check/").status_code == 302


def test_the_document_can_be_exported_and_imported_again(client: Client, olga: User, service: Service) -> None:
    client.force_login(olga)
    assert "Import a roadmap" in client.get(PAGE).content.decode()
    import_document(service=service, name="road.md", raw=b"# Road\n\n## M0 Foundations\n- [ ] Begin\n", actor=olga)

    page = client.get(PAGE).content.decode()

    document = service.documents.get()
    assert f'href="/admin/roadmap/document/{document.pk}/export/"' in page
    assert f'href="/admin/roadmap/document/add/?service={service.pk}">Re-import' in page
    assert "road.md" in page


def test_a_check_needs_a_press_and_an_environment_that_exists(client: Client, olga: User, voyage: Voyage) -> None:
    client.force_login(olga)

    assert client.get(f"{PAGE}check/").status_code == 405
    answer = client.post(f"{PAGE}check/", {"environment": "produktion"}, follow=True)
    assert "has no environment &#x27;produktion&#x27;" in answer.content.decode()
    assert not AuditEvent.objects.filter(action="evidence.check_requested").exists()


def _queries(client: Client) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(PAGE).status_code == 200
    return len(queries)
