"""Tasks, criteria and costs that were added here, as lines of the lists that they belong to."""

from collections.abc import Iterator, Sequence
from typing import Any

from apps.roadmap.engines import additions
from apps.roadmap.engines.entries import ParsedDocument
from apps.roadmap.models import CostLine, Criterion, Task
from apps.roadmap.services.new_lines import Line, boxed, in_brackets, lines_below, values_to_say, written_like
from apps.roadmap.services.row_values import Row
from apps.roadmap.services.wishes import TEXT, Addition, Said, Wish, parent_of, span_of, words_of


def wish_for_item(row: Row, rows: Sequence[Row], parsed: ParsedDocument) -> Wish:
    """A line for a row that was added here: as its siblings have theirs, or else below what it belongs to."""
    names = values_to_say(row)
    least = tuple(name for name in names if name == "claim")
    candidates = [each for said in dict.fromkeys((names, least)) for each in _candidates(row, said, rows, parsed)]
    return Wish(row, names, tuple(candidates))


def _candidates(row: Row, names: tuple[str, ...], rows: Sequence[Row], parsed: ParsedDocument) -> Iterator[Addition]:
    siblings = [each for each in rows if _are_siblings(row, each) and span_of(each, TEXT, parsed.source)]
    parent = parent_of(row)
    if isinstance(row, Task) and row.parent_id:
        yield from _steps(row, names, siblings, parsed)
    if siblings:
        yield _like(row, names, max(siblings, key=lambda each: each.line or 0), parsed)
    if parent and parent.line and not (isinstance(row, Task) and row.parent_id):
        yield from _below_parent(row, names, parent, rows, parsed)


def _are_siblings(row: Any, other: Any) -> bool:
    if type(row) is not type(other) or other.line is None:
        return False
    parent = parent_of(row)
    return parent_of(other) == parent and (parent is not None or isinstance(row, CostLine))


def _like(row: Row, names: tuple[str, ...], sibling: Row, parsed: ParsedDocument) -> Addition:
    source, line = parsed.source, sibling.line or 1
    words = written_like(row, sibling, names, parsed)
    if not additions.is_table_row(source, line):
        words += in_brackets(row, names)
    return lines_below(source, additions.last_line_of(parsed, line), [Line(words, row, names)])


def _steps(row: Any, names: tuple[str, ...], siblings: Sequence[Row], parsed: ParsedDocument) -> Iterator[Addition]:
    """Behind the task and its other steps, or as an item below it."""
    task, source, words = row.parent, parsed.source, boxed(row, names, parsed)
    inline = [each for each in (task, *siblings) if each.line == task.line]
    last = max((span_of(each, TEXT, source) or (0, 0) for each in inline), default=(0, 0))
    if len(inline) > 1 or not siblings:
        yield Addition(additions.behind(last, f"; {words}"), (Said(row, names, 0),))
    indent = additions.indent_below(source, task.line)
    below = additions.last_line_of(parsed, task.line)
    yield lines_below(source, below, [Line(f"{indent}- {words}", row, names)])


def _below_parent(
    row: Row, names: tuple[str, ...], parent: Any, rows: Sequence[Row], parsed: ParsedDocument
) -> Iterator[Addition]:
    """Where nothing of its kind stands under the parent yet."""
    source = parsed.source
    under = [each.line for each in rows if each.line and parent_of(each) == parent]
    own = [source.line_at(span[0]) for name in parent.spans if (span := span_of(parent, name, source))]
    header = max([parent.line, *own])
    last = additions.last_line_of(parsed, max(under)) if under else header
    item, inner = (Line(f"{indent}- {boxed(row, names, parsed)}", row, names) for indent in ("", "  "))
    blank = Line("")
    if isinstance(row, Criterion):
        yield lines_below(source, last, [Line("- Acceptance"), inner])
        yield lines_below(source, last, [blank, Line("**Acceptance criteria:**"), blank, item])
    elif isinstance(row, Task):
        yield lines_below(source, header, [Line("- Tasks"), inner])
        yield lines_below(source, header, [item])
        yield lines_below(source, header, [blank, item])
    elif isinstance(row, CostLine):
        yield lines_below(source, last, [blank, Line(f"**Cost:** {words_of(row)}", row, names)])
