"""Tasks, criteria and costs that were added here, as lines of the lists that they belong to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from apps.roadmap.engines import additions
from apps.roadmap.engines.entries import ParsedDocument
from apps.roadmap.engines.source import Source
from apps.roadmap.models import CostLine, Criterion, Task
from apps.roadmap.services.new_lines import (
    Below,
    Line,
    all_below,
    boxed,
    in_brackets,
    lines_below,
    steps_of,
    values_to_say,
    written_like,
)
from apps.roadmap.services.row_values import Row
from apps.roadmap.services.wishes import TEXT, Addition, Said, Wish, parent_of, span_of, words_of


def wish_for_item(row: Row, *, below: Below, is_first: bool, rows: Sequence[Row], parsed: ParsedDocument) -> Wish:
    """A line for a row that was added here: as its siblings have theirs, or else below what it belongs to.

    The first that is added to a parent may open a list there, which the others go on with.
    """
    names = values_to_say(row)
    least = tuple(name for name in names if name == "claim")
    candidates = []
    for said in dict.fromkeys((names, least)):
        item = _Item(row, said, below if said == names else {}, rows, parsed)
        candidates += [*_candidates(item, is_first=is_first)]
    return Wish(row, names, tuple(candidates), tuple(all_below(row, below)))


@dataclass(frozen=True)
class _Item:
    """A new row with the values to say of it, and its new steps."""

    row: Any
    names: tuple[str, ...]
    below: Below
    rows: Sequence[Row]
    parsed: ParsedDocument

    @property
    def source(self) -> Source:
        return self.parsed.source

    def lines(self, words: str) -> list[Line]:
        """The line with these words, and its steps."""
        return [Line(words, self.row, self.names), *self.steps(additions.indent_of(words))]

    def steps(self, indent: str) -> list[Line]:
        return steps_of(self.row, self.below, indent, self.parsed)

    def listed(self, indent: str = "") -> list[Line]:
        return self.lines(f"{indent}- {boxed(self.row, self.names, self.parsed)}")


def _candidates(item: _Item, *, is_first: bool) -> Iterator[Addition]:
    siblings = [each for each in item.rows if _are_siblings(item.row, each) and span_of(each, TEXT, item.source)]
    parent = parent_of(item.row)
    if parent and not parent.line:
        return  # it vanished
    is_step = isinstance(item.row, Task) and item.row.parent_id
    if is_step:
        yield from _steps(item, siblings)
    if siblings:
        yield from _like(item, max(siblings, key=lambda each: each.line or 0))
    if parent and not is_step:
        yield from _below_parent(item, parent, is_first=is_first or bool(siblings))


def _are_siblings(row: Any, other: Any) -> bool:
    if type(row) is not type(other) or other.line is None:
        return False
    parent = parent_of(row)
    return parent_of(other) == parent and (parent is not None or isinstance(row, CostLine))


def _like(item: _Item, sibling: Row) -> Iterator[Addition]:
    source, line = item.source, sibling.line or 1
    words = written_like(item.row, sibling, item.names, item.parsed)
    if additions.is_table_row(source, line):
        yield lines_below(source, line, [Line(words, item.row, item.names)])
    else:
        lines = item.lines(words + in_brackets(item.row, item.names))
        yield lines_below(source, additions.last_line_of(item.parsed, line), lines)


def _steps(item: _Item, siblings: Sequence[Row]) -> Iterator[Addition]:
    """Behind the task and its other steps, or as an item below it."""
    task, source = item.row.parent, item.source
    inline = [each for each in (task, *siblings) if each.line == task.line]
    last = max((span_of(each, TEXT, source) or (0, 0) for each in inline), default=(0, 0))
    if not item.steps("") and (len(inline) > 1 or not siblings):
        words = f"; {boxed(item.row, item.names, item.parsed)}"
        yield Addition((additions.behind(last, words),), (Said(item.row, item.names, 0),))
    lines = item.listed(additions.indent_below(source, task.line))
    yield lines_below(source, additions.last_line_of(item.parsed, task.line), lines)


def _below_parent(item: _Item, parent: Any, *, is_first: bool) -> Iterator[Addition]:
    """Where nothing of its kind stands under the parent yet."""
    source, row = item.source, item.row
    under = [each.line for each in item.rows if each.line and parent_of(each) == parent]
    own = [source.line_at(span[0]) for name in parent.spans if (span := span_of(parent, name, source))]
    header = max([parent.line, *own])
    last = additions.last_line_of(item.parsed, max(under)) if under else header
    at, blank = (header if isinstance(row, Task) else last), Line("")
    if isinstance(row, Task | Criterion) and not is_first:
        yield lines_below(source, at, item.listed("  "))
        yield lines_below(source, at, item.listed())
    if isinstance(row, Criterion):
        yield lines_below(source, at, [Line("- Acceptance"), *item.listed("  ")])
        yield lines_below(source, at, [blank, Line("**Acceptance criteria:**"), blank, *item.listed()])
    elif isinstance(row, Task):
        yield lines_below(source, at, [Line("- Tasks"), *item.listed("  ")])
        yield lines_below(source, at, item.listed())
        yield lines_below(source, at, [blank, *item.listed()])
    elif isinstance(row, CostLine):
        yield lines_below(source, at, [blank, Line(f"**Cost:** {words_of(row)}", row, item.names)])
