"""Counts by day as steps: all, claimed, proven, waived; on the proven ones lie those that are only claimed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from apps.common.wording import counted, date_in_words
from apps.dashboards.engines.time_axis import Tick, TimeAxis

WIDTH, HEIGHT, TOP, BOTTOM = 1100, 330, 20, 296
_LEFT, _RIGHT = 40, 950
_LINE_HEIGHT = 16
_MOST_LEVELS = 5
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class DayCounts:
    """How many criteria there were at the end of a day, and how many of them were what."""

    day: date
    total: int
    claimed: int
    proven: int
    claimed_unproven: int
    waived: int

    @property
    def sentence(self) -> str:
        """The day in words."""
        said = f"{date_in_words(self.day)}: {self.proven} of {counted(self.total, 'criterion', 'criteria')} proven"
        waived = f", {self.waived} waived" if self.waived else ""
        return f"{said}; {self.claimed} claimed done, {self.claimed_unproven} of them not proven{waived}"

    @property
    def counts(self) -> tuple[int, ...]:
        return self.total, self.claimed, self.proven, self.claimed_unproven, self.waived


@dataclass(frozen=True)
class Line:
    """One count over the days, with its name beside its end."""

    name: str
    label: str
    path: str
    end_y: float
    label_y: float


@dataclass(frozen=True)
class Level:
    """A line across with its count."""

    y: float
    label: int

    @property
    def text_y(self) -> float:
        return self.y + 4


@dataclass(frozen=True)
class Column:
    """The place of one day, to point at."""

    x: float
    width: float
    title: str


@dataclass(frozen=True)
class BurnUp:
    """The drawing."""

    lines: tuple[Line, ...]
    proven_area: str
    gap: str
    levels: tuple[Level, ...]
    ticks: tuple[Tick, ...]
    columns: tuple[Column, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = _RIGHT
    label_x: int = _RIGHT + 10
    top: int = TOP
    bottom: int = BOTTOM
    tick_y: int = HEIGHT - 14


def draw_burn_up(days: Sequence[DayCounts]) -> BurnUp | None:
    """The counts of consecutive days. None when there never was a criterion."""
    greatest = max((each.total for each in days), default=0)
    if not greatest:
        return None
    chart = _Chart(TimeAxis(days[0].day, days[-1].day + _DAY, _LEFT, _RIGHT), greatest)
    return BurnUp(
        lines=tuple(_lines(days, chart)),
        proven_area="".join(chart.block(run, run[0].proven, 0) for run in _runs(days)),
        gap="".join(chart.block(run, run[0].proven + run[0].claimed_unproven, run[0].proven) for run in _runs(days)),
        levels=tuple(Level(chart.y(count), count) for count in _levels(greatest)),
        ticks=chart.axis.ticks,
        columns=tuple(_column(each, chart) for each in days),
    )


@dataclass(frozen=True)
class _Chart:
    axis: TimeAxis
    greatest: int

    def y(self, count: int) -> float:
        return round(BOTTOM - count / self.greatest * (BOTTOM - TOP), 1)

    def block(self, run: Sequence[DayCounts], upper: int, lower: int) -> str:
        """From one count down to the other over the days; nothing where the upper one is not above."""
        if upper <= lower:
            return ""
        left, right = self.axis.x(run[0].day), self.axis.x(run[-1].day + _DAY)
        return f"M{left} {self.y(upper)}H{right}V{self.y(lower)}H{left}Z"


def _runs(days: Sequence[DayCounts]) -> Iterator[list[DayCounts]]:
    """The days in stretches of equal counts."""
    return (list(run) for _, run in groupby(days, key=lambda each: each.counts))


def _lines(days: Sequence[DayCounts], chart: _Chart) -> Iterator[Line]:
    last, free_y = days[-1], TOP - float(_LINE_HEIGHT)
    ends = [
        ("total", last.total, "in all"),
        ("claimed", last.claimed, "claimed done"),
        ("proven", last.proven, "proven"),
    ]
    if any(each.waived for each in days):
        ends.append(("waived", last.waived, "waived"))
    ends.sort(key=lambda end: -end[1])
    for number, (name, count, words) in enumerate(ends, 1):
        free_y = max(chart.y(count), free_y + _LINE_HEIGHT)
        label_y = min(free_y, BOTTOM - (len(ends) - number) * _LINE_HEIGHT)  # room for those that follow
        yield Line(name, f"{count} {words}", _steps(days, name, chart), chart.y(count), round(label_y + 4, 1))


def _steps(days: Sequence[DayCounts], name: str, chart: _Chart) -> str:
    runs = groupby(days, key=lambda each: int(getattr(each, name)))
    steps = [(next(run).day, count) for count, run in runs]
    first = f"M{chart.axis.x(steps[0][0])} {chart.y(steps[0][1])}"
    moves = "".join(f"H{chart.axis.x(day)}V{chart.y(count)}" for day, count in steps[1:])
    return f"{first}{moves}H{_RIGHT}"


def _levels(greatest: int) -> range:
    step = next(
        each for power in range(9) for each in (10**power, 2 * 10**power, 5 * 10**power)
        if greatest / each <= _MOST_LEVELS
    )  # fmt: skip
    return range(0, greatest + 1, step)


def _column(counts: DayCounts, chart: _Chart) -> Column:
    left, right = chart.axis.x(counts.day), chart.axis.x(counts.day + _DAY)
    return Column(left, round(right - left, 1), counts.sentence)
