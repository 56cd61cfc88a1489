"""The gate's answer as text, JSON, JUnit XML and Markdown. Pure: an answer in, a text out."""

import json
import re
from collections.abc import Callable
from xml.etree import ElementTree

from apps.roadmap.engines.gate_answer import Finding, GateAnswer, GateLine, Outcome
from apps.roadmap.engines.gate_object import as_object
from apps.roadmap.engines.gate_signatures import RoleSignatures

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
    parts = [answer.headline, *_said_first(answer), _about(answer), ""]
    parts += [*(_text_finding(each) for each in answer.blocking_findings), *(_text_line(line) for line in lines)]
    notes = [*(each.sentence for each in answer.roles), *_short_warnings(answer)]
    return "\n".join([*parts, "", *(f"Note: {note}" for note in notes)] if notes else parts)


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
    blocking = (each.concern for each in answer.blocking_findings)
    findings = [f"- **{_escape(each.sentence)}** {_escape(each.action)}" for each in blocking]
    notes = [f"- {_escape(note)}" for note in [*(each.sentence for each in answer.roles), *answer.warnings]]
    head = [_escape(each) for each in (*_said_first(answer), _about(answer))]
    return "\n".join([f"## {_escape(answer.headline)}", "", *head, "", *table, "", *findings, *notes]).strip()


def as_junit(answer: GateAnswer) -> str:
    """One test case for each criterion, each finding that blocks and each role that has to sign."""
    counts = {outcome: sum(line.outcome is outcome for line in answer.lines) for outcome in Outcome}
    others = [*map(_finding_case, answer.blocking_findings), *map(_role_case, answer.roles)]
    suite = ElementTree.Element(
        "testsuite",
        name=f"gate {answer.subject.service} {answer.subject.environment}",
        tests=str(len(answer.lines) + len(others)),
        failures=str(counts[Outcome.BLOCKS] + sum(len(case) for case in others)),
        errors=str(counts[Outcome.UNDECIDED]),
        skipped=str(sum(_junit_element(line.outcome) == "skipped" for line in answer.lines)),
    )
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in (("decision", str(answer.decision)), ("digest", answer.digest)):
        ElementTree.SubElement(properties, "property", name=name, value=value)
    for line in answer.lines:
        _add_case(suite, line)
    suite.extend(others)
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


def _said_first(answer: GateAnswer) -> list[str]:
    """What a reader has to know before the reasons."""
    override = f"Overridden by {answer.override.person}: {answer.override.reason}" if answer.override else ""
    return [each for each in (answer.regression, override) if each]


def _short_warnings(answer: GateAnswer) -> list[str]:
    """The warnings, those of criteria without owners in one: a milestone's owner speaks for its criteria."""
    loose = [each for each in answer.findings if each.concern.is_loose_owner and not each.blocks]
    said = {each.concern.sentence for each in loose[1:] and loose}
    kept = [warning for warning in answer.warnings if warning not in said]
    return [*kept, f"{len(loose)} criteria outside milestones have no owner."] if said else kept


def _text_finding(finding: Finding) -> str:
    concern = finding.concern
    return "\n".join([f"✕ {concern.sentence}", *([f"    → {concern.action}"] if concern.action else [])])


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


def _finding_case(finding: Finding) -> ElementTree.Element:
    concern = finding.concern
    return _other_case(f"policy {concern.kind}", concern.sentence, concern.action or concern.sentence)


def _role_case(each: RoleSignatures) -> ElementTree.Element:
    return _other_case("sign-off", each.role.name, "" if each.is_signed else each.sentence)


def _other_case(group: str, name: str, problem: str) -> ElementTree.Element:
    case = ElementTree.Element("testcase", classname=group, name=_NOT_IN_XML.sub("�", name))
    if problem:
        ElementTree.SubElement(case, "failure", message=_NOT_IN_XML.sub("�", problem))
    return case
