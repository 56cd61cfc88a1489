"""The calendar of a criterion's evidence: exact about when it turned."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.accounts.models import User
from apps.catalog.models import Environment, Service
from apps.dashboards.engines.calendar import Mark, draw_calendar
from apps.dashboards.selectors.pictures.evidence_calendar import DayState, evidence_calendar
from apps.evidence.contract import Observation
from apps.evidence.services import record_observation
from apps.roadmap.models import Binding, Criterion
from apps.roadmap.selectors import evidence_phases as module
from apps.roadmap.selectors.evidence_phases import evidence_phases
from apps.roadmap.selectors.readiness import readiness
from tests.dashboards.history import seen
from tests.dashboards.voyage import Recovery, Voyage

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def voyage(environment: Environment) -> Voyage:
    return Voyage(environment, now=NOW)


@pytest.fixture
def criterion(voyage: Voyage) -> Criterion:
    criterion = voyage.criterion(None, "It holds", "done")
    voyage.proof(criterion, seconds=60, hours_ago=100)  # 16 March, 8:00; counts for a day
    return criterion


def calendar(voyage: Voyage, criterion: Criterion):
    return evidence_calendar(criterion, readiness(environment=voyage.environment, at=NOW))


def test_the_day_on_which_evidence_went_stale_is_marked_with_its_second(voyage: Voyage, criterion: Criterion) -> None:
    days = {each.day.day: each for each in calendar(voyage, criterion).days[-7:]}

    assert [days[day].state for day in (15, 16, 17, 18)] == ["nothing", "passed", "went_stale", "nothing"]
    assert days[17].sentence == "17 Mar 2026: went stale; went stale at 08:00:00; nobody looked"
    stale = calendar(voyage, criterion).turns[0]
    assert (stale.state, stale.starts_at, stale.observation) == ("stale", NOW - 76 * HOUR, None)


def test_the_worst_of_a_day_is_shown(voyage: Voyage, criterion: Criterion) -> None:
    seen(voyage, criterion, seconds=9000, at=NOW - 90 * HOUR)
    seen(voyage, criterion, seconds=50, at=NOW - 89 * HOUR)

    days = {each.day.day: each for each in calendar(voyage, criterion).days[-7:]}

    assert (days[16].state, days[16].observations) == (DayState.FAILED, 3)
    assert days[16].sentence.endswith("passed at 08:00:00; failed at 18:00:00; passed at 19:00:00; looked 3 times")


def test_where_more_was_seen_than_can_be_shown_it_begins_later(
    voyage: Voyage, criterion: Criterion, monkeypatch: pytest.MonkeyPatch
) -> None:
    for hours in range(40):
        seen(voyage, criterion, seconds=50 + hours, at=NOW - hours * HOUR)
    monkeypatch.setattr(module, "MOST_OBSERVATIONS", 30)

    days = calendar(voyage, criterion).days

    assert (days[0].day, days[-1].day) == (date(2026, 3, 19), date(2026, 3, 20))


def test_a_criterion_without_a_check_has_no_calendar(voyage: Voyage) -> None:
    assert calendar(voyage, voyage.criterion(None, "Only words", "done")) is None


def test_the_page_of_the_criterion_shows_it(client: Client, olga: User, voyage: Voyage, criterion: Criterion) -> None:
    client.force_login(olga)

    page = client.get(f"/admin/roadmap/binding/criterion/{criterion.pk}/").content.decode()

    assert "Its evidence, day by day" in page
    assert "its time to live was over" in page


observations = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.integers(0, 24 * 8),  # recorded so many hours before now
        st.sampled_from([-4 / 60, 0, 0.5, 30]),  # seen so many hours before that
        st.sampled_from(["", "", "No answer"]),
        st.sampled_from([100, 5000]),
    ),
    max_size=25,
)


@settings(max_examples=30)
@given(observations, st.lists(st.floats(0, 24 * 6.9), min_size=1, max_size=6))
def test_each_phase_is_what_readiness_says_of_its_first_its_last_and_any_other_instant(
    service: Service, found: list, hours_ago: list[float]
) -> None:
    environment = Environment.objects.create(service=service, name=f"e{service.environments.count()}")
    if not Criterion.objects.exists():
        criterion = Voyage(environment, now=NOW).criterion(None, "It holds", "done")
        for of, ttl in [(0, None), (1, 40 * HOUR)]:
            Binding.objects.create(
                criterion=criterion, verifier_key=Recovery.key, parameters={"of": str(of)}, ttl=ttl, state="accepted",
                decided_at=NOW,
            )  # fmt: skip
    for of, recorded, earlier, error, seconds in found:
        recorded_at = NOW - recorded * HOUR
        facts = {} if error else {"seconds": seconds}
        record_observation(
            environment=environment, key=Recovery.key, parameters={"of": str(of)}, at=recorded_at,
            observation=Observation(facts, recorded_at - earlier * HOUR, "it", error=error),
        )  # fmt: skip

    def said(at: datetime) -> str:
        return readiness(environment=environment, at=at).criteria[0].evidence

    known = readiness(environment=environment, at=NOW)
    phases = evidence_phases(known.criteria[0], known, since=NOW - 7 * DAY).phases

    assert all(before.ends_at == after.starts_at for before, after in pairwise(phases))
    for phase in phases:
        assert said(phase.starts_at) == phase.state == said(phase.ends_at - timedelta.resolution)
    for at in (NOW - hours * HOUR for hours in hours_ago):
        assert [phase.state for phase in phases if phase.starts_at <= at < phase.ends_at] == [said(at)]


@given(st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 1, 1)), st.integers(1, 200))
def test_every_day_has_a_place_of_its_own(first: date, count: int) -> None:
    drawing = draw_calendar([Mark(first + n * DAY, "none", "", "") for n in range(count)])

    assert drawing is not None
    places = {(square.x, square.y) for square in drawing.squares}
    assert len(places) == count
    assert all(0 < x < drawing.width and 0 < y < drawing.height for x, y in places)
