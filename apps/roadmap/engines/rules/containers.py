"""Milestones and work items that stand in lists instead of headings."""

import re
from dataclasses import replace

from apps.roadmap.engines.certainty import Rule
from apps.roadmap.engines.dates import read_date
from apps.roadmap.engines.draft import Draft
from apps.roadmap.engines.entries import MilestoneKind, Owner
from apps.roadmap.engines.fields import read_label
from apps.roadmap.engines.rules import sections, values
from apps.roadmap.engines.rules.lines import Line, enter, without_trailing_fields
from apps.roadmap.engines.rules.tasks import enter_task
from apps.roadmap.engines.titles import Heading, Role, read_container, read_heading, title_span

DATED_ROLES = frozenset({Role.NONE, Role.TASKS})
AFTER_DATE = re.compile(r"[*_]{0,2}[ \t]*[:—–-]{1,2}[*_]{0,2}[ \t]*(?=[^\s*_])")
LISTED_MILESTONES = frozenset({MilestoneKind.MILESTONE, MilestoneKind.PHASE})


def take_milestone(draft: Draft, line: Line) -> Owner | None:
    """ "- [x] M1: Security (owner: Backend, due: 2025-10-06)", where no heading has that code."""
    start, end = title_span(line.shown.text)
    kind, code = read_container(line.shown.text[start:end])
    if kind not in LISTED_MILESTONES or code.lower() in draft.heading_codes or line.scope.milestone is not None:
        return None
    return enter_milestone(draft, line)


def enter_milestone(draft: Draft, line: Line, rule: Rule = Rule.MILESTONE_ITEM) -> Owner:
    """The item is a milestone, and what stands below it is the milestone's."""
    shown, fields = without_trailing_fields(draft, line)
    heading = read_heading(shown.text)
    sections.add_milestone(draft, line.block, line.scope, heading, shown, line.mark, rule)
    number = len(draft.milestones) - 1
    scope = line.scope.titled(heading.title, role=Role.NONE, milestone=number, holder="milestone")
    enter(draft, line, scope)
    for found in fields:
        values.take_field(draft, scope, line.block.start_line, found)
    return Owner.MILESTONE


def take_listed_milestone(draft: Draft, line: Line) -> Owner | None:
    """Below "Milestones": "- [x] Beta (March 2026)", "- March 2026: Beta" and "- Q3: Beta"."""
    if line.scope.role != Role.MILESTONES or line.scope.milestone is not None:
        return None
    fields = without_trailing_fields(draft, line)[1]
    if any(found.name == "target" and found.value for found in fields) or read_container(line.shown.text)[0]:
        return enter_milestone(draft, line, Rule.DATED_ITEM)
    reading = read_date(line.raw, line.span[0], draft.style_at(line.scope))
    if not reading.target or reading.target.span[0] - line.span[0] > len("**"):
        return None
    gap = AFTER_DATE.match(draft.source.text, reading.target.span[1], line.span[1])
    if not gap:
        return None
    place = (gap.end(), line.span[1])
    words = replace(line, span=place, raw=draft.source.text[slice(*place)], shown=draft.show(place))
    enter_milestone(draft, words, Rule.DATED_ITEM)
    milestone = draft.milestones[-1]
    spans = {**milestone.spans, "target": reading.target.span}
    doubts = (*milestone.doubts, reading.doubt) if reading.doubt else milestone.doubts
    draft.milestones[-1] = replace(milestone, target=reading.target, spans=spans, doubts=doubts)
    return Owner.MILESTONE


def take_dated_item(draft: Draft, line: Line) -> Owner | None:
    """ "1. Launch (due March 2026)" is a milestone, and below a milestone or in a plain list a task."""
    if line.mark or line.scope.role not in DATED_ROLES or line.scope.is_inside_entry:
        return None
    # A date without a label may be that of an incident, and makes nothing of a line.
    names = {found.name for found in without_trailing_fields(draft, line)[1] if found.value and found.label}
    if line.item.number and "target" in names and line.scope.milestone is None and line.scope.work_item is None:
        return enter_milestone(draft, line, Rule.DATED_ITEM)
    return enter_task(draft, line, Rule.DATED_ITEM) if names & {"owner", "target"} else None


def take_work_item(draft: Draft, line: Line) -> Owner | None:
    """A bold item with boxes below it is a piece of work; one with a risk below it is that risk's title."""
    label = read_label(line.raw)
    if line.mark or not label:
        return None
    if line.item.ordinal in draft.items_with_risks:
        enter(draft, line, line.scope.titled(label))
        draft.item_lines[line.item.ordinal] = line.block.start_line
        return Owner.RISK
    if line.item.ordinal not in draft.items_with_marks or not line.raw.startswith(("**", "__")):
        return None
    return enter_work_item(draft, line)


def enter_work_item(draft: Draft, line: Line) -> Owner:
    """The item is a piece of work, and what stands below it is part of it."""
    label = read_label(line.raw) or line.shown.text
    start = line.shown.text.find(label)
    heading = Heading(label, max(start, 0), line.item.number, Role.WORK_ITEM)
    sections.add_work_item(draft, line.block, line.scope, heading, line.shown, line.mark, Rule.BOLD_ITEM)
    number = len(draft.work_items) - 1
    enter(draft, line, line.scope.titled(label, role=Role.NONE, work_item=number, holder="work_item"))
    return Owner.WORK_ITEM
