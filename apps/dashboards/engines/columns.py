"""A share over time as columns: one for each instant, in a frame as high as the whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from apps.common.wording import date_in_words

WIDTH, HEIGHT = 640, 150
_TOP, _BOTTOM = 22, 124
_WIDEST = 44


@dataclass(frozen=True)
class Column:
    """One column: how high it is, what stands above and below it, and what it says."""

    x: float
    y: float
    width: float
    height: float
    label: str
    count: str
    title: str

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)

    @property
    def text_y(self) -> float:
        return round(self.y - 5, 1)


@dataclass(frozen=True)
class Columns:
    """The drawing, with the same in words."""

    columns: tuple[Column, ...]
    summary: str

    width = WIDTH
    height = HEIGHT
    top = _TOP
    bottom = _BOTTOM
    label_y = HEIGHT - 8


def draw_columns(counts: Sequence[tuple[date, int]], total: int) -> Columns | None:
    """A column for each count of the total. None when there is nothing to count, or no time to compare."""
    if not total or len(counts) < 2:
        return None
    step = WIDTH / len(counts)
    width = round(min(step * 0.7, _WIDEST), 1)
    columns = tuple(
        _column((number + 0.5) * step - width / 2, width, day, count, total)
        for number, (day, count) in enumerate(counts)
    )
    (first_on, first), (last_on, last) = counts[0], counts[-1]
    summary = f"{first} of {total} on {date_in_words(first_on)}, {last} of {total} on {date_in_words(last_on)}"
    return Columns(columns, summary)


def _column(x: float, width: float, day: date, count: int, total: int) -> Column:
    height = round(count / total * (_BOTTOM - _TOP), 1)
    return Column(
        x=round(x, 1),
        y=round(_BOTTOM - height, 1),
        width=width,
        height=height,
        label=f"{day.day} {day:%b}",
        count=str(count),
        title=f"{date_in_words(day)}: {count} of {total}",
    )
