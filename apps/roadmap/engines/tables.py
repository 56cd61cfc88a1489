"""Cells of a table, with their places in the text."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from apps.roadmap.engines.columns import column_of
from apps.roadmap.engines.source import Span

TEXT = "text "
LONGEST_ROW = 10_000  # characters; a longer one is no row of a roadmap
PIPE = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True)
class Cell:
    """What a cell holds, trimmed."""

    text: str
    span: Span


@dataclass(frozen=True)
class Row:
    """A body row: its line, its cells by the column's meaning, and the outermost cells of all."""

    line: int
    first: Cell
    last: Cell
    cells: dict[str, Cell]


def read_columns(header: str) -> tuple[str, ...]:
    """What each column of a header means; where that is unknown or said before, a number of its own."""
    names: list[str] = []
    for cell in _cells(header, 0):
        name = column_of(cell.text)
        names.append(name if name and name not in names else f"{TEXT}{len(names)}")
    return tuple(names)


def is_text_column(name: str) -> bool:
    """Whether a column may hold the names of what the rows are about."""
    return name.startswith((TEXT, "name"))


def read_rows(lines: Iterable[tuple[int, int, str]], columns: tuple[str, ...]) -> Iterator[Row]:
    """The body rows of a table, given as number, position and text of its lines."""
    for index, (number, position, line) in enumerate(lines):
        cells = list(_cells(line, position)) if index >= 2 and len(line) <= LONGEST_ROW else []
        if cells:
            named = {name: cell for name, cell in zip(columns, cells, strict=False) if name}
            yield Row(number, cells[0], cells[-1], named)


def _cells(line: str, position: int) -> Iterator[Cell]:
    edges = [-1, *(found.start() for found in PIPE.finditer(line)), len(line)]
    pieces = [(start + 1, end) for start, end in pairwise(edges)]
    if line.strip(" \t>").startswith("|"):
        pieces = pieces[1:]
    if len(pieces) > 1 and not line[slice(*pieces[-1])].strip():
        pieces = pieces[:-1]
    for start, end in pieces:
        while start < end and line[start] in " \t":
            start += 1
        while end > start and line[end - 1] in " \t":
            end -= 1
        yield Cell(line[start:end], (position + start, position + end))
