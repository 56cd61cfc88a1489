"""Cells of a table, with their places in the text."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from apps.roadmap.engines.source import Span

LONGEST_ROW = 10_000  # characters; a longer one is no row of a roadmap
PIPE = re.compile(r"(?<!\\)\|")
COLUMNS = (
    ("risk", re.compile(r"risks?|threats?", re.I)),
    ("milestone", re.compile(r"milestones?|phases?", re.I)),
    (
        "criterion",
        re.compile(r"(?:acceptance |success )?criteri(?:a|on)|(?:success )?metrics?|kpis?|slos?|requirements?", re.I),
    ),
    ("task", re.compile(r"tasks?|actions?(?: items?)?|to-?dos?|work items?|items?|deliverables?|steps?", re.I)),
    ("cost", re.compile(r".*\b(?:costs?|price|budget)\b.*", re.I)),
    ("amount", re.compile(r"amount|(?:per )?(?:month|year)|monthly|yearly|annual(?:ly)?|usd|eur|gbp|[€$£]", re.I)),
    ("owner", re.compile(r"owners?|assignees?|responsible|dri|lead|team|who", re.I)),
    ("status", re.compile(r"status|state|done\??|progress|complete[d]?", re.I)),
    ("impact", re.compile(r"impact|consequence|effect", re.I)),
    ("likelihood", re.compile(r"likelihood|probability", re.I)),
    ("severity", re.compile(r"severity|level", re.I)),
    ("mitigation", re.compile(r"mitigations?|controls?|countermeasures?|response", re.I)),
    (
        "target",
        re.compile(
            r"(?:target|due|end|ship|completion)(?: date)?|deadline|eta|when|dates?|timeline|threshold|goal", re.I
        ),
    ),
    ("priority", re.compile(r"priority|tier", re.I)),
)  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """What a cell holds, trimmed."""

    text: str
    span: Span


@dataclass(frozen=True)
class Row:
    """A body row: its line, its cells by the column's meaning, and the first cell of all."""

    line: int
    first: Cell
    cells: dict[str, Cell]


def read_columns(header: str) -> tuple[str, ...]:
    """What each column of a header means, "" where that is unknown or said before."""
    names: list[str] = []
    for cell in _cells(header, 0):
        plain = cell.text.strip("*_ ")
        name = next((name for name, pattern in COLUMNS if pattern.fullmatch(plain)), "")
        names.append("" if name in names else name)
    return tuple(names)


def read_rows(lines: Iterable[tuple[int, int, str]], columns: tuple[str, ...]) -> Iterator[Row]:
    """The body rows of a table, given as number, position and text of its lines."""
    for index, (number, position, line) in enumerate(lines):
        cells = list(_cells(line, position)) if index >= 2 and len(line) <= LONGEST_ROW else []
        if cells:
            named = {name: cell for name, cell in zip(columns, cells, strict=False) if name}
            yield Row(number, cells[0], named)


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
