"""Paragraphs: the legend of marks, declared roles, labelled values, and labels of what follows."""

import re
from dataclasses import replace

from apps.roadmap.engines.blocks import Block
from apps.roadmap.engines.certainty import Rule
from apps.roadmap.engines.costs import read_amount
from apps.roadmap.engines.draft import Draft, Scope
from apps.roadmap.engines.entries import Owner, Section
from apps.roadmap.engines.fields import read_fields, read_label
from apps.roadmap.engines.marks import read_legend
from apps.roadmap.engines.owners import split_owners
from apps.roadmap.engines.rules import values
from apps.roadmap.engines.rules.criteria import add_criterion
from apps.roadmap.engines.titles import CRITERION_KINDS, Role, read_announcement, read_role

DECLARED_ROLES = re.compile(
    r"[ \t>*_]*(?:owners?|owner roles?|roles?|teams?)[ \t]*(?:\((?:roles?|teams?|owners?)\))?"
    r"[ \t*_]*:[ \t*_]*(?P<roles>\S.*)",
    re.I,
)
# What stands below these is no criterion, risk or cost, whatever the section is about.
ASIDE = re.compile(
    r"[*_]*(?:(?:open )?questions?|notes?|out of scope|non-goals|assumptions|references|links):[*_]*", re.I
)


def take_legend(draft: Draft, block: Block) -> bool:
    """Remember what the document's own marks mean."""
    start, end = draft.span(block)
    legend = read_legend(draft.source.text[start:end])
    if not legend or draft.legend_line:
        return False
    draft.legend.update(legend)
    draft.legend_line = block.start_line
    return draft.take(block, Owner.LEGEND)


def take_paragraph(draft: Draft, block: Block) -> bool:
    """Take a paragraph line by line; it belongs to the first rule that took a line of it."""
    draft.close_label(block)
    scope = draft.scope_of(block)
    owners = [_take_line(draft, block, scope, *line) for line in draft.lines(block)]
    owner = next((owner for owner in owners if owner), None)
    return draft.take(block, owner) if owner else False


def _take_line(draft: Draft, block: Block, scope: Scope, number: int, position: int, line: str) -> Owner | None:
    words = line.strip(" \t")
    start = position + len(line) - len(line.lstrip(" \t"))
    if _declare_roles(draft, scope, number, words):
        return Owner.FIELD
    if ASIDE.fullmatch(words):
        draft.open_label(block, scope.titled(words.strip("*_:"), role=Role.NONE))
        return None
    label = read_label(words) or read_announcement(words)
    if label:
        return _open_label(draft, block, scope, number, label)
    owner = _take_values(draft, block, scope, number, start, words)
    if owner:
        return owner
    if scope.role == Role.COSTS and read_amount(words):
        values.add_cost_line(draft, scope, number, (start, start + len(words)), Rule.COST_SECTION)
        return Owner.COST_LINE
    return None


def _declare_roles(draft: Draft, scope: Scope, number: int, words: str) -> bool:
    found = DECLARED_ROLES.fullmatch(words)
    if not found or scope.holder or draft.declared_roles:
        return False
    draft.declared_roles = split_owners(found["roles"])
    draft.declared_roles_line = number
    return True


def _open_label(draft: Draft, block: Block, scope: Scope, number: int, label: str) -> Owner | None:
    role = read_role(label)
    draft.open_label(block, scope.titled(label, role=role or scope.role))
    if not role:
        return None
    draft.sections.append(Section(line=number, path=scope.path, title=label, level=0, role=role))
    return Owner.SECTION


def _take_values(draft: Draft, block: Block, scope: Scope, number: int, start: int, words: str) -> Owner | None:
    fields = read_fields(words, start)
    if not fields:
        return None
    role = read_role(fields[0].label)
    if role in CRITERION_KINDS and len(fields) == 1:
        add_criterion(draft, number, replace(scope, role=role), fields[0].span, None, Rule.LABELLED_CRITERION)
        return Owner.CRITERION
    if scope.role == Role.COSTS and read_amount(words):
        values.add_cost_line(draft, scope, number, (start, start + len(words)), Rule.COST_SECTION)
        return Owner.COST_LINE
    owner = values.fields_owner(draft, scope, number, fields)
    known = any(found.name for found in fields)
    return owner or (Owner.FIELD if known and values.belongs_to_document(scope, block) else None)
