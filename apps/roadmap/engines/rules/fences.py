"""Risks written as labelled lines, in a fence or a paragraph. Every other fence is opaque."""

from apps.roadmap.engines.blocks import Block
from apps.roadmap.engines.certainty import Rule
from apps.roadmap.engines.draft import Draft
from apps.roadmap.engines.entries import Countermeasure, Owner, Risk
from apps.roadmap.engines.risks import Clause, RiskLines, read_risks
from apps.roadmap.engines.source import Span


def take_risks(draft: Draft, block: Block) -> bool:
    """Each "Risk:" line of the block is a risk, titled by the item or section it stands in."""
    if block.ordinal not in draft.risk_blocks:
        return False
    for lines in read_risks(draft.lines(block)):
        draft.risks.append(_risk(draft, block, lines))
    return draft.take(block, Owner.RISK)


def _risk(draft: Draft, block: Block, lines: RiskLines) -> Risk:
    scope = draft.scope_of(block)
    title_line = _title_line(draft, block)
    spans: dict[str, Span] = {"risk": lines.risk.span}
    if lines.impact:
        spans["impact"] = lines.impact.span
    return Risk(
        line=title_line or lines.risk.line,
        path=scope.path,
        spans=spans,
        rule=Rule.LABELLED_RISK,
        title=scope.label if title_line else draft.show(lines.risk.span).text,
        risk=draft.show(lines.risk.span).text,
        impact=draft.show(lines.impact.span).text if lines.impact else "",
        likelihood=lines.likelihood,
        severity=lines.severity,
        owner_text=lines.owner,
        milestone=scope.milestone,
        work_item=scope.work_item,
        countermeasure_kind=lines.kind,
        countermeasures=tuple(_countermeasure(draft, scope.path, clause) for clause in lines.countermeasures),
        risk_line=lines.risk.line,
        impact_line=lines.impact.line if lines.impact else None,
        header_line=lines.header_line,
    )


def _countermeasure(draft: Draft, path: tuple[str, ...], clause: Clause) -> Countermeasure:
    return Countermeasure(line=clause.line, path=path, spans={"text": clause.span}, text=draft.show(clause.span).text)


def _title_line(draft: Draft, block: Block) -> int | None:
    """The line of the list item that names the risk."""
    return draft.item_lines.get(block.item.ordinal) if block.item else None
