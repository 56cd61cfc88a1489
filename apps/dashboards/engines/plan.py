"""Milestones over time as coordinates: the period of each target, where it was before, and which waits for which."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from apps.common.wording import date_in_words, shortened
from apps.dashboards.engines.time_axis import Tick, TimeAxis

WIDTH, NAMES_WIDTH, ROW_HEIGHT, TOP = 1100, 250, 38, 26
_RIGHT = WIDTH - 24
_HALF = 7  # of a bar's height, and of a day's mark
_LONGEST_NAME = 33
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Stage:
    """A milestone to draw. `earlier` are the targets it had before, the first one first.

    It waits for the stages of these keys, in conflict with some of them: it is due before they are.
    """

    key: int
    name: str
    title: str
    symbol: str
    tone: str
    starts_on: date
    ends_on: date
    earlier: tuple[date, ...] = ()
    note: str = ""
    waits_for: tuple[int, ...] = ()
    conflicts: tuple[int, ...] = ()

    @property
    def is_day(self) -> bool:
        """It is due on one day, which is drawn as a point."""
        return self.starts_on == self.ends_on


@dataclass(frozen=True)
class Row:
    """One milestone in the drawing."""

    stage: Stage
    name: str
    left: float
    right: float
    y: int
    trail: tuple[float, ...]

    @property
    def top(self) -> int:
        return self.y - _HALF

    @property
    def width(self) -> float:
        return round(self.right - self.left, 1)

    @property
    def text_y(self) -> int:
        return self.y - 3 if self.stage.note else self.y + 4

    @property
    def note_y(self) -> int:
        return self.y + 12

    @property
    def trail_y(self) -> int:
        """Below the bar, where no arrow runs."""
        return self.y + 12

    @property
    def symbol_y(self) -> int:
        return self.text_y - 10

    @property
    def point(self) -> str:
        """The corners of a day's mark."""
        x = (self.left + self.right) / 2
        return f"{x},{self.y - _HALF} {x + _HALF},{self.y} {x},{self.y + _HALF} {x - _HALF},{self.y}"


@dataclass(frozen=True)
class Arrow:
    """From what comes first to what waits for it."""

    line: str
    head: str
    title: str
    is_conflict: bool


@dataclass(frozen=True)
class Plan:
    """The drawing."""

    rows: tuple[Row, ...]
    arrows: tuple[Arrow, ...]
    ticks: tuple[Tick, ...]
    now_x: float
    width: int = WIDTH
    top: int = TOP

    @property
    def height(self) -> int:
        return TOP + len(self.rows) * ROW_HEIGHT + 22

    @property
    def bottom(self) -> int:
        return self.height - 18

    @property
    def now_text_y(self) -> int:
        return self.height - 4


def draw_plan(stages: Sequence[Stage], *, today: date) -> Plan | None:
    """The stages as rows from the earliest day to the latest. None when there is nothing to draw."""
    if not stages:
        return None
    days = [
        day for stage in stages for day in (stage.starts_on, *(each + _DAY for each in (stage.ends_on, *stage.earlier)))
    ]
    axis = TimeAxis(min(today, *days), max(today, *days), NAMES_WIDTH + _HALF, _RIGHT - _HALF)
    rows = {stage.key: _row(stage, number, axis) for number, stage in enumerate(stages)}
    return Plan(tuple(rows.values()), tuple(_arrows(rows)), axis.ticks, axis.x(today))


def _row(stage: Stage, number: int, axis: TimeAxis) -> Row:
    left, right = axis.x(stage.starts_on), axis.x(stage.ends_on + _DAY)
    if stage.is_day:
        middle = axis.x(stage.ends_on)
        left, right = middle - _HALF, middle + _HALF
    trail = tuple(axis.x(day if stage.is_day else day + _DAY) for day in stage.earlier)
    return Row(
        stage=stage,
        name=shortened(stage.name, _LONGEST_NAME),
        left=left,
        right=max(right, left + 4),
        y=TOP + 18 + number * ROW_HEIGHT,
        trail=(*trail, round((left + right) / 2, 1) if stage.is_day else right) if trail else (),
    )


def _arrows(rows: dict[int, Row]) -> Iterator[Arrow]:
    for row in rows.values():
        for before in (rows[key] for key in row.stage.waits_for if key in rows):
            yield _arrow(before, row, before.stage.key in row.stage.conflicts)


def _arrow(before: Row, after: Row, conflict: bool) -> Arrow:
    channel = round(before.right + 6, 1)
    down = 1 if after.y > before.y else -1
    start = f"M{before.right} {before.y}H{channel}"
    title = f"{after.stage.name} waits for {before.stage.name}"
    if after.left >= channel + 5:
        line, head = f"{start}V{after.y}H{after.left - 5}", _head(after.left, after.y, -6, 0)
    elif after.right <= channel:
        line, head = f"{start}V{after.y}H{after.right + 5}", _head(after.right, after.y, 6, 0)
    else:
        edge = after.y - down * _HALF
        line, head = f"{start}V{edge - down * 5}", _head(channel, edge, 0, -6 * down)
    due = f", which is due later: {date_in_words(before.stage.ends_on)}" if conflict else ""
    return Arrow(line, head, f"{title}{due}", conflict)


def _head(x: float, y: float, back_x: int, back_y: int) -> str:
    """A triangle whose tip is at the place."""
    side = 4
    one = f"{x + back_x + (side if back_y else 0)},{y + back_y + (side if back_x else 0)}"
    other = f"{x + back_x - (side if back_y else 0)},{y + back_y - (side if back_x else 0)}"
    return f"{x},{y} {one} {other}"
