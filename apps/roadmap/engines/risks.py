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
GRADES = (
    ("critical",
     r"critical|very high|catastrophic|severe|almost certain|kritisch|sehr hoch|critique|très élevée?|crític[oa]"
     r"|muy alt[oa]|5"),
    ("high", r"high|major|likely|hoch|wahrscheinlich|élevée?|forte?|probable|alt[oa]|h|4"),
    ("medium", r"medium|moderate|possible|med|mittel|möglich|moyen(?:ne)?|modérée?|medi[oa]|moderad[oa]|m|3"),
    ("low",
     r"low|very low|minor|negligible|unlikely|rare|remote|niedrig|gering|sehr gering|unwahrscheinlich|faible|baj[oa]"
     r"|l|[12]"),
)  # fmt: skip
GRADE_PATTERNS = tuple((grade, re.compile(pattern, re.I)) for grade, pattern in GRADES)
GRADES_AT_END = re.compile(r"\((?P<grades>[^()]{3,120})\)[ \t.]*$")
GRADED = re.compile(
    r"[ \t]*(?:(?P<likelihood>likelihood|probability|probabilité|vraisemblance|wahrscheinlichkeit|probabilidad)"
    r"|(?:impact|severity|consequence|gravité|sévérité|auswirkung|schwere|impacto|gravedad))"
    r"[ \t]*[:=][ \t]*(?P<words>[^:=]{1,40})",
    re.I,
)
COLON_OUTSIDE_BRACKETS = re.compile(r":(?![^()]{0,120}\))")
AROUND_A_GRADE = re.compile(r"^\W+|\W*[(/].*$|\W+$")
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


def read_grade(text: str) -> str:
    """How likely or how severe in one of four words, such as "high" for "Hoch", "4/5" or "🔴 High"; else nothing."""
    plain = AROUND_A_GRADE.sub("", text[:100])
    return next((grade for grade, pattern in GRADE_PATTERNS if pattern.fullmatch(plain)), "")


def read_risk_words(text: str) -> tuple[str, str, str]:
    """The title of "Late supplier (probability: medium, impact: high): …", its likelihood and its severity."""
    text, likelihood, severity = _without_grades(text)
    return COLON_OUTSIDE_BRACKETS.split(text, maxsplit=1)[0].strip(), likelihood, severity


def _without_grades(text: str) -> tuple[str, str, str]:
    found = GRADES_AT_END.search(text)
    grades = [GRADED.fullmatch(piece) for piece in re.split("[,;]", found["grades"])] if found else []
    if not found or not all(grade and read_grade(grade["words"]) for grade in grades):
        return text, "", ""
    said = {bool(grade["likelihood"]): grade["words"].strip() for grade in grades if grade}
    return text[: found.start()].rstrip(), said.get(True, ""), said.get(False, "")


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
