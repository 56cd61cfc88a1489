"""Milestones and work items that were added here, each with what stands under it, as their siblings are written."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import product
from typing import Any

from apps.roadmap.engines import additions
from apps.roadmap.engines.blocks import BlockKind
from apps.roadmap.engines.entries import MilestoneKind, ParsedDocument
from apps.roadmap.models import WorkItem
from apps.roadmap.services.new_lines import (
    Below,
    Line,
    all_below,
    claimed_like,
    code_after,
    in_brackets,
    in_columns,
    lines_below,
    name_span,
    values_to_say,
    written_like,
)
from apps.roadmap.services.row_values import Row
from apps.roadmap.services.section_lines import DEEPEST_HEADING, Section, children_of, plain_title, titles_of, values_of
from apps.roadmap.services.wishes import Addition, Wish, are_labels_bold, code_of, parent_of


def wish_for_section(row: Row, *, below: Below, taken: set[str], rows: Sequence[Row], parsed: ParsedDocument) -> Wish:
    """A place behind the last of its siblings. One without a code gets the next that is not taken."""
    model = _model(row, rows, parsed)
    section = Section(row, model, _code_of(row, model, taken), below, parsed, rows)
    taken.add(section.code)
    return Wish(row, values_to_say(row), tuple(_candidates(section)), tuple(all_below(row, below)))


def _model(row: Any, rows: Iterable[Any], parsed: ParsedDocument) -> Any:
    """The last of its siblings, one of its own kind and with a code before others."""
    alike = [
        each
        for each in rows
        if type(each) is type(row)
        and each.line
        and parent_of(each) == parent_of(row)
        and name_span(each, parsed.source)
    ]
    ranked = sorted(alike, key=lambda each: (_kind(each) == _kind(row), bool(code_of(each)), each.line))
    return ranked[-1] if ranked else None


def _kind(row: Any) -> str:
    return str(getattr(row, "kind", ""))


def _code_of(row: Any, model: Any, taken: Collection[str]) -> str:
    if code_of(row):
        return code_of(row)
    after = code_after(code_of(model), taken) if model and _kind(model) != MilestoneKind.PERIOD else ""
    return after or (code_after("0", taken) if isinstance(row, WorkItem) else "")


def _candidates(section: Section) -> Iterator[Addition]:
    parent = parent_of(section.row)
    if parent and not parent.line:
        return  # it vanished
    block = _block_at(section.parsed, section.model)
    if block is not None and block.kind == BlockKind.TABLE:
        yield from _as_table_row(section)
        return
    if block is not None and block.item is not None:
        yield from _as_item(section)
    above = _block_at(section.parsed, parent)
    if above is None or above.kind == BlockKind.HEADING:
        yield from _as_heading(section, block)


def _block_at(parsed: ParsedDocument, row: Any) -> Any:
    """The block that a row of the document stands in."""
    line = row.line if row else None
    return next((each for each in parsed.blocks if line and each.start_line <= line <= each.end_line), None)


def _as_table_row(section: Section) -> Iterator[Addition]:
    row, model, parsed = section.row, section.model, section.parsed
    for names in _fewer(in_columns(model, section.names, parsed.source)):
        words = written_like(row, model, names, parsed, section.code)
        yield lines_below(parsed.source, model.line, [Line(words, row, names)])


def _as_item(section: Section) -> Iterator[Addition]:
    row, model, parsed = section.row, section.model, section.parsed
    for names in _fewer(section.names):
        words = written_like(row, model, names, parsed, section.code) + in_brackets(row, names)
        indent = additions.indent_of(words)
        inner = children_of(section, row, 0, is_bold=False) if names == section.names else []
        lines = [Line(words, row, names), *(Line(indent + each.words, each.row, each.names) for each in inner)]
        yield lines_below(parsed.source, additions.last_line_of(parsed, model.line), lines)


def _as_heading(section: Section, block: Any) -> Iterator[Addition]:
    """Like the heading of its siblings or else a plain one, with all below it, with its values, and alone."""
    row, names, parsed = section.row, section.names, section.parsed
    level, at = _level(section, block), _last_line(section, block)
    is_bold = are_labels_bold(row, section.rows, parsed.source)
    titles = dict.fromkeys(titles_of(section, block, level))
    for words in titles:
        title = [Line(""), Line(words, row, names)]
        is_marked = words != plain_title(row, section.code, level) and bool(claimed_like(row, section.model, parsed))
        for manner in (is_bold, not is_bold):
            values = values_of(row, names, section, is_bold=manner, is_marked=is_marked)
            yield lines_below(parsed.source, at, [*title, *values, *children_of(section, row, level, is_bold=manner)])
        values = values_of(row, names, section, is_bold=is_bold, is_marked=is_marked)
        yield lines_below(parsed.source, at, [*title, *values])
    for words, said in product(titles, _fewer(names)[1:]):
        yield lines_below(parsed.source, at, [Line(""), Line(words, row, said)])


def _fewer(names: tuple[str, ...]) -> list[tuple[str, ...]]:
    """All of the names, then only what a title or row shows by itself, then none."""
    shown = tuple(name for name in names if name in ("code", "number", "kind", "claim"))
    return list(dict.fromkeys((names, shown, ())))


def _level(section: Section, block: Any) -> int:
    if block is not None and block.kind == BlockKind.HEADING:
        return int(block.level)
    above = _block_at(section.parsed, parent_of(section.row))
    return min(above.level + 1, DEEPEST_HEADING) if above is not None and above.level else 2


def _last_line(section: Section, block: Any) -> int:
    """Where the section ends that the new one stands behind or in, or else the document."""
    parent, parsed = parent_of(section.row), section.parsed
    if block is not None and block.kind == BlockKind.HEADING:
        return additions.last_line_of_section(parsed, section.model.line)
    if parent:
        return additions.last_line_of_section(parsed, parent.line)
    return additions.last_line(parsed)
