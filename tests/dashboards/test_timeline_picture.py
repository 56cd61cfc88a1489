"""The timeline: targets with their periods, where they were before, and what waits for what."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.models import User
from apps.catalog.models import Environment
from apps.catalog.services import ensure_service
from apps.dashboards.engines.plan import NAMES_WIDTH, WIDTH, Stage, draw_plan
from apps.dashboards.selectors.pictures.timeline import TimelinePicture, timeline_picture
from apps.roadmap.models import Dependency, Milestone
from apps.roadmap.selectors.readiness import readiness
from tests.dashboards.history import period, rewrite_history
from tests.dashboards.voyage import Voyage

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TODAY = NOW.date()
PAGE = "/admin/readiness/payments/pictures/"
days = st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 1, 1))


@pytest.fixture
def plan(environment: Environment) -> Voyage:
    return Voyage(environment, now=NOW)


def picture(plan: Voyage) -> TimelinePicture:
    return timeline_picture(readiness(environment=plan.environment, at=NOW))


def test_slippage_is_from_the_first_target_to_the_present_one(plan: Voyage) -> None:
    milestone = plan.milestone("M1", "Data", "todo", due_in_days=5)
    moves = [None, date(2026, 10, 1), date(2026, 10, 1), date(2026, 11, 2), date(2026, 10, 24)]
    rewrite_history(milestone, *((NOW - timedelta(days=90 - n), {"target_on": on}) for n, on in enumerate(moves)))

    found = picture(plan).milestones[0]

    assert [target.on for target in found.targets] == [moves[1], moves[3], moves[4]]
    assert (found.moves, found.days_moved) == (2, 23)
    assert found.slippage == "moved 2 times, 23 days later"
    assert found.lateness == "3 weeks late"


def test_a_past_instant_does_not_know_later_moves(plan: Voyage) -> None:
    milestone = plan.milestone("M1", "Data", "todo", due_in_days=5)
    versions = [(NOW - timedelta(days=9), date(2026, 12, 1)), (NOW - timedelta(days=2), date(2026, 12, 8))]
    rewrite_history(milestone, *((at, {"target_on": on}) for at, on in versions))

    before = timeline_picture(readiness(environment=plan.environment, at=NOW - timedelta(days=5))).milestones[0]

    assert before.targets[0].on == date(2026, 12, 1)


def test_a_milestone_due_before_what_it_waits_for_is_in_conflict_until_that_is_finished(plan: Voyage) -> None:
    first = plan.milestone("M1", "Data", "todo", due_in_days=9)
    second = plan.milestone("M2", "Go", "todo", due_in_days=5)
    Dependency.objects.create(predecessor=first, successor=second)

    assert picture(plan).conflicts == 1
    assert [arrow.is_conflict for arrow in picture(plan).drawing.arrows] == [True]

    Milestone.objects.filter(pk=first.pk).update(claim="done")
    assert picture(plan).conflicts == 0


def test_a_milestone_of_another_service_that_is_waited_for_is_drawn_too(plan: Voyage) -> None:
    other = ensure_service(slug="mail", name="Mail", tier="B")
    first = Voyage(other.environments.get(), now=NOW).milestone("M7", "Send", "todo", due_in_days=3)
    second = plan.milestone("M1", "Data", "todo", due_in_days=9)
    Dependency.objects.create(predecessor=first, successor=second)

    assert [row.stage.name for row in picture(plan).drawing.rows] == ["M1 Data", "Mail: M7 Send"]


def test_a_target_is_drawn_as_long_as_its_precision_says(plan: Voyage) -> None:
    for number, precision in enumerate(("day", "week", "month", "quarter")):
        milestone = plan.milestone(f"M{number}", precision, "todo", due_in_days=0)
        period(milestone, None, date(2026, 12, 31), precision)

    stages = [row.stage for row in picture(plan).drawing.rows]

    starts = [date(2026, 12, 31), date(2026, 12, 28), date(2026, 12, 1), date(2026, 10, 1)]
    assert [stage.starts_on for stage in stages] == starts
    assert [stage.is_day for stage in stages] == [True, False, False, False]


def test_undated_milestones_are_listed_and_not_drawn(plan: Voyage) -> None:
    milestone = plan.milestone("M1", "Someday", "todo", due_in_days=5)
    period(milestone, None, None, "day")
    Milestone.history.all().delete()

    assert [each.name for each in picture(plan).undated] == ["M1 Someday"]
    assert picture(plan).drawing is None


def test_the_page_says_the_picture_in_words_and_as_a_table(client: Client, olga: User, plan: Voyage) -> None:
    plan.milestone("M1", "Data <b>", "todo", due_in_days=-5)
    client.force_login(olga)

    page = " ".join(client.get(PAGE).content.decode().split())

    assert "1 milestone with a target, 0 moved, " in page
    assert "The same as a table" in page
    assert "M1 Data &lt;b&gt;" in page


@given(
    st.lists(st.tuples(days, days, st.lists(days, max_size=3), st.sets(st.integers(0, 6))), min_size=1, max_size=6),
    days,
)
def test_everything_stays_inside_the_drawing(found: list, today: date) -> None:
    stages = [
        Stage(
            key=key,
            name="M",
            title="M",
            symbol="open",
            tone="quiet",
            starts_on=min(one, other),
            ends_on=max(one, other),
            earlier=tuple(earlier),
            waits_for=tuple(waits - {key}),
        )
        for key, (one, other, earlier, waits) in enumerate(found)
    ]

    plan = draw_plan(stages, today=today)

    assert plan is not None
    assert all(NAMES_WIDTH <= row.left < row.right <= WIDTH for row in plan.rows)
    assert all(NAMES_WIDTH <= x <= WIDTH for row in plan.rows for x in (*row.trail, plan.now_x))
    assert len(plan.arrows) == sum(len([key for key in stage.waits_for if key < len(stages)]) for stage in stages)
