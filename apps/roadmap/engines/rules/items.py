"""List items: tasks, criteria, milestones, work items, costs and risks, tried in this order."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from apps.roadmap.engines.blocks import Block, Item
from apps.roadmap.engines.display import Shown
from apps.roadmap.engines.draft import Draft, Scope
from apps.roadmap.engines.entries import Countermeasure, Criterion, MilestoneKind, Owner, Remark, Risk, Section, Task
from apps.roadmap.engines.fields import Field, read_fields, read_label
from apps.roadmap.engines.marks import Claim, Mark, read_inline_marks, read_mark
from apps.roadmap.engines.measures import read_measures, read_placeholders
from apps.roadmap.engines.risks import LABELLED
from apps.roadmap.engines.rules import sections, values
from apps.roadmap.engines.source import Span
from apps.roadmap.engines.titles import (
    CRITERION_KINDS,
    Heading,
    Role,
    read_container,
    read_heading,
    read_role,
    title_span,
)

HEADER_NAMES = frozenset({"owner", "target", "status", "priority"})
TEXT_NAMES = HEADER_NAMES | {"objectives", "effort", "impact", "current_state", "cost", "saving"}
PLAIN_ROLES = frozenset({Role.NONE, Role.TASKS})
LISTED_MILESTONES = frozenset({MilestoneKind.MILESTONE, MilestoneKind.PHASE})


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


def take_item(draft: Draft, block: Block) -> bool:
    """Offer the item to each rule; the first that takes it owns it."""
    line = _read(draft, block)
    if line is None:
        return False
    owner = next((owner for rule in RULES if (owner := rule(draft, line))), None)
    if owner:
        return draft.take(block, owner)
    _enter(draft, line, line.scope.titled(line.shown.text))
    remark = Remark(line=block.start_line, path=line.scope.path, label=line.scope.label, text=line.shown.text)
    draft.remarks.append(remark)
    return False


def _read(draft: Draft, block: Block) -> Line | None:
    span = draft.span(block)
    if block.item is None:
        return None
    mark = read_mark(draft.source.text, span, draft.legend)
    if mark:
        span = (min(mark.text_start, span[1]), span[1])
    raw = draft.source.text[slice(*span)]
    fields = read_fields(raw, span[0]) if "\n" not in raw and ":" in raw else ()
    return Line(block, block.item, draft.scope_of(block), mark, span, raw, draft.show(span), fields)


def _enter(draft: Draft, line: Line, scope: Scope) -> None:
    draft.item_scopes[line.item.ordinal] = scope


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
    _enter(draft, line, line.scope)
    return Owner.FIELD if line.mark else owner


def take_role_label(draft: Draft, line: Line) -> Owner | None:
    """ "- Tasks" and "- Acceptance" say what the items below them are."""
    if line.mark or line.item.ordinal not in draft.items_with_items:
        return None
    label = read_label(line.raw) or line.shown.text
    role = read_role(label)
    if not role:
        return None
    _enter(draft, line, line.scope.titled(label.rstrip(":").strip(), role=role))
    draft.sections.append(
        Section(line=line.block.start_line, path=line.scope.path, title=label.rstrip(":").strip(), level=0, role=role)
    )
    return Owner.SECTION


def take_labelled_criterion(draft: Draft, line: Line) -> Owner | None:
    """ "- Acceptance: restore drill passes" is a criterion in one line."""
    if len(line.fields) > 1 or ":" not in line.shown.text:
        return None
    label, _, _ = line.shown.text.partition(":")
    role = read_role(label)
    if role not in CRITERION_KINDS:
        return None
    start = line.shown.text.index(":") + 1
    while start < len(line.shown.text) and line.shown.text[start] == " ":
        start += 1
    if start == len(line.shown.text):
        return None
    place = (line.shown.spans[start][0], line.span[1])
    add_criterion(draft, line.block.start_line, replace(line.scope, role=role), place, line.mark)
    _enter(draft, line, line.scope)
    return Owner.CRITERION


def take_criterion(draft: Draft, line: Line) -> Owner | None:
    """An item of a section of criteria; below another criterion only with a box of its own."""
    if line.scope.role not in CRITERION_KINDS or (line.scope.is_inside_entry and not line.mark):
        return None
    add_criterion(draft, line.block.start_line, line.scope, line.span, line.mark)
    _enter(draft, line, line.scope.titled(line.shown.text, is_inside_entry=True))
    return Owner.CRITERION


def add_criterion(draft: Draft, line: int, scope: Scope, span: Span, mark: Mark | None) -> None:
    """A criterion. A check mark before the words is decoration: kept as the mark, claimed by nobody."""
    if mark is None and (mark := read_mark(draft.source.text, span, draft.legend)):
        span = (min(mark.text_start, span[1]), span[1])
    shown = draft.show(span)
    start, _ = title_span(shown.text)
    decoration = shown.text[:start].strip()
    place = (shown.spans[start - 1][1], span[1]) if decoration and start < len(shown.text) else span
    text = draft.show(place).text
    draft.criteria.append(
        Criterion(
            line=line,
            path=scope.path,
            spans={"mark": mark.span if mark else (span[0], span[0]), "text": place},
            kind=CRITERION_KINDS[scope.role],
            text=text,
            mark=mark.raw if mark else decoration,
            claim=mark.claim if mark else Claim.UNKNOWN if decoration else Claim.TODO,
            milestone=scope.milestone,
            work_item=scope.work_item,
            measures=read_measures(text),
            placeholders=read_placeholders(text),
        )
    )


def take_milestone(draft: Draft, line: Line) -> Owner | None:
    """ "- [x] M1: Security (owner: Backend, due: 2025-10-06)", where no heading has that code."""
    start, end = title_span(line.shown.text)
    kind, code = read_container(line.shown.text[start:end])
    if kind not in LISTED_MILESTONES or code.lower() in draft.heading_codes or line.scope.milestone is not None:
        return None
    shown, fields = _without_trailing_fields(draft, line)
    heading = read_heading(shown.text)
    sections.add_milestone(draft, line.block, line.scope, heading, shown, line.mark)
    number = len(draft.milestones) - 1
    scope = line.scope.titled(heading.title, role=Role.NONE, milestone=number, holder="milestone")
    _enter(draft, line, scope)
    for found in fields:
        values.take_field(draft, scope, line.block.start_line, found)
    return Owner.MILESTONE


def take_task(draft: Draft, line: Line) -> Owner | None:
    """An item with a box; also without one where a section says that its items are tasks."""
    if not line.mark and (line.scope.role != Role.TASKS or line.scope.is_inside_entry):
        return None
    main, inline = _split_inline(draft, line)
    fields: tuple[Field, ...] = ()
    if not inline:
        shown, fields = _without_trailing_fields(draft, line)
        main = shown.span
    number = _add_task(draft, line, main, line.mark, line.scope.task)
    for mark, span in inline:
        _add_task(draft, line, span, mark, number)
    scope = line.scope.titled(line.shown.text, task=number, holder="task", is_inside_entry=True)
    _enter(draft, line, scope)
    for found in fields:
        values.take_field(draft, scope, line.block.start_line, found)
    return Owner.TASK


def _add_task(draft: Draft, line: Line, span: Span, mark: Mark | None, parent: int | None) -> int:
    draft.tasks.append(
        Task(
            line=draft.source.line_at(mark.span[0] if mark else span[0]),
            path=line.scope.path,
            spans={"mark": mark.span if mark else (span[0], span[0]), "text": span},
            text=draft.show(span).text,
            mark=mark.raw if mark else "",
            claim=mark.claim if mark else Claim.TODO,
            milestone=line.scope.milestone,
            work_item=line.scope.work_item,
            parent=parent,
        )
    )
    return len(draft.tasks) - 1


def _split_inline(draft: Draft, line: Line) -> tuple[Span, list[tuple[Mark, Span]]]:
    """The task's own words, and each sub-task after a semicolon."""
    start, end = line.span
    marks = list(read_inline_marks(line.raw, draft.legend)) if ";" in line.raw else []
    if not marks:
        return line.span, []
    edges = [line.raw.rindex(";", 0, mark.span[0]) for mark in marks]
    ends = [*edges[1:], end - start]
    inline = [
        (replace(mark, span=(start + mark.span[0], start + mark.span[1])), (start + mark.text_start, start + edge))
        for mark, edge in zip(marks, ends, strict=True)
    ]
    return (start, start + edges[0]), inline


def _without_trailing_fields(draft: Draft, line: Line) -> tuple[Shown, tuple[Field, ...]]:
    """Take "(owner: X, due: D)" off the end of the words."""
    opening = line.raw.rfind("(")
    if opening <= 0 or not line.raw.endswith(")"):
        return line.shown, ()
    fields = read_fields(line.raw[opening + 1 : -1], line.span[0] + opening + 1)
    if not fields or not {found.name for found in fields} <= HEADER_NAMES:
        return line.shown, ()
    return draft.show((line.span[0], line.span[0] + len(line.raw[:opening].rstrip()))), fields


def take_work_item(draft: Draft, line: Line) -> Owner | None:
    """A bold item with boxes below it is a piece of work; one with a risk below it is that risk's title."""
    label = read_label(line.raw)
    if line.mark or not label:
        return None
    if line.item.ordinal in draft.items_with_risks:
        _enter(draft, line, line.scope.titled(label))
        draft.item_lines[line.item.ordinal] = line.block.start_line
        return Owner.RISK
    if line.item.ordinal not in draft.items_with_marks or not line.raw.startswith(("**", "__")):
        return None
    start = line.shown.text.find(label)
    heading = Heading(label, max(start, 0), line.item.number, Role.WORK_ITEM)
    sections.add_work_item(draft, line.block, line.scope, heading, line.shown, None)
    number = len(draft.work_items) - 1
    _enter(draft, line, line.scope.titled(label, role=Role.NONE, work_item=number, holder="work_item"))
    return Owner.WORK_ITEM


def take_cost_line(draft: Draft, line: Line) -> Owner | None:
    """An item of a section of costs."""
    if line.scope.role != Role.COSTS or line.scope.is_inside_entry:
        return None
    values.add_cost_line(draft, line.scope, line.block.start_line, line.span)
    _enter(draft, line, line.scope.titled(line.shown.text, is_inside_entry=True))
    return Owner.COST_LINE


def take_risk(draft: Draft, line: Line) -> Owner | None:
    """An item of a section of risks; the items below it are its impact and what is done against it."""
    if line.scope.role != Role.RISKS or line.mark or line.item.ordinal in draft.items_with_risks:
        return None
    if line.scope.risk is not None:
        return _take_risk_detail(draft, line, line.scope.risk)
    title = line.shown.text.split(":")[0] if ":" in line.shown.text else line.shown.text
    draft.risks.append(
        Risk(
            line=line.block.start_line,
            path=line.scope.path,
            spans={"risk": line.span},
            title=title.strip(),
            risk=line.shown.text,
            milestone=line.scope.milestone,
            work_item=line.scope.work_item,
            risk_line=line.block.start_line,
        )
    )
    _enter(draft, line, line.scope.titled(title, risk=len(draft.risks) - 1))
    return Owner.RISK


def _take_risk_detail(draft: Draft, line: Line, number: int) -> Owner:
    risk = draft.risks[number]
    labelled = LABELLED.match(line.shown.text)
    label = labelled["label"].lower() if labelled else "mitigation"
    value = labelled["value"] if labelled else line.shown.text
    if label in ("impact", "consequence"):
        risk = replace(risk, impact=value, impact_line=line.block.start_line)
    elif label in ("likelihood", "probability"):
        risk = replace(risk, likelihood=value)
    elif label == "severity":
        risk = replace(risk, severity=value)
    elif label == "owner":
        risk = replace(risk, owner_text=value)
    elif value:
        measure = Countermeasure(line=line.block.start_line, path=risk.path, spans={"text": line.span}, text=value)
        risk = replace(risk, countermeasures=(*risk.countermeasures, measure))
    draft.risks[number] = risk
    _enter(draft, line, line.scope)
    return Owner.RISK


Rule = Callable[[Draft, Line], Owner | None]
RULES: tuple[Rule, ...] = (
    take_header,
    take_role_label,
    take_labelled_criterion,
    take_criterion,
    take_milestone,
    take_task,
    take_work_item,
    take_cost_line,
    take_risk,
)
