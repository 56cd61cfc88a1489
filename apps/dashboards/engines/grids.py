"""Counts in rows and columns as cells of a drawing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_CELL_HEIGHT, _WIDEST_CELL, _TOP, _RIGHT = 44, 190, 40, 1096
_LETTER = 7
_GAP = 4


@dataclass(frozen=True)
class Value:
    """What stands in one cell. `depth` from 0 to 4 says how much it is."""

    text: str
    title: str
    tone: str
    depth: int
    address: str = ""
    note: str = ""


@dataclass(frozen=True)
class Heading:
    """The name of a row or a column."""

    text: str
    x: float
    y: float


@dataclass(frozen=True)
class Cell:
    """One place of the grid, with its value."""

    value: Value | None
    x: float
    y: float
    width: float
    height: float

    @property
    def middle_x(self) -> float:
        return round(self.x + self.width / 2, 1)

    @property
    def text_y(self) -> float:
        return round(self.y + self.height / 2 + (-2 if self.value and self.value.note else 5), 1)

    @property
    def note_y(self) -> float:
        return round(self.y + self.height / 2 + 13, 1)


@dataclass(frozen=True)
class Grid:
    """The drawing."""

    rows: tuple[Heading, ...]
    columns: tuple[Heading, ...]
    cells: tuple[Cell, ...]
    height: int
    width: int = 1100


def draw_grid(
    rows: Sequence[str],
    columns: Sequence[str],
    values: Mapping[tuple[str, str], Value],
    *,
    cell_height: int = _CELL_HEIGHT,
) -> Grid:
    """A cell for each row and column, in their order; empty where there is no value."""
    left = 24 + _LETTER * max(map(len, rows), default=0)
    width, middle = min((_RIGHT - left) / max(len(columns), 1), _WIDEST_CELL), cell_height / 2 + 4
    return Grid(
        rows=tuple(Heading(name, left - 12, _TOP + n * cell_height + middle) for n, name in enumerate(rows)),
        columns=tuple(Heading(name, round(left + (n + 0.5) * width, 1), _TOP - 12) for n, name in enumerate(columns)),
        cells=tuple(
            Cell(
                values.get((row, column)),
                round(left + right * width + _GAP / 2, 1),
                _TOP + down * cell_height + _GAP / 2,
                round(width - _GAP, 1),
                cell_height - _GAP,
            )
            for down, row in enumerate(rows)
            for right, column in enumerate(columns)
        ),
        height=_TOP + len(rows) * cell_height + 8,
    )


def depth_of(count: int, greatest: int) -> int:
    """How deep a count is coloured: 0 for none, 4 for the greatest."""
    return 0 if not count else max(1, min(4, -(-4 * count // max(greatest, 1))))
