"""A timeline of milestones as coordinates for an SVG drawing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from apps.common.wording import date_in_words, shortened
from apps.dashboards.engines.time_axis import Tick, TimeAxis

WIDTH, NAMES_WIDTH, ROW_HEIGHT, TOP = 1100, 230, 25, 24
_RIGHT = WIDTH - 50
_NARROWEST = 6
_UNSAID_LENGTH = timedelta(days=14)
_LONGEST_NAME = 34


@dataclass(frozen=True)
class Span:
    """What is drawn as one bar. Without a start before its end it begins where the one before it ended."""

    name: str
    starts_on: date | None
    ends_on: date
    tone: str


@dataclass(frozen=True)
class Bar:
    """One row of the drawing."""

    name: str
    title: str
    x: float
    y: int
    width: float
    tone: str

    @property
    def text_y(self) -> int:
        return self.y + 10


@dataclass(frozen=True)
class Timeline:
    """The drawing. `summary` says it in words."""

    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    now_x: float
    summary: str
    width: int = WIDTH
    top: int = TOP

    @property
    def height(self) -> int:
        return TOP + len(self.bars) * ROW_HEIGHT + 18

    @property
    def bottom(self) -> int:
        return self.height - 14

    @property
    def now_text_y(self) -> int:
        return self.height - 3  # room below for the tail of a letter


def draw_timeline(spans: Sequence[Span], *, today: date) -> Timeline | None:
    """The spans as bars from their start to their target, with today across. None when there is nothing to draw."""
    if not spans:
        return None
    starts = list(_starts(spans))
    first = min(*starts, today, *(span.ends_on for span in spans))
    last = max(today, *(span.ends_on for span in spans))
    axis = TimeAxis(first, last, NAMES_WIDTH, _RIGHT)
    rows = enumerate(zip(spans, starts, strict=True))
    time = f"from {date_in_words(first)} to {date_in_words(last)}"
    return Timeline(
        bars=tuple(_bar(span, start, number, axis) for number, (span, start) in rows),
        ticks=axis.ticks,
        now_x=axis.x(today),
        summary=f"{len(spans)} targets {time}; today is {date_in_words(today)}.",
    )


def _starts(spans: Sequence[Span]) -> Iterator[date]:
    previous: date | None = None
    for span in spans:
        earlier = [day for day in (span.starts_on, previous) if day and day < span.ends_on]
        yield earlier[0] if earlier else span.ends_on - _UNSAID_LENGTH
        previous = span.ends_on


def _bar(span: Span, start: date, number: int, axis: TimeAxis) -> Bar:
    x = axis.x(start)
    return Bar(
        name=shortened(span.name, _LONGEST_NAME),
        title=f"{span.name}: {date_in_words(start)} to {date_in_words(span.ends_on)}",
        x=x,
        y=TOP + 10 + number * ROW_HEIGHT,
        width=max(round(axis.x(span.ends_on) - x, 1), _NARROWEST),
        tone=span.tone,
    )
