"""List items: who says what of a milestone, what the items below mean, then the entries, tried in this order."""

from collections.abc import Callable

from apps.roadmap.engines.blocks import Block
from apps.roadmap.engines.draft import Draft
from apps.roadmap.engines.entries import Owner, Remark, Section
from apps.roadmap.engines.fields import read_label
from apps.roadmap.engines.rules import values
from apps.roadmap.engines.rules.containers import (
    take_dated_item,
    take_listed_milestone,
    take_milestone,
    take_work_item,
)
from apps.roadmap.engines.rules.criteria import take_criterion, take_labelled_criterion
from apps.roadmap.engines.rules.lines import HEADER_NAMES, Line, enter, read_line
from apps.roadmap.engines.rules.outlays import take_cost_line, take_risk
from apps.roadmap.engines.rules.tasks import take_task
from apps.roadmap.engines.titles import Role, read_role

TEXT_NAMES = HEADER_NAMES | {"objectives", "effort", "impact", "current_state", "cost", "saving"}
PLAIN_ROLES = frozenset({Role.NONE, Role.TASKS})


def take_item(draft: Draft, block: Block) -> bool:
    """Offer the item to each rule; the first that takes it owns it."""
    line = read_line(draft, block)
    if line is None:
        return False
    owner = next((owner for rule in RULES if (owner := rule(draft, line))), None)
    if owner:
        return draft.take(block, owner)
    enter(draft, line, line.scope.titled(line.shown.text))
    remark = Remark(line=block.start_line, path=line.scope.path, label=line.scope.label, text=line.shown.text)
    draft.remarks.append(remark)
    return False


def take_header(draft: Draft, line: Line) -> Owner | None:
    """ "[~] Owner: Platform/Infra  Target: 2025-09-22" says who, when and how far; it is no task."""
    if not line.fields or not line.scope.holder or line.scope.role not in PLAIN_ROLES:
        return None
    names = {found.name for found in line.fields}
    if not names <= HEADER_NAMES if line.mark else not names <= TEXT_NAMES:
        return None
    if all(not found.value for found in line.fields):
        return None
    if line.mark:
        values.take_status_mark(
            draft, line.scope, line.block.start_line, line.mark.raw, line.mark.claim, line.mark.span
        )
    owner = values.fields_owner(draft, line.scope, line.block.start_line, line.fields)
    enter(draft, line, line.scope)
    return Owner.FIELD if line.mark else owner


def take_role_label(draft: Draft, line: Line) -> Owner | None:
    """ "- Tasks" and "- Acceptance" say what the items below them are."""
    if line.mark or line.item.ordinal not in draft.items_with_items:
        return None
    label = read_label(line.raw) or line.shown.text
    role = read_role(label)
    if not role:
        return None
    enter(draft, line, line.scope.titled(label.rstrip(":").strip(), role=role))
    draft.sections.append(
        Section(line=line.block.start_line, path=line.scope.path, title=label.rstrip(":").strip(), level=0, role=role)
    )
    return Owner.SECTION


Rule = Callable[[Draft, Line], Owner | None]
RULES: tuple[Rule, ...] = (
    take_header,
    take_role_label,
    take_labelled_criterion,
    take_criterion,
    take_milestone,
    take_listed_milestone,
    take_task,
    take_work_item,
    take_cost_line,
    take_risk,
    take_dated_item,
)
