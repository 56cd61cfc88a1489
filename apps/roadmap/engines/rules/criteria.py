"""Criteria: items and lines of a section that says so, and lines that say so themselves."""

from dataclasses import replace

from apps.roadmap.engines.certainty import Rule
from apps.roadmap.engines.draft import Draft, Scope
from apps.roadmap.engines.entries import Criterion, Owner
from apps.roadmap.engines.marks import Claim, Mark, read_mark
from apps.roadmap.engines.measures import read_measures, read_placeholders
from apps.roadmap.engines.rules.lines import Line, enter
from apps.roadmap.engines.source import Span
from apps.roadmap.engines.titles import CRITERION_KINDS, read_role, title_span


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
    scope = replace(line.scope, role=role)
    add_criterion(draft, line.block.start_line, scope, place, line.mark, Rule.LABELLED_CRITERION)
    enter(draft, line, line.scope)
    return Owner.CRITERION


def take_criterion(draft: Draft, line: Line) -> Owner | None:
    """An item of a section of criteria; below another criterion only with a box of its own."""
    if line.scope.role not in CRITERION_KINDS or (line.scope.is_inside_entry and not line.mark):
        return None
    add_criterion(draft, line.block.start_line, line.scope, line.span, line.mark, Rule.CRITERION_SECTION)
    enter(draft, line, line.scope.titled(line.shown.text, is_inside_entry=True))
    return Owner.CRITERION


def add_criterion(draft: Draft, line: int, scope: Scope, span: Span, mark: Mark | None, rule: Rule) -> None:
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
            rule=rule,
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
