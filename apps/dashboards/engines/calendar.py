"""Days as squares: a column for each week, Monday at the top."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

_SIDE, _PITCH, _LEFT, _TOP = 16, 20, 36, 22
_NAMES = ((0, "Mon"), (2, "Wed"), (4, "Fri"), (6, "Sun"))


@dataclass(frozen=True)
class Mark:
    """What one day says: a tone, a shape, and words to point at."""

    day: date
    tone: str
    symbol: str
    title: str


@dataclass(frozen=True)
class Square:
    """One day in the drawing."""

    mark: Mark
    x: int
    y: int
    side: int = _SIDE

    @property
    def symbol_x(self) -> int:
        return self.x + 3

    @property
    def symbol_y(self) -> int:
        return self.y + 3


@dataclass(frozen=True)
class Word:
    """The name of a month or of a weekday."""

    text: str
    x: int
    y: int


@dataclass(frozen=True)
class Calendar:
    """The drawing."""

    squares: tuple[Square, ...]
    months: tuple[Word, ...]
    weekdays: tuple[Word, ...]
    width: int
    height: int = _TOP + 7 * _PITCH + 4


def draw_calendar(marks: Sequence[Mark]) -> Calendar | None:
    """The days in their weeks. None for no day."""
    if not marks:
        return None
    monday = marks[0].day - timedelta(days=marks[0].day.weekday())
    squares = tuple(_square(mark, monday) for mark in marks)
    return Calendar(
        squares=squares,
        months=tuple(_months(squares)),
        weekdays=tuple(Word(name, _LEFT - 8, _TOP + row * _PITCH + 13) for row, name in _NAMES),
        width=squares[-1].x + _PITCH,
    )


def _square(mark: Mark, monday: date) -> Square:
    weeks, weekday = divmod((mark.day - monday).days, 7)
    return Square(mark, _LEFT + weeks * _PITCH, _TOP + weekday * _PITCH)


def _months(squares: Sequence[Square]) -> Iterator[Word]:
    """The name of each month above its first week, where there is room for it."""
    last_x = -2 * _PITCH
    for square in squares:
        if square.mark.day.day <= 7 and square.mark.day.weekday() == 0 and square.x - last_x >= 2 * _PITCH:
            last_x = square.x
            yield Word(f"{square.mark.day:%b}", square.x, _TOP - 8)
