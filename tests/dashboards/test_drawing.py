"""Charts and the timeline, as coordinates."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from apps.dashboards.engines.charts import BAR_WIDTH, SPARK_HEIGHT, SPARK_WIDTH, draw_parts, draw_spark
from apps.dashboards.engines.timeline import NAMES_WIDTH, WIDTH, Span, draw_timeline

TODAY = date(2025, 11, 20)
days = st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 1, 1))


def test_bars_end_at_the_target_and_begin_where_the_one_before_ended() -> None:
    first = Span("M0", date(2025, 9, 8), date(2025, 9, 22), "quiet")
    second = Span("M1", None, date(2025, 10, 6), "refuted")

    timeline = draw_timeline([first, second], today=TODAY)

    assert timeline is not None
    assert timeline.bars[1].x == round(timeline.bars[0].x + timeline.bars[0].width, 1)
    assert timeline.bars[1].title == "M1: 22 Sep 2025 to 6 Oct 2025"
    assert timeline.summary == "2 targets from 8 Sep 2025 to 20 Nov 2025; today is 20 Nov 2025."


def test_no_target_draws_nothing() -> None:
    assert draw_timeline([], today=TODAY) is None


@given(st.lists(st.tuples(st.none() | days, days), min_size=1, max_size=20), days)
def test_everything_stays_inside_the_drawing(targets: list[tuple[date | None, date]], today: date) -> None:
    spans = [Span("M", min(start, end) if start else None, end, "proven") for start, end in targets]

    timeline = draw_timeline(spans, today=today)

    assert timeline is not None
    assert all(bar.x >= NAMES_WIDTH and bar.x + bar.width <= WIDTH for bar in timeline.bars)
    assert all(NAMES_WIDTH <= tick.x <= WIDTH for tick in timeline.ticks)
    assert len(timeline.ticks) <= 20
    assert NAMES_WIDTH <= timeline.now_x <= WIDTH


def test_a_long_roadmap_is_ticked_by_months() -> None:
    timeline = draw_timeline([Span("M", date(2024, 1, 1), TODAY, "proven")], today=TODAY)

    assert timeline is not None
    assert [tick.label for tick in timeline.ticks][:2] == ["Feb 2024", "May 2024"]


def test_a_spark_ends_at_the_newest_value() -> None:
    spark = draw_spark([108, 112, 131])

    assert spark is not None
    assert spark.points.split()[-1] == f"{spark.last_x},{spark.last_y}"
    assert spark.last_y < SPARK_HEIGHT / 2


def test_one_value_is_no_line() -> None:
    assert draw_spark([131]) is None


@given(st.lists(st.floats(min_value=0, max_value=1e9), min_size=2, max_size=30))
def test_a_spark_stays_inside_its_box(values: list[float]) -> None:
    spark = draw_spark(values)

    assert spark is not None
    for point in spark.points.split():
        x, y = map(float, point.split(","))
        assert 0 <= x <= SPARK_WIDTH
        assert 0 <= y <= SPARK_HEIGHT


@given(st.dictionaries(st.sampled_from(["proven", "refuted", "doubt"]), st.integers(min_value=0, max_value=10**6)))
def test_parts_fill_the_bar(shares: dict[str, int]) -> None:
    parts = draw_parts(shares)

    assert abs(sum(part.width for part in parts) - (BAR_WIDTH if any(shares.values()) else 0)) < 0.1
