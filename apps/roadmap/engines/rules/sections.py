"""Headings open sections; what they announce decides what stands below them."""

import re
from dataclasses import replace

from apps.roadmap.engines.blocks import Block
from apps.roadmap.engines.certainty import Rule
from apps.roadmap.engines.corrections import Becomes
from apps.roadmap.engines.dates import Reading, read_date
from apps.roadmap.engines.display import Shown
from apps.roadmap.engines.draft import Draft, Scope
from apps.roadmap.engines.entries import Milestone, MilestoneKind, Owner, Section, WorkItem
from apps.roadmap.engines.marks import Claim, Mark, read_mark
from apps.roadmap.engines.rules import values
from apps.roadmap.engines.rules.heading_ends import HeadingEnds, as_dated, read_ends, rule_of_dates
from apps.roadmap.engines.source import Span
from apps.roadmap.engines.titles import Heading, Role, read_heading, title_span

HASHES = re.compile(r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*#{1,6}(?:[ \t]+|$)")
CLOSING_HASHES = re.compile(r"(?<![ \t])[ \t]+#+$")
TRAILING_MARK = re.compile(r"(?<![ \t])[ \t]+(?=\[[^\]\[\w]\]$|\[[xX]\]$|\[n/a\]$)")
SECTION_ROLES = frozenset({Role.RISKS, Role.COSTS})


def take_heading(draft: Draft, block: Block) -> bool:
    """Open the section a heading begins."""
    draft.close_label(block)
    mark, shown = read_heading_line(draft, block)
    if block.item:  # a heading inside a list is a label there
        draft.open_label(block, draft.scope_of(block).titled(shown.text))
        return False
    correction = draft.corrected.get(block.start_line)
    if block.level == 1 and not draft.title and not correction and not _is_one_of_many(draft, shown):
        return _open_document(draft, block, shown)
    _close_sections(draft, block.level)
    base = draft.open_sections[-1]
    ends = read_ends(draft, shown, mark)
    heading = read_heading(ends.shown.text)
    if heading.role == Role.WORK_ITEM and base.role in SECTION_ROLES:
        heading = replace(heading, role=Role.NONE)
    rule = None if correction else rule_of_dates(draft, block, base, heading, ends.fields)
    if rule:
        heading = as_dated(heading, block, base)
    if correction:
        heading = _as_corrected(heading, correction.becomes)
    is_entry = heading.kind or heading.role == Role.WORK_ITEM
    if not is_entry:
        heading = heading if correction else read_heading(shown.text)
    scope, owner = _enter(draft, block, base, heading, ends if is_entry else HeadingEnds(shown, mark), rule)
    draft.open_sections.append(replace(scope, level=block.level))
    for field in ends.fields if is_entry else ():
        values.take_field(draft, scope, block.start_line, field)
    draft.sections.append(
        Section(
            line=block.start_line,
            path=base.path,
            title=heading.title,
            level=block.level,
            role=heading.role,
            tier=heading.tier,
        )
    )
    return draft.take(block, owner)


def _as_corrected(heading: Heading, becomes: Becomes) -> Heading:
    """What a person said the heading is; any other heading than a milestone's or a work item's only groups."""
    kind = (heading.kind or MilestoneKind.MILESTONE) if becomes == Becomes.MILESTONE else None
    role = Role.WORK_ITEM if becomes == Becomes.WORK_ITEM else Role.NONE
    return replace(heading, kind=kind, role=role)


def read_heading_line(draft: Draft, block: Block) -> tuple[Mark | None, Shown]:
    """A heading's mark, where it has one, and its words."""
    start, end = heading_span(draft, block)
    text = draft.source.text
    mark = read_mark(text, (start, end), draft.legend)
    if mark:
        return mark, draft.show((min(mark.text_start, end), end))
    trailing = TRAILING_MARK.search(text, start, end) if text[end - 1 : end] == "]" else None
    if trailing:
        mark = read_mark(text, (trailing.end(), end), draft.legend)
        return mark, draft.show((start, trailing.start()))
    return None, draft.show((start, end))


def heading_span(draft: Draft, block: Block) -> Span:
    """The words of a heading, without hashes or underline."""
    text = draft.source.text
    start, end = draft.source.line_span(block.start_line)
    hashes = HASHES.match(text, start, end)
    if not hashes:
        last = block.end_line - 1 if block.end_line > block.start_line else block.end_line
        end = draft.source.line_span(last)[1]
        return _trimmed(text, start, end)
    start, end = _trimmed(text, hashes.end(), end)
    closing = CLOSING_HASHES.search(text, start, end)
    return _trimmed(text, start, closing.start()) if closing else (start, end)


def _trimmed(text: str, start: int, end: int) -> Span:
    while start < end and text[start] in " \t>":
        start += 1
    while end > start and text[end - 1] in " \t":
        end -= 1
    return start, end


def _is_one_of_many(draft: Draft, shown: Shown) -> bool:
    """Whether the document has a milestone for each of its highest headings, and no title."""
    return draft.has_many_titles and read_heading(shown.text).kind is not None


def _open_document(draft: Draft, block: Block, shown: Shown) -> bool:
    start, end = title_span(shown.text)
    draft.title = shown.text[start:end]
    return draft.take(block, Owner.SECTION)


def _close_sections(draft: Draft, level: int) -> None:
    while len(draft.open_sections) > 1 and draft.open_sections[-1].level >= level:
        draft.open_sections.pop()


def _enter(
    draft: Draft, block: Block, base: Scope, heading: Heading, ends: HeadingEnds, rule: Rule | None
) -> tuple[Scope, Owner]:
    """The scope a heading opens, and what the heading itself is."""
    if heading.kind:
        add_milestone(draft, block, base, heading, ends.shown, ends.mark, rule or Rule.MILESTONE_HEADING)
        number = len(draft.milestones) - 1
        return base.titled(heading.title, role=Role.NONE, milestone=number, holder="milestone"), Owner.MILESTONE
    if heading.role == Role.WORK_ITEM:
        add_work_item(draft, block, base, heading, ends.shown, ends.mark, rule or Rule.NUMBERED_HEADING)
        number = len(draft.work_items) - 1
        return base.titled(heading.title, role=Role.NONE, work_item=number, holder="work_item"), Owner.WORK_ITEM
    if heading.role == Role.TIER:
        return base.titled(heading.title, tier=heading.tier), Owner.SECTION
    if heading.role:
        return base.titled(heading.title, role=heading.role), Owner.SECTION
    return base.titled(heading.title), Owner.PROSE


def add_milestone(
    draft: Draft, block: Block, base: Scope, heading: Heading, shown: Shown, mark: Mark | None, rule: Rule
) -> None:
    """A milestone, phase or period named by a heading or a list item."""
    reading = _date_of_title(draft, base, heading, shown)
    target = reading.target
    spans = {"title": _title_place(heading, shown)}
    if target:
        spans["target"] = target.span
    if mark:
        spans["mark"] = mark.span
    draft.milestones.append(
        Milestone(
            line=block.start_line,
            path=base.path,
            spans=spans,
            rule=rule,
            doubts=(reading.doubt,) if reading.doubt else (),
            kind=heading.kind or MilestoneKind.MILESTONE,
            code=heading.code,
            title=heading.title,
            target=target,
            priority=heading.tier,
            mark=mark.raw if mark else "",
            claim=mark.claim if mark else Claim.TODO,
        )
    )


def add_work_item(
    draft: Draft, block: Block, base: Scope, heading: Heading, shown: Shown, mark: Mark | None, rule: Rule
) -> None:
    """A numbered heading, or a bold list item with tasks below it."""
    spans = {"title": _title_place(heading, shown)}
    if mark:
        spans["mark"] = mark.span
    draft.work_items.append(
        WorkItem(
            line=block.start_line,
            path=base.path,
            spans=spans,
            rule=rule,
            title=heading.title,
            number=heading.number,
            milestone=base.milestone,
            priority=heading.tier or base.tier,
            mark=mark.raw if mark else "",
            claim=mark.claim if mark else Claim.UNKNOWN,
        )
    )


def _date_of_title(draft: Draft, base: Scope, heading: Heading, shown: Shown) -> Reading:
    """The date in a milestone's title; a code such as "Q3" is one where a heading tells the year."""
    start, end = shown.span
    style = draft.style_at(base)
    reading = read_date(draft.source.text[start:end], start, style)
    if reading.target or reading.doubt or not heading.code or heading.kind != MilestoneKind.PERIOD:
        return reading
    place = draft.source.text.find(heading.code, start, end)
    return read_date(heading.code, place, style) if place >= 0 else reading


def _title_place(heading: Heading, shown: Shown) -> Span:
    first, last = heading.title_start, heading.title_start + len(heading.title)
    if first == last:
        return shown.span[1], shown.span[1]
    return shown.spans[first][0], shown.spans[last - 1][1]
