"""Days as places on a line."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

_TICKS = 7


@dataclass(frozen=True)
class Tick:
    """A line with its date."""

    x: float
    label: str


@dataclass(frozen=True)
class TimeAxis:
    """The days from the first to the last, between two places."""

    first: date
    last: date
    left: float
    right: float

    def x(self, day: date) -> float:
        """Where the day begins."""
        days = max((self.last - self.first).days, 1)
        return round(self.left + (day - self.first).days / days * (self.right - self.left), 1)

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """Mondays of a short time, firsts of the month of a long one."""
        return tuple(Tick(self.x(day), label) for day, label in self._marks())

    def _marks(self) -> Iterator[tuple[date, str]]:
        weeks = (self.last - self.first).days // 7
        if weeks <= 3 * _TICKS:
            step, day = timedelta(weeks=weeks // _TICKS + 1), self.first + timedelta(days=-self.first.weekday() % 7)
            while day <= self.last:
                yield day, f"{day.day} {day:%b}"
                day += step
            return
        first, last = (day.year * 12 + day.month for day in (self.first, self.last))
        for month in range(first, last, max(weeks // 4 // _TICKS, 1)):
            day = date(month // 12, month % 12 + 1, 1)
            yield day, f"{day:%b %Y}"
