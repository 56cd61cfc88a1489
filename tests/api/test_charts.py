"""The figures behind the pictures."""

from datetime import timedelta

import pytest

from apps.catalog.services import ensure_service
from apps.common.clock import now
from apps.roadmap.models import Criterion
from tests.dashboards.history import with_past

CHARTS = "/api/v1/services/payments/charts"


@pytest.fixture(scope="module")
def past(shared_rows):
    return with_past(ensure_service(slug="payments", name="Payments API", tier="A").environments.get(), now=now())


def test_the_timeline_has_every_target_and_what_it_waits_for(viewer, past):
    milestones = {each["name"][:2]: each for each in viewer.get(f"{CHARTS}/timeline/").json()["milestones"]}

    assert (milestones["M6"]["moves"], milestones["M6"]["days_moved"]) == (3, 23)
    assert len(milestones["M6"]["targets"]) == 4
    waits = [(each["title"], each["is_conflict"]) for each in milestones["M4"]["waits_for"]]
    assert waits == [("M6 Go-live", True)]


def test_the_burn_up_has_a_line_for_each_day(viewer, past):
    days = viewer.get(f"{CHARTS}/burn-up/", {"days": 14}).json()["days"]

    assert len(days) == 14
    assert {"day", "total", "claimed", "proven", "claimed_unproven", "waived"} == set(days[0])
    assert days[-1]["proven"] == 2


def test_it_may_be_asked_of_another_instant(viewer, past):
    at = now() - timedelta(days=30)
    days = viewer.get(f"{CHARTS}/burn-up/", {"days": 1, "at": at.isoformat()}).json()["days"]

    assert [day["day"] for day in days] == [at.date().isoformat()]


@pytest.mark.parametrize("days", [0, 181, "soon"])
def test_more_days_than_there_are_in_the_picture_are_refused(viewer, past, days):
    answer = viewer.get(f"{CHARTS}/burn-up/", {"days": days})

    assert answer.status_code == 400
    assert "days" in str(answer.json())


def test_owners_risks_and_costs_name_their_rows(viewer, past):
    owners = viewer.get(f"{CHARTS}/owners/").json()["cells"]
    risks = viewer.get(f"{CHARTS}/risks/").json()["cells"]
    costs = viewer.get(f"{CHARTS}/costs/").json()

    assert sum(cell["count"] for cell in owners) == Criterion.objects.count()
    assert (risks[0]["likelihood"], risks[0]["severity"], len(risks[0]["risks"])) == ("high", "critical", 1)
    assert [each["maximum"] for each in costs["stated"]] == ["350.00"]
    assert len(costs["left_out"]) == 1


def test_the_evidence_of_a_criterion_has_its_turns(viewer, past):
    criterion = Criterion.objects.get(text__startswith="An alert")

    found = viewer.get(f"/api/v1/criteria/{criterion.pk}/charts/evidence/").json()

    assert len(found["days"]) == 182
    assert {"failed", "passed", "went_stale"} <= {day["state"] for day in found["days"]}
    assert found["phases"][-1]["state"] == "stale"


def test_what_does_not_exist_is_said_so(viewer, past):
    assert viewer.get("/api/v1/services/nothing/charts/owners/").status_code == 404
    assert viewer.get("/api/v1/criteria/999999/charts/evidence/").status_code == 404
    assert viewer.get(f"{CHARTS}/owners/", {"environment": "moon"}).status_code == 404


@pytest.mark.parametrize("chart", ["timeline", "burn-up", "owners", "risks", "costs"])
def test_staff_without_a_role_see_none(person, past, chart):
    assert person().get(f"{CHARTS}/{chart}/").status_code == 403
