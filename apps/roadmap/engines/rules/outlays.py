"""Costs and risks as items of their sections."""

from dataclasses import replace

from apps.roadmap.engines.certainty import Rule
from apps.roadmap.engines.draft import Draft
from apps.roadmap.engines.entries import Countermeasure, Owner, Risk
from apps.roadmap.engines.risks import LABELLED, read_risk_words
from apps.roadmap.engines.rules import values
from apps.roadmap.engines.rules.lines import Line, enter
from apps.roadmap.engines.titles import Role


def take_cost_line(draft: Draft, line: Line) -> Owner | None:
    """An item of a section of costs."""
    if line.scope.role != Role.COSTS or line.scope.is_inside_entry:
        return None
    values.add_cost_line(draft, line.scope, line.block.start_line, line.span, Rule.COST_SECTION)
    enter(draft, line, line.scope.titled(line.shown.text, is_inside_entry=True))
    return Owner.COST_LINE


def take_risk(draft: Draft, line: Line) -> Owner | None:
    """An item of a section of risks; the items below it are its impact and what is done against it."""
    if line.scope.role != Role.RISKS or line.mark or line.item.ordinal in draft.items_with_risks:
        return None
    if line.scope.risk is not None:
        return _take_risk_detail(draft, line, line.scope.risk)
    title, likelihood, severity = read_risk_words(line.shown.text)
    draft.risks.append(
        Risk(
            line=line.block.start_line,
            path=line.scope.path,
            spans={"risk": line.span},
            rule=Rule.RISK_SECTION,
            title=title,
            risk=line.shown.text,
            likelihood=likelihood,
            severity=severity,
            milestone=line.scope.milestone,
            work_item=line.scope.work_item,
            risk_line=line.block.start_line,
        )
    )
    enter(draft, line, line.scope.titled(title, risk=len(draft.risks) - 1))
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
    enter(draft, line, line.scope)
    return Owner.RISK
