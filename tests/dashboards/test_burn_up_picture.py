"""Claimed against proven, day by day: what was so then, not what is so now."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.accounts.models import User
from apps.catalog.models import Environment, Service
from apps.dashboards.engines.burn_up import BOTTOM, TOP, DayCounts, draw_burn_up
from apps.dashboards.selectors.pictures.burn_up import burn_up_picture
from apps.evidence.contract import Observation
from apps.evidence.services import record_observation
from apps.roadmap.models import Binding, Criterion
from apps.roadmap.selectors.over_time import evidence_at_each
from apps.roadmap.selectors.readiness import readiness
from apps.roadmap.services.importing import import_document
from tests.dashboards.history import rewrite_history, seen, with_past
from tests.dashboards.voyage import Recovery, Voyage
from tests.roadmap.waiving import waive

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def voyage(environment: Environment) -> Voyage:
    return Voyage(environment, now=NOW)


def counts(voyage: Voyage, days: int = 10) -> list[tuple[int, ...]]:
    """Each day's criteria in all, claimed, proven, claimed but not proven, waived."""
    known = readiness(environment=voyage.environment, at=NOW)
    return [day.counts for day in burn_up_picture(known, days=days).days]


def test_claims_count_from_the_day_on_which_they_were_made(voyage: Voyage) -> None:
    criterion = voyage.criterion(None, "It holds", "todo")
    claims = [("todo", 5), ("done", 3), ("todo", 1)]
    rewrite_history(criterion, *((NOW - days * DAY, {"claim": claim}) for claim, days in claims))

    assert counts(voyage) == [(1, 0, 0, 0, 0)] * 2 + [(1, 1, 0, 1, 0)] * 2 + [(1, 0, 0, 0, 0)] * 2


def test_proof_counts_while_it_is_fresh_and_not_a_day_longer(voyage: Voyage) -> None:
    criterion = voyage.criterion(None, "It holds", "done")
    rewrite_history(criterion, (NOW - 5 * DAY, {"claim": "done"}))
    voyage.proof(criterion, seconds=60, hours_ago=4 * 24)  # counts for a day

    assert [proven for _, _, proven, _, _ in counts(voyage)] == [0, 1, 0, 0, 0, 0]


def test_what_vanished_or_does_not_apply_is_not_counted(voyage: Voyage) -> None:
    gone, not_meant = voyage.criterion(None, "Gone", "done"), voyage.criterion(None, "Not meant", "todo")
    rewrite_history(gone, (NOW - 3 * DAY, {"claim": "done"}), (NOW - DAY, {"orphaned_at": NOW - DAY}))
    rewrite_history(not_meant, (NOW - 2 * DAY, {"claim": "todo"}), (NOW, {"claim": "not_applicable"}))

    assert [total for total, *_ in counts(voyage)] == [1, 2, 1, 0]


def test_a_waiver_counts_from_its_approval_until_it_lapses(voyage: Voyage, olga: User, sam: User) -> None:
    criterion = voyage.criterion(None, "It holds", "todo")
    rewrite_history(criterion, (NOW - 5 * DAY, {"claim": "todo"}))
    began = NOW - 3 * DAY
    waive(criterion, voyage.environment, sam, olga, at=began, starts_at=began, ends_at=NOW - DAY)

    assert [waived for *_, waived in counts(voyage)] == [0, 0, 1, 1, 0, 0]


observations = st.lists(
    st.tuples(
        st.integers(0, 2),  # which of the bindings' parameters
        st.integers(0, 24 * 8),  # recorded so many hours before now
        st.sampled_from([-4 / 60, 0, 0.5, 30]),  # seen so many hours before that, or by a clock that is ahead
        st.sampled_from(["", "", "No answer"]),
        st.sampled_from([100, 5000]),
    ),
    max_size=25,
)


@settings(max_examples=30)
@given(observations, st.lists(st.floats(0, 24 * 9), min_size=1, max_size=6))
def test_evidence_over_time_is_what_readiness_says_of_each_instant(
    service: Service, found: list, hours_ago: list[float]
) -> None:
    number = service.environments.count()
    environment = Environment.objects.create(service=service, name=f"e{number}")
    voyage = Voyage(environment, now=NOW)
    if not Criterion.objects.exists():
        rules = [None, {"fact": "seconds", "operator": ">", "value": 1000}]
        for of, rule, ttl in [(0, rules[0], None), (1, rules[1], 3 * HOUR), (2, rules[0], 40 * HOUR)]:
            criterion = voyage.criterion(None, f"It holds {of}", "done")
            Binding.objects.create(
                criterion=criterion, verifier_key=Recovery.key, parameters={"of": str(of)}, rule=rule, ttl=ttl,
                state="accepted", decided_at=NOW,
            )  # fmt: skip
    for of, recorded, earlier, error, seconds in found:
        recorded_at = NOW - recorded * HOUR
        facts = {} if error else {"seconds": seconds}
        record_observation(
            environment=environment, key=Recovery.key, parameters={"of": str(of)}, at=recorded_at,
            observation=Observation(facts, recorded_at - earlier * HOUR, "it", error=error),
        )  # fmt: skip
    instants = sorted(NOW - hours * HOUR for hours in hours_ago)

    over_time = evidence_at_each(readiness(environment=environment, at=NOW), instants)

    for at, states in zip(instants, over_time, strict=True):
        known = readiness(environment=environment, at=at)
        assert states == {status.criterion.pk: status.evidence for status in known.criteria}


def test_the_number_of_queries_does_not_grow_with_days_or_criteria(environment: Environment) -> None:
    voyage = with_past(environment, now=NOW)
    known = readiness(environment=environment, at=NOW)
    with CaptureQueriesContext(
        connection,
    ) as few:
        assert len(burn_up_picture(known, days=7).days) == 7
    for number in range(20):
        criterion = voyage.criterion(None, f"More {number}", "done")
        voyage.proof(criterion, seconds=9, hours_ago=1)
        seen(voyage, criterion, seconds=9, at=NOW - 30 * DAY)
    known = readiness(environment=environment, at=NOW)
    with CaptureQueriesContext(connection) as many:
        burn_up_picture(known, days=180)

    assert len(many) == len(few) <= 6


def test_an_import_begins_the_picture(service: Service, environment: Environment) -> None:
    import_document(service=service, name="road.md", raw=b"# Road\n\n## M1 A\n- Acceptance\n  - [x] Good.\n")
    known = readiness(environment=environment)

    assert [day.counts for day in burn_up_picture(known).days] == [(1, 1, 0, 1, 0)]


day_counts = st.lists(st.tuples(*[st.integers(0, 70)] * 4), min_size=1, max_size=60)


@given(day_counts)
def test_every_line_stays_inside_and_no_two_labels_overlap(found: list[tuple[int, ...]]) -> None:
    days = [
        DayCounts(
            (NOW + n * DAY).date(), total, *(min(each, total) for each in (claimed, proven)), 0, min(waived, total)
        )
        for n, (total, claimed, proven, waived) in enumerate(found)
    ]

    drawing = draw_burn_up(days)

    assert (drawing is None) is not any(day.total for day in days)
    if drawing:
        assert all(TOP <= line.end_y <= BOTTOM for line in drawing.lines)
        labels = sorted(line.label_y for line in drawing.lines)
        assert all(later - earlier >= 15 for earlier, later in pairwise(labels))
        assert labels[-1] <= BOTTOM + 4
        assert len(drawing.levels) <= 6
