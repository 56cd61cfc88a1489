"""A list item's first line, as every rule for list items sees it."""

from dataclasses import dataclass

from apps.roadmap.engines.annotations import read_annotation
from apps.roadmap.engines.blocks import Block, Item
from apps.roadmap.engines.display import Shown
from apps.roadmap.engines.draft import Draft, Scope
from apps.roadmap.engines.fields import Field, read_fields
from apps.roadmap.engines.marks import Mark, read_mark
from apps.roadmap.engines.source import Span

HEADER_NAMES = frozenset({"owner", "target", "status", "priority"})


@dataclass(frozen=True)
class Line:
    """A list item's first paragraph, with what every rule asks of it."""

    block: Block
    item: Item
    scope: Scope
    mark: Mark | None
    span: Span
    raw: str
    shown: Shown
    fields: tuple[Field, ...]


def read_line(draft: Draft, block: Block) -> Line | None:
    span = draft.span(block)
    if block.item is None:
        return None
    mark = read_mark(draft.source.text, span, draft.legend)
    if mark:
        span = (min(mark.text_start, span[1]), span[1])
    raw = draft.source.text[slice(*span)]
    fields = read_fields(raw, span[0]) if "\n" not in raw and ":" in raw else ()
    return Line(block, block.item, draft.scope_of(block), mark, span, raw, draft.show(span), fields)


def enter(draft: Draft, line: Line, scope: Scope) -> None:
    draft.item_scopes[line.item.ordinal] = scope


def without_trailing_fields(draft: Draft, line: Line) -> tuple[Shown, tuple[Field, ...]]:
    """Take "(owner: X, due: D)", " — due: D" or "@name" off the end of the words."""
    annotation = read_annotation(line.raw, line.span[0])
    if not annotation.fields:
        return line.shown, ()
    return draft.show((line.span[0], line.span[0] + annotation.end)), annotation.fields
