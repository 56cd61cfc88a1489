"""Labelled values go to the innermost milestone, work item or task they stand under."""

from dataclasses import replace

from apps.common.wording import shortened
from apps.roadmap.engines.blocks import Block
from apps.roadmap.engines.certainty import Rule
from apps.roadmap.engines.costs import read_amount, read_kind
from apps.roadmap.engines.dates import Reading, read_date
from apps.roadmap.engines.draft import Draft, Scope
from apps.roadmap.engines.entries import CostLine, FieldLine, Milestone, Owner, Task, WorkItem
from apps.roadmap.engines.fields import Field
from apps.roadmap.engines.marks import Claim, claim_of_words
from apps.roadmap.engines.owners import split_owners
from apps.roadmap.engines.source import Span
from apps.roadmap.engines.titles import read_tier

COST_NAMES = ("cost", "saving")

Holder = Milestone | WorkItem | Task


def take_field(draft: Draft, scope: Scope, line: int, found: Field) -> Owner | None:
    """Put a labelled value where it belongs. None: nothing here has such a value."""
    shown = draft.show(found.span)
    draft.fields.append(
        FieldLine(
            line=line,
            path=scope.path,
            spans={"value": found.span},
            label=found.label,
            name=found.name,
            value=shown.text,
        )
    )
    if found.name in COST_NAMES and found.value:
        add_cost_line(draft, scope, line, found.span, Rule.LABELLED_COST, context=found.label)
        return Owner.COST_LINE
    holder = _holder(draft, scope)
    changed = _with_value(draft, scope, holder, found, shown.text) if holder else None
    if changed is None:
        return None
    _put(draft, scope, changed)
    return Owner.FIELD


def take_status_mark(draft: Draft, scope: Scope, line: int, mark: str, claim: Claim, span: Span) -> None:
    """A box before "Owner: …" is the milestone's own."""
    holder = _holder(draft, scope)
    if holder:
        spans = {**holder.spans, "mark": span}
        changed = replace(holder, mark=mark, claim=claim, spans=spans)
        _put(draft, scope, replace(changed, status_line=line) if isinstance(changed, Milestone) else changed)


def add_cost_line(
    draft: Draft, scope: Scope, line: int, span: Span, rule: Rule, *, context: str = "", kind: str = ""
) -> None:
    """A cost from a piece of text; the context is its label or the title it stands under."""
    shown = draft.show(span)
    amount = read_amount(shown.text, context)
    draft.cost_lines.append(
        CostLine(
            line=line,
            path=scope.path,
            spans={"text": span},
            rule=rule,
            text=shown.text,
            kind=kind or read_kind(shown.text, f"{context} {scope.label}", amount),
            minimum=amount.minimum if amount else None,
            maximum=amount.maximum if amount else None,
            currency=amount.currency if amount else "",
            period=amount.period if amount else "",
            is_approximate=bool(amount and amount.is_approximate),
            work_item=scope.work_item,
        )
    )


def _holder(draft: Draft, scope: Scope) -> Holder | None:
    if scope.holder == "task" and scope.task is not None:
        return draft.tasks[scope.task]
    if scope.holder == "work_item" and scope.work_item is not None:
        return draft.work_items[scope.work_item]
    if scope.holder == "milestone" and scope.milestone is not None:
        return draft.milestones[scope.milestone]
    return None


def _put(draft: Draft, scope: Scope, holder: Holder) -> None:
    if isinstance(holder, Task):
        draft.tasks[scope.task or 0] = holder
    elif isinstance(holder, WorkItem):
        draft.work_items[scope.work_item or 0] = holder
    else:
        draft.milestones[scope.milestone or 0] = holder


def _with_value(draft: Draft, scope: Scope, holder: Holder, found: Field, value: str) -> Holder | None:
    """The holder with the value, or None when it has no such value."""
    spans = {**holder.spans, found.name: found.span}
    if found.name == "owner":
        return _with_owners(draft, holder, found, value)
    if found.name == "target":
        reading = read_date(found.value, found.span[0], draft.style_at(scope), is_whole=True)
        if reading.target and not found.label and isinstance(holder, Task):
            reading = replace(reading, doubt=f"“{found.value}” has no label; it is read as the target.")
        return _with_target(holder, reading)
    if found.name == "status":
        return None if holder.mark or not value else _with_status(holder, found, value)
    if found.name == "priority" and not isinstance(holder, Task):
        tier = read_tier(value.strip())
        return replace(holder, priority=tier, spans=spans) if tier else None
    return _with_text(replace(holder, spans=spans), found.name, value)


def _with_owners(draft: Draft, holder: Holder, found: Field, value: str) -> Holder:
    spans = {**holder.spans, "owner": found.span}
    changed = replace(holder, owner_text=value, owners=split_owners(value), spans=spans)
    if isinstance(changed, Milestone):
        return replace(changed, status_line=draft.source.line_at(found.span[0]))
    return changed


def _with_target(holder: Holder, reading: Reading) -> Holder | None:
    if not reading.target and not reading.doubt:
        return None
    doubts = (*holder.doubts, reading.doubt) if reading.doubt else holder.doubts
    if not reading.target:
        return replace(holder, doubts=doubts)
    return replace(holder, target=reading.target, spans={**holder.spans, "target": reading.target.span}, doubts=doubts)


def _with_status(holder: Holder, found: Field, value: str) -> Holder:
    claim = claim_of_words(value)
    doubts = holder.doubts if claim else (*holder.doubts, f"“{shortened(value, 60)}” is no state that is known.")
    spans = {**holder.spans, "status": found.span}
    return replace(holder, claim=claim or Claim.UNKNOWN, doubts=doubts, spans=spans)


def _with_text(holder: Holder, name: str, value: str) -> Holder | None:
    match name, holder:
        case "objectives", Milestone():
            return replace(holder, objectives=value)
        case "effort", WorkItem():
            return replace(holder, effort=value)
        case "impact", WorkItem():
            return replace(holder, impact=value)
        case "current_state", WorkItem():
            return replace(holder, current_state=value)
    return None


def fields_owner(draft: Draft, scope: Scope, line: int, fields: tuple[Field, ...]) -> Owner | None:
    """Take each of a line's values; the owner of the line is the first that was taken."""
    owners = [take_field(draft, scope, line, found) for found in fields]
    return next((owner for owner in owners if owner), None)


def belongs_to_document(scope: Scope, block: Block) -> bool:
    """Whether a labelled value is about the document as a whole."""
    return not scope.holder and not scope.path and block.item is None
