"""Risks written as labelled lines: "Risk:", "Impact:", then "Mitigation:" or "Controls:" with bullets."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from apps.roadmap.engines.source import Span

LABELLED = re.compile(
    r"^[ \t>]*(?:[-*+][ \t]+)?(?:\*\*|__)?"
    r"(?P<label>risk|threat|impact|consequence|likelihood|probability|severity|owner|mitigations?|controls?|countermeasures?)"
    r"(?:\*\*|__)?[ \t]*:(?:\*\*|__)?[ \t]*(?P<value>(?:.*\S)?)[ \t]*$",
    re.I,
)
BULLET = re.compile(r"^[ \t>]*(?:[-*+]|\d{1,9}[.)])[ \t]+(?P<value>(?:.*\S)?)[ \t]*$")
RISK_LABELS = ("risk", "threat")
IMPACT_LABELS = ("impact", "consequence")


@dataclass(frozen=True)
class Clause:
    """A piece of text with its line and place."""

    text: str
    line: int
    span: Span


@dataclass
class RiskLines:
    """One risk as its lines were read."""

    risk: Clause
    impact: Clause | None = None
    likelihood: str = ""
    severity: str = ""
    owner: str = ""
    kind: str = "mitigation"
    header_line: int | None = None
    countermeasures: list[Clause] = field(default_factory=list)


def read_risks(lines: Iterable[tuple[int, int, str]]) -> list[RiskLines]:
    """The risks of some lines, each given as number, position and text. No "Risk:" line means none."""
    risks: list[RiskLines] = []
    for number, position, line in lines:
        labelled = LABELLED.match(line)
        if labelled:
            _take_label(risks, labelled, number, position)
        elif risks and risks[-1].header_line and (bullet := BULLET.match(line)):
            risks[-1].countermeasures.append(_clause(bullet, number, position))
    return risks


def _take_label(risks: list[RiskLines], found: re.Match[str], line: int, position: int) -> None:
    label, clause = found["label"].lower(), _clause(found, line, position)
    if label in RISK_LABELS:
        risks.append(RiskLines(clause))
    elif not risks:
        return
    elif label in IMPACT_LABELS:
        risks[-1].impact = clause
    elif label in ("likelihood", "probability"):
        risks[-1].likelihood = clause.text
    elif label in ("severity", "owner"):
        setattr(risks[-1], label, clause.text)
    else:
        risks[-1].kind = "control" if label.startswith("control") else "mitigation"
        risks[-1].header_line = line
        if clause.text:
            risks[-1].countermeasures.append(clause)


def _clause(found: re.Match[str], line: int, position: int) -> Clause:
    start, end = found.span("value")
    return Clause(found["value"], line, (position + start, position + end))
