"""Tables: what the columns are called says what the rows are."""

from collections.abc import Callable
from dataclasses import replace

from apps.roadmap.engines.blocks import Block
from apps.roadmap.engines.certainty import Rule
from apps.roadmap.engines.dates import Target, read_target
from apps.roadmap.engines.draft import Draft, Scope
from apps.roadmap.engines.entries import (
    Countermeasure,
    Criterion,
    CriterionKind,
    Milestone,
    MilestoneKind,
    Owner,
    Risk,
    Task,
)
from apps.roadmap.engines.marks import Claim, claim_of_words, read_mark
from apps.roadmap.engines.measures import read_measures, read_placeholders
from apps.roadmap.engines.owners import split_owners
from apps.roadmap.engines.rules import values
from apps.roadmap.engines.source import Span
from apps.roadmap.engines.tables import Cell, Row, read_columns, read_rows
from apps.roadmap.engines.titles import CRITERION_KINDS, Role, read_heading, read_tier, title_span

# A table is read as the first of these it has a column for, together with one of the columns beside it.
SUBJECTS = (
    ("risk", frozenset({"impact", "likelihood", "severity", "mitigation"})),
    ("milestone", frozenset({"owner", "target", "status"})),
    ("criterion", frozenset({"target", "status", "owner"})),
    ("task", frozenset({"owner", "target", "status", "priority"})),
)


def take_table(draft: Draft, block: Block) -> bool:
    """Read each row as what the table is about."""
    scope = draft.scope_of(block)
    header = next(iter(draft.lines(block)))[2]
    columns = read_columns(header)
    subject = _subject(columns, scope)
    if not subject:
        return False
    add, owner = READERS[subject]
    for row in read_rows(draft.lines(block), columns):
        add(draft, scope, row, header)
    return draft.take(block, owner)


def _subject(columns: tuple[str, ...], scope: Scope) -> str:
    if scope.role == Role.COSTS and "amount" in columns and "cost" not in columns:
        return "amount"
    for subject, beside in SUBJECTS:
        if subject in columns and beside & set(columns):
            return subject
    return "cost" if "cost" in columns else ""


def _add_cost(draft: Draft, scope: Scope, row: Row, header: str) -> None:
    cell = row.cells.get("cost") or row.cells.get("amount")
    if not cell or not cell.text:
        return
    values.add_cost_line(draft, scope, row.line, cell.span, Rule.TABLE_ROW, context=header, kind="tier")
    line = draft.cost_lines[-1]
    label = draft.show(row.first.span).text if row.first.span != cell.span else scope.label
    draft.cost_lines[-1] = replace(line, text=f"{label}: {line.text}", spans={})


def _add_milestone(draft: Draft, scope: Scope, row: Row, header: str) -> None:
    cell = row.cells.get("milestone", row.first)
    title = _title(draft, cell)
    claim, mark, spans = _claim(draft, row)
    target = _target(row)
    heading = read_heading(title)
    spans |= {"title": cell.span} | _owner_span(row) | ({"target": target.span} if target else {})
    draft.milestones.append(
        Milestone(
            line=row.line,
            path=scope.path,
            spans=spans,
            rule=Rule.TABLE_ROW,
            kind=heading.kind or MilestoneKind.MILESTONE,
            code=heading.code,
            title=heading.title or title,
            mark=mark,
            claim=claim,
            owner_text=_text(draft, row, "owner"),
            owners=split_owners(_text(draft, row, "owner")),
            target=target,
            priority=read_tier(_text(draft, row, "priority")),
            status_line=row.line,
        )
    )


def _add_task(draft: Draft, scope: Scope, row: Row, header: str) -> None:
    claim, mark, spans = _claim(draft, row)
    target = _target(row)
    cell = row.cells.get("task", row.first)
    draft.tasks.append(
        Task(
            line=row.line,
            path=scope.path,
            spans=spans | {"text": cell.span} | _owner_span(row) | ({"target": target.span} if target else {}),
            rule=Rule.TABLE_ROW,
            text=_title(draft, cell),
            mark=mark,
            claim=claim,
            milestone=scope.milestone,
            work_item=scope.work_item,
            owner_text=_text(draft, row, "owner"),
            owners=split_owners(_text(draft, row, "owner")),
            target=target,
        )
    )


def _add_criterion(draft: Draft, scope: Scope, row: Row, header: str) -> None:
    claim, mark, spans = _claim(draft, row)
    cell = row.cells.get("criterion", row.first)
    threshold = _text(draft, row, "target")
    text = _title(draft, cell)
    draft.criteria.append(
        Criterion(
            line=row.line,
            path=scope.path,
            spans=spans if threshold else spans | {"text": cell.span},
            rule=Rule.TABLE_ROW,
            kind=CRITERION_KINDS.get(scope.role, CriterionKind.SUCCESS_CRITERION),
            text=f"{text}: {threshold}" if threshold else text,
            mark=mark,
            claim=claim,
            milestone=scope.milestone,
            work_item=scope.work_item,
            measures=read_measures(f"{text} {threshold}"),
            placeholders=read_placeholders(threshold or text),
        )
    )


def _add_risk(draft: Draft, scope: Scope, row: Row, header: str) -> None:
    cell = row.cells.get("risk", row.first)
    mitigation = row.cells.get("mitigation")
    draft.risks.append(
        Risk(
            line=row.line,
            path=scope.path,
            spans={"risk": cell.span},
            rule=Rule.TABLE_ROW,
            title=_title(draft, cell),
            risk=_title(draft, cell),
            impact=_text(draft, row, "impact"),
            likelihood=_text(draft, row, "likelihood"),
            severity=_text(draft, row, "severity"),
            owner_text=_text(draft, row, "owner"),
            milestone=scope.milestone,
            work_item=scope.work_item,
            countermeasures=_countermeasures(draft, row, mitigation, scope.path),
            risk_line=row.line,
        )
    )


def _countermeasures(draft: Draft, row: Row, cell: Cell | None, path: tuple[str, ...]) -> tuple[Countermeasure, ...]:
    if not cell or not cell.text:
        return ()
    text = draft.show(cell.span).text
    return (Countermeasure(line=row.line, path=path, spans={"text": cell.span}, text=text),)


def _title(draft: Draft, cell: Cell) -> str:
    text = draft.show(cell.span).text
    return text[slice(*title_span(text))]


def _text(draft: Draft, row: Row, column: str) -> str:
    cell = row.cells.get(column)
    return draft.show(cell.span).text if cell else ""


def _owner_span(row: Row) -> dict[str, Span]:
    return {"owner": row.cells["owner"].span} if "owner" in row.cells else {}


def _target(row: Row) -> Target | None:
    cell = row.cells.get("target")
    return read_target(cell.text, cell.span[0]) if cell else None


def _claim(draft: Draft, row: Row) -> tuple[Claim, str, dict[str, Span]]:
    """What the status cell says: a box, or words."""
    cell = row.cells.get("status")
    if not cell:
        return Claim.TODO, "", {}
    mark = read_mark(draft.source.text, cell.span, draft.legend)
    if mark:
        return mark.claim, mark.raw, {"mark": mark.span}
    words = draft.show(cell.span).text
    return claim_of_words(words) or Claim.UNKNOWN if words else Claim.TODO, "", {"status": cell.span}


READERS: dict[str, tuple[Callable[[Draft, Scope, Row, str], None], Owner]] = {
    "risk": (_add_risk, Owner.RISK),
    "milestone": (_add_milestone, Owner.MILESTONE),
    "criterion": (_add_criterion, Owner.CRITERION),
    "task": (_add_task, Owner.TASK),
    "cost": (_add_cost, Owner.COST_LINE),
    "amount": (_add_cost, Owner.COST_LINE),
}
