"""The gate's answer as text, JSON, JUnit XML and Markdown. Pure: an answer in, a text out."""

import json
import re
from collections.abc import Callable
from xml.etree import ElementTree

from apps.roadmap.engines.gate import GateAnswer, GateLine, Outcome
from apps.roadmap.engines.gate_object import as_object

_MARKS = {
    Outcome.BLOCKS: "✕",
    Outcome.UNDECIDED: "?",
    Outcome.ADVISES: "!",
    Outcome.WAIVED: "▣",
    Outcome.PASSES: "●",
    Outcome.NOT_APPLICABLE: "–",
}
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_text(answer: GateAnswer) -> str:
    """Lines for a terminal: the answer, what stands in the way, the rest."""
    order = list(Outcome)
    lines = sorted(answer.lines, key=lambda line: order.index(line.outcome))
    parts = [answer.headline, _about(answer), "", *(_text_line(line) for line in lines)]
    parts += ["", *(f"Note: {warning}" for warning in answer.warnings)] if answer.warnings else []
    return "\n".join(parts)


def as_json(answer: GateAnswer) -> str:
    """One object."""
    return json.dumps(as_object(answer), indent=2)


def as_markdown(answer: GateAnswer) -> str:
    """A table for a pull request or a meeting's notes."""
    rows = [
        [_MARKS[line.outcome], line.criterion.milestone, line.criterion.text, line.criterion.standing.label, _why(line)]
        for line in answer.lines
    ]
    table = [_row(row) for row in [["", "Milestone", "Criterion", "Standing", "Why"], ["---"] * 5, *rows]]
    warnings = [f"- {_escape(warning)}" for warning in answer.warnings]
    return "\n".join([f"## {_escape(answer.headline)}", "", _escape(_about(answer)), "", *table, "", *warnings]).strip()


def as_junit(answer: GateAnswer) -> str:
    """One test case for each criterion, for what reads test reports."""
    counts = {outcome: str(sum(line.outcome is outcome for line in answer.lines)) for outcome in Outcome}
    suite = ElementTree.Element(
        "testsuite",
        name=f"gate {answer.subject.service} {answer.subject.environment}",
        tests=str(len(answer.lines)),
        failures=counts[Outcome.BLOCKS],
        errors=counts[Outcome.UNDECIDED],
        skipped=str(sum(_junit_element(line.outcome) == "skipped" for line in answer.lines)),
    )
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in (("decision", str(answer.decision)), ("digest", answer.digest)):
        ElementTree.SubElement(properties, "property", name=name, value=value)
    for line in answer.lines:
        _add_case(suite, line)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(suite, encoding="unicode")


FORMATS: dict[str, Callable[[GateAnswer], str]] = {
    "text": as_text,
    "json": as_json,
    "junit": as_junit,
    "markdown": as_markdown,
}


def _about(answer: GateAnswer) -> str:
    subject = answer.subject
    asked = f"milestone {subject.milestone}" if subject.milestone else "all milestones"
    return f"{subject.service} {subject.environment}, {asked}; policy {answer.policy_version}, digest {answer.digest}"


def _text_line(line: GateLine) -> str:
    criterion = line.criterion
    place = f"{criterion.milestone}: " if criterion.milestone else ""
    parts = [f"{_MARKS[line.outcome]} {criterion.standing.label}. {place}{' '.join(criterion.text.split())}"]
    parts += [f"    {criterion.reason}"] if criterion.reason else []
    parts += [f"    → {criterion.action}"] if criterion.action else []
    return "\n".join(parts)


def _why(line: GateLine) -> str:
    return f"{line.criterion.reason} {line.criterion.action}".strip()


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(_escape(cell) for cell in cells)} |"


def _escape(text: str) -> str:
    return re.sub(r"([\\|<>*_`\[\]])", r"\\\1", " ".join(text.split()))


def _junit_element(outcome: Outcome) -> str | None:
    elements = {Outcome.BLOCKS: "failure", Outcome.UNDECIDED: "error", Outcome.PASSES: None}
    return elements.get(outcome, "skipped")


def _add_case(suite: ElementTree.Element, line: GateLine) -> None:
    criterion = line.criterion
    names = {"classname": criterion.milestone or "criteria", "name": criterion.text}
    case = ElementTree.SubElement(suite, "testcase", {key: _NOT_IN_XML.sub("�", text) for key, text in names.items()})
    element = _junit_element(line.outcome)
    if element:
        message = f"{criterion.standing.label}. {_why(line)}"
        ElementTree.SubElement(case, element, message=_NOT_IN_XML.sub("�", message))
