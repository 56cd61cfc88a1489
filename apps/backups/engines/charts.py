"""Drawings of a database's protection: coordinates only, for templates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from .watching import AgePoint

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 1100, 220, 70, 1090, 14, 186
STEPS_SECONDS = [60, 300, 900, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86400, 2 * 86400, 7 * 86400, 30 * 86400]
STEPS_BYTES = [10**power * factor for power in range(3, 16) for factor in (1, 2, 5)]
SHADES = "abcdefgh"
TICKS = 6


@dataclass(frozen=True)
class Mark:
    """A line across or a tick below, with its value."""

    place: float
    value: float


@dataclass(frozen=True)
class DayMark:
    """A tick of the time axis."""

    x: float
    at: datetime
    is_day: bool = True  # else the time of the day tells it from its neighbours


@dataclass(frozen=True)
class Frame:
    """What every drawing here has."""

    levels: tuple[Mark, ...]
    days: tuple[DayMark, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = RIGHT
    top: int = TOP
    bottom: int = BOTTOM


@dataclass(frozen=True)
class AgeChart:
    """The age of the newest proven backup, with its objective; hatched where there was none."""

    frame: Frame
    path: str
    unproven: tuple[tuple[float, float], ...]
    objective_y: float


def draw_ages(points: Sequence[AgePoint], *, objective: timedelta) -> AgeChart:
    """Points in order of time; at least two."""
    since, until = points[0].at, points[-1].at
    greatest = max([objective, *(point.age for point in points if point.age is not None)]).total_seconds() * 1.1
    axis = _Axis(since, until, greatest)
    path, gaps = [], []
    for before, after in pairwise(points):
        if after.age is None or before.age is None:
            if before.age is None and after.at > before.at:
                gaps.append((axis.x(before.at), round(axis.x(after.at) - axis.x(before.at), 1)))
            continue
        path.append(axis.segment((before.at, before.age), (after.at, after.age)))
    return AgeChart(
        frame=Frame(axis.levels(STEPS_SECONDS), axis.days()),
        path="".join(path),
        unproven=tuple(gaps),
        objective_y=axis.y(objective.total_seconds()),
    )


@dataclass(frozen=True)
class Segment:
    """One stage of one drill."""

    name: str
    seconds: float
    y: float
    height: float
    shade: str


@dataclass(frozen=True)
class Bar:
    """One drill as its stages on top of each other."""

    x: float
    width: float
    at: datetime
    seconds: float
    segments: tuple[Segment, ...]
    address: str = ""


@dataclass(frozen=True)
class StageChart:
    """Recovery times of drills by stage, in order of time."""

    frame: Frame
    bars: tuple[Bar, ...]
    names: tuple[tuple[str, str], ...]
    objective_y: float | None


def draw_stages(
    drills: Sequence[tuple[datetime, Sequence[tuple[str, float]], str]], *, objective: timedelta
) -> StageChart | None:
    """Drills as (end, stages, address of their page). None when there is none."""
    if not drills:
        return None
    totals = [sum(seconds for _, seconds in stages) for _, stages, _ in drills]
    greatest = max(totals) * 1.15 or 1.0
    names = list(dict.fromkeys(name for _, stages, _ in drills for name, _ in stages))
    shades = {name: SHADES[number % len(SHADES)] for number, name in enumerate(names)}
    slot = (RIGHT - LEFT) / max(len(drills), 12)
    axis = _Axis(drills[0][0], drills[-1][0], greatest)
    bars = [
        Bar(
            round(LEFT + number * slot + slot * 0.15, 1),
            round(slot * 0.7, 1),
            at,
            total,
            _stack(stages, axis, shades),
            address,
        )
        for number, ((at, stages, address), total) in enumerate(zip(drills, totals, strict=True))
    ]
    limit = objective.total_seconds()
    steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 30, *STEPS_SECONDS]
    return StageChart(
        frame=Frame(axis.levels(steps), ()),
        bars=tuple(bars),
        names=tuple(shades.items()),
        objective_y=axis.y(limit) if limit <= greatest else None,
    )


def _stack(stages: Sequence[tuple[str, float]], axis: "_Axis", shades: dict[str, str]) -> tuple[Segment, ...]:
    segments, below = [], 0.0
    for name, seconds in stages:
        top, bottom = axis.y(below + seconds), axis.y(below)
        segments.append(Segment(name, seconds, top, round(bottom - top, 1), shades[name]))
        below += seconds
    return tuple(segments)


@dataclass(frozen=True)
class SizeChart:
    """Sizes over time: of the database, and of what is stored of it."""

    frame: Frame
    database: str
    stored: str
    unusual: tuple[tuple[float, float], ...]


def draw_sizes(backups: Sequence[tuple[datetime, int, int]], *, unusual: Sequence[datetime] = ()) -> SizeChart | None:
    """Backups as (instant, bytes of the database, bytes stored), in order of time. None of fewer than two."""
    if len(backups) < 2:
        return None
    axis = _Axis(backups[0][0], backups[-1][0], max(size for _, size, _ in backups) * 1.1 or 1.0)
    marked = tuple((axis.x(at), axis.y(size)) for at, size, _ in backups if at in set(unusual))
    return SizeChart(
        frame=Frame(axis.levels([float(step) for step in STEPS_BYTES]), axis.days()),
        database=axis.line([(at, size) for at, size, _ in backups]),
        stored=axis.line([(at, stored) for at, _, stored in backups]),
        unusual=marked,
    )


@dataclass(frozen=True)
class _Axis:
    since: datetime
    until: datetime
    greatest: float

    def x(self, at: datetime) -> float:
        span = (self.until - self.since) or timedelta(seconds=1)
        return round(LEFT + (at - self.since) / span * (RIGHT - LEFT), 1)

    def y(self, value: float) -> float:
        return round(BOTTOM - min(value / self.greatest, 1.0) * (BOTTOM - TOP), 1)

    def line(self, points: Sequence[tuple[datetime, float]]) -> str:
        return " ".join(f"{self.x(at)},{self.y(value)}" for at, value in points)

    def segment(self, start: tuple[datetime, timedelta], end: tuple[datetime, timedelta]) -> str:
        (x, y), (to_x, to_y) = ((self.x(at), self.y(age.total_seconds())) for at, age in (start, end))
        return f"M{x} {y}L{to_x} {to_y}"

    def levels(self, steps: Sequence[float]) -> tuple[Mark, ...]:
        """At most five lines across, at round values."""
        step = next((step for step in steps if self.greatest / step <= 5), steps[-1])
        return tuple(Mark(self.y(step * number), step * number) for number in range(1, int(self.greatest / step) + 1))

    def days(self) -> tuple[DayMark, ...]:
        """About six ticks."""
        step = (self.until - self.since) / TICKS
        instants = [self.since + step * number for number in range(TICKS + 1)]
        return tuple(DayMark(self.x(at), at, is_day=step >= timedelta(days=1)) for at in instants)
