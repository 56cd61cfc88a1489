"""What stands at the ends of a heading, around its words: a sign of its status, an owner, a date."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from apps.roadmap.engines.annotations import ANY_YEAR, read_annotation
from apps.roadmap.engines.blocks import Block, BlockKind
from apps.roadmap.engines.certainty import Rule
from apps.roadmap.engines.dates import read_date
from apps.roadmap.engines.display import Shown
from apps.roadmap.engines.draft import Draft, Scope
from apps.roadmap.engines.entries import MilestoneKind
from apps.roadmap.engines.fields import Field, read_fields
from apps.roadmap.engines.marks import STATUS_SIGNS, Mark, read_emoji, read_mark
from apps.roadmap.engines.titles import Heading, Role

LEADING_SIGN = re.compile(rf"(?=[{STATUS_SIGNS}])")
TRAILING_SIGN = re.compile(rf"(?<![ \t])[ \t]+(?=[{STATUS_SIGNS}]\ufe0f?$)")
DEEPEST_MILESTONE = 2  # a numbered heading below that is a piece of work, with a date or without
MOST_LINES = 8
MOST_BLOCKS = 6
DESCRIBING = frozenset({BlockKind.PARAGRAPH, BlockKind.LIST_ITEM})


@dataclass(frozen=True)
class HeadingEnds:
    """A heading's words, the mark or sign of its status, and the values behind it."""

    shown: Shown
    mark: Mark | None = None
    fields: tuple[Field, ...] = ()


def read_ends(draft: Draft, shown: Shown, mark: Mark | None) -> HeadingEnds:
    """Take the signs and values off. A date without a label stays part of the words."""
    (start, end), text = shown.span, draft.source.text
    if mark is None and (
        mark := read_emoji(text, (start, end), draft.legend) if LEADING_SIGN.match(text, start) else None
    ):
        start = min(mark.text_start, end)
    mark, end = (mark, end) if mark else _trailing_sign(draft, start, end)
    annotation = read_annotation(text[start:end], start)
    fields = annotation.fields if all(field.label for field in annotation.fields) else ()
    if fields:
        end = start + annotation.end
        mark, end = (mark, end) if mark else _trailing_sign(draft, start, end)
    return HeadingEnds(draft.show((start, end)), mark, fields)


def rule_of_dates(draft: Draft, block: Block, base: Scope, heading: Heading, fields: Sequence[Field]) -> Rule | None:
    """The rule that makes an entry of a heading with a date on its line, or on the lines right below it.

    Below a milestone an owner will do: it is the heading's, not the milestone's.
    """
    if heading.kind or heading.role not in (Role.NONE, Role.WORK_ITEM) or base.holder == "work_item":
        return None
    names = {field.name for field in fields if field.value} or set(_names_below(draft, block))
    wanted = {"target"} if base.milestone is None else {"target", "owner"}
    return Rule.DATED_HEADING if names & wanted else None


def as_dated(heading: Heading, block: Block, base: Scope) -> Heading:
    """A milestone, and below a milestone or deep in the document a work item."""
    if base.milestone is not None or (heading.role == Role.WORK_ITEM and block.level > DEEPEST_MILESTONE):
        return replace(heading, role=Role.WORK_ITEM)
    return replace(heading, role=Role.MILESTONE, kind=MilestoneKind.MILESTONE)


def _trailing_sign(draft: Draft, start: int, end: int) -> tuple[Mark | None, int]:
    found = TRAILING_SIGN.search(draft.source.text, start, end)
    mark = read_emoji(draft.source.text, (found.end(), end), draft.legend) if found else None
    return (mark, found.start()) if found and mark else (None, end)


def _names_below(draft: Draft, block: Block) -> Iterator[str]:
    """What the labelled values right below a heading say: an owner, a date that can be read, and so on."""
    for below in draft.blocks[block.ordinal + 1 : block.ordinal + 1 + MOST_BLOCKS]:
        if below.kind == BlockKind.BLANK:
            continue
        if below.kind not in DESCRIBING or below.end_line - below.start_line >= MOST_LINES:
            return
        start, end = draft.span(below)
        mark = read_mark(draft.source.text, (start, end), draft.legend)
        for line in draft.source.text[min(mark.text_start, end) if mark else start : end].splitlines():
            fields = read_fields(line.strip(" \t>"))
            if not fields:
                return
            yield from (field.name for field in fields if field.name != "target" or _is_date(field.value))


def _is_date(value: str) -> bool:
    return read_date(value, style=ANY_YEAR, is_whole=True).target is not None
