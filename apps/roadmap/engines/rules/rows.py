"""Rows of tables: each becomes what its table is about, with the values of its columns."""

import re
from dataclasses import dataclass, field, replace
from typing import Any

from apps.common.wording import shortened
from apps.roadmap.engines.certainty import Rule
from apps.roadmap.engines.dates import Reading, read_date
from apps.roadmap.engines.draft import Draft, Scope
from apps.roadmap.engines.entries import Countermeasure, Criterion, CriterionKind, Milestone, MilestoneKind, Risk, Task
from apps.roadmap.engines.marks import Claim, claim_of_words, is_circle, read_emoji, read_mark
from apps.roadmap.engines.measures import read_measures, read_placeholders
from apps.roadmap.engines.owners import split_owners
from apps.roadmap.engines.rules import values
from apps.roadmap.engines.source import Span
from apps.roadmap.engines.tables import Cell, Row
from apps.roadmap.engines.titles import CRITERION_KINDS, read_heading, read_tier, title_span

OF_A_RISK = ("likelihood", "severity", "impact", "mitigation")
CODE = re.compile(r"[A-Z]{1,5}-?\d{1,4}(?:\.\d{1,2})?")


@dataclass(frozen=True)
class Table:
    """What the rows of a table are, in which column their names stand, and by which rule."""

    header: str
    subject: str
    name: str
    rule: Rule


@dataclass(frozen=True)
class State:
    """What a row says of how far it is, whose it is and when it is due."""

    claim: Claim = Claim.TODO
    mark: str = ""
    owner_text: str = ""
    owners: tuple[str, ...] = ()
    reading: Reading = field(default_factory=Reading)
    doubts: tuple[str, ...] = ()
    spans: dict[str, Span] | None = None

    @property
    def shared(self) -> dict[str, Any]:
        """The values that milestones and tasks have alike."""
        return {
            "claim": self.claim,
            "mark": self.mark,
            "owner_text": self.owner_text,
            "owners": self.owners,
            "target": self.reading.target,
            "doubts": self.doubts,
        }


def add_cost(draft: Draft, scope: Scope, row: Row, table: Table) -> None:
    """A cost, named by the first cell."""
    cell = row.cells.get("cost") or row.cells.get("amount")
    if not cell or not cell.text:
        return
    values.add_cost_line(draft, scope, row.line, cell.span, table.rule, context=table.header, kind="tier")
    line = draft.cost_lines[-1]
    label = draft.show(row.first.span).text if row.first.span != cell.span else scope.label
    draft.cost_lines[-1] = replace(line, text=f"{label}: {line.text}", spans={})


def add_milestone(draft: Draft, scope: Scope, row: Row, table: Table) -> None:
    """A milestone; a column of numbers may hold its code."""
    cell = row.cells.get(table.name, row.first)
    title = _title(draft, cell)
    if not title:
        return
    state, heading = _state(draft, scope, row), read_heading(title)
    number = _text(draft, row, "id")
    draft.milestones.append(
        Milestone(
            line=row.line,
            path=scope.path,
            spans={**(state.spans or {}), "title": cell.span},
            rule=table.rule,
            kind=heading.kind or MilestoneKind.MILESTONE,
            code=heading.code or (number if CODE.fullmatch(number) else ""),
            title=heading.title or title,
            priority=read_tier(_text(draft, row, "priority")),
            status_line=row.line,
            **state.shared,
        )
    )


def add_task(draft: Draft, scope: Scope, row: Row, table: Table) -> None:
    """A task, of the milestone that the row names or else the table stands under."""
    cell = row.cells.get(table.name, row.first)
    text = _title(draft, cell)
    if not text:
        return
    state = _state(draft, scope, row)
    named = _milestone(draft, _text(draft, row, "milestone"))
    draft.tasks.append(
        Task(
            line=row.line,
            path=scope.path,
            spans={**(state.spans or {}), "text": cell.span},
            rule=table.rule,
            text=text,
            milestone=scope.milestone if named is None else named,
            work_item=scope.work_item,
            **state.shared,
        )
    )


def add_criterion(draft: Draft, scope: Scope, row: Row, table: Table) -> None:
    """A criterion; a threshold in a column of its own is part of it."""
    cell = row.cells.get(table.name, row.first)
    text = _title(draft, cell)
    if not text:
        return
    state = _state(draft, scope, row)
    threshold = "" if state.reading.target or state.reading.doubt else _text(draft, row, "target")
    spans = state.spans or {}
    draft.criteria.append(
        Criterion(
            line=row.line,
            path=scope.path,
            spans=spans if threshold else spans | {"text": cell.span},
            rule=table.rule,
            doubts=state.doubts,
            kind=CRITERION_KINDS.get(scope.role, CriterionKind.SUCCESS_CRITERION),
            text=f"{text}: {threshold}" if threshold else text,
            mark=state.mark,
            claim=state.claim,
            milestone=scope.milestone,
            work_item=scope.work_item,
            measures=read_measures(f"{text} {threshold}"),
            placeholders=read_placeholders(threshold or text),
        )
    )


def add_risk(draft: Draft, scope: Scope, row: Row, table: Table) -> None:
    """A risk with how likely and how severe it is, and what is done against it."""
    cell = row.cells.get(table.name, row.first)
    if not cell.text:
        return
    places: dict[str, Span] = {name: row.cells[name].span for name in OF_A_RISK if name in row.cells}
    draft.risks.append(
        Risk(
            line=row.line,
            path=scope.path,
            spans={"risk": cell.span, **places, **_owner(row)},
            rule=table.rule,
            title=_title(draft, cell),
            risk=_title(draft, cell),
            impact=_text(draft, row, "impact"),
            likelihood=_text(draft, row, "likelihood"),
            severity=_text(draft, row, "severity"),
            owner_text=_text(draft, row, "owner"),
            milestone=scope.milestone,
            work_item=scope.work_item,
            countermeasures=_countermeasures(draft, row, row.cells.get("mitigation"), scope.path),
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


def _milestone(draft: Draft, named: str) -> int | None:
    """The milestone that a cell names by its code or title."""
    folded = named.casefold()
    for number, each in enumerate(draft.milestones):
        names = {name.casefold() for name in (each.code, each.title, f"{each.code} {each.title}")}
        if folded and folded in names:
            return number
    return None


def _state(draft: Draft, scope: Scope, row: Row) -> State:
    state = _claim(draft, row)
    spans = dict(state.spans or {})
    doubts = state.doubts
    reading = Reading()
    spans |= _owner(row)
    if "target" in row.cells:
        cell = row.cells["target"]
        reading = read_date(cell.text, cell.span[0], draft.style_at(scope), is_whole=True)
        if reading.target or not cell.text:  # an empty cell is where a date can be written
            spans["target"] = reading.target.span if reading.target else cell.span
        doubts = (*doubts, reading.doubt) if reading.doubt else doubts
    return replace(
        state,
        owner_text=_text(draft, row, "owner"),
        owners=_owners(row),
        reading=reading,
        doubts=doubts,
        spans=spans,
    )


def _owners(row: Row) -> tuple[str, ...]:
    cell = row.cells.get("owner")
    return split_owners(cell.text) if cell else ()


def _owner(row: Row) -> dict[str, Span]:
    return {"owner": row.cells["owner"].span} if "owner" in row.cells else {}


def _claim(draft: Draft, row: Row) -> State:
    """What the status cell says: a box, words, or a sign."""
    cell = row.cells.get("status")
    if not cell:
        return State()
    mark = read_mark(draft.source.text, cell.span, draft.legend)
    if mark:
        return State(mark.claim, mark.raw, spans={"mark": mark.span})
    words, spans = draft.show(cell.span).text, {"status": cell.span}
    sign = read_emoji(draft.source.text, cell.span, draft.legend)
    if sign and sign.raw in draft.legend:
        return State(sign.claim, spans=spans)
    claim = claim_of_words(words) or (Claim.UNKNOWN if words else Claim.TODO)
    return State(claim, doubts=_doubts(words, claim), spans=spans)


def _doubts(words: str, claim: Claim) -> tuple[str, ...]:
    if is_circle(words):
        return (f"“{words}” alone is read as {claim.label.lower()}; a legend would say so for certain.",)
    return (f"“{shortened(words, 60)}” is no state that is known.",) if claim == Claim.UNKNOWN else ()
