"""Risks that were added here, as those are written that the document has."""

from collections.abc import Iterator, Sequence
from typing import Any

from apps.roadmap.engines import additions
from apps.roadmap.engines.blocks import BlockKind
from apps.roadmap.engines.entries import ParsedDocument
from apps.roadmap.engines.source import Source
from apps.roadmap.models import Mitigation, Risk
from apps.roadmap.services.new_lines import Line, in_columns, lines_below, name_span, values_to_say, written_like
from apps.roadmap.services.row_values import Row
from apps.roadmap.services.wishes import Addition, Wish, words_of

LABELS = {"impact": "Impact", "likelihood": "Likelihood", "severity": "Severity", "owners": "Owner"}
HEADERS = {Mitigation.Kind.MITIGATION.value: "Mitigation:", Mitigation.Kind.CONTROL.value: "Controls:"}


def wish_for_risk(row: Risk, rows: Sequence[Row], parsed: ParsedDocument, *, is_first: bool) -> Wish:
    """A place below the last risk, or below a heading at the end of a document that has none."""
    names = values_to_say(row)
    risks = [each for each in rows if isinstance(each, Risk) and each.line and name_span(each, parsed.source)]
    model = max(risks, key=lambda each: each.line or 0, default=None)
    candidates = _below(row, model, names, parsed) if model else _at_the_end(row, names, parsed, is_first=is_first)
    return Wish(row, names, tuple(candidates))


def _below(row: Risk, model: Any, names: tuple[str, ...], parsed: ParsedDocument) -> Iterator[Addition]:
    source, line = parsed.source, model.line
    last = additions.last_line_of(parsed, line)
    first = written_like(row, model, names, parsed)
    if additions.is_table_row(source, line):
        for said in _in_columns(row, model, names, source):
            yield lines_below(source, last, [Line(written_like(row, model, said, parsed), row, said)])
        return
    indent = additions.indent_of(first)
    gap = [Line("")] if additions.is_apart(parsed, line) else []
    for manner in sorted((_fenced, _nested), key=lambda each: (each is _fenced) != _has_fence(parsed, line, last)):
        yield lines_below(source, last, [*gap, Line(first, row, names), *manner(row, indent)])
    yield lines_below(source, last, [*gap, Line(first, row)])


def _at_the_end(row: Risk, names: tuple[str, ...], parsed: ParsedDocument, *, is_first: bool) -> Iterator[Addition]:
    heading = [Line(""), Line("## Risks")] if is_first else []
    number = 1 if is_first else 2
    lines = [*heading, Line(""), Line(f"{number}. **{words_of(row)}**", row, names), *_fenced(row, "   ")]
    yield lines_below(parsed.source, additions.last_line(parsed), lines)


def _in_columns(row: Risk, model: Any, names: tuple[str, ...], source: Source) -> list[tuple[str, ...]]:
    """What the table has columns for; its impact may be a grade, which is the severity then."""
    columns = tuple(
        name for name in in_columns(model, names, source) if name != "mitigations" or len(row.mitigations.all()) == 1
    )
    graded = (*columns, "severity") if "severity" in names and "severity" not in columns else columns
    return list(dict.fromkeys((graded, columns, ())))


def _has_fence(parsed: ParsedDocument, first: int, last: int) -> bool:
    return any(each.kind == BlockKind.FENCE and first <= each.start_line <= last for each in parsed.blocks)


def _fenced(row: Risk, indent: str) -> list[Line]:
    """Labelled lines in a fence below the title."""
    labelled = [f"Risk: {_line(row.description) or words_of(row)}", *_labelled(row)]
    measures = list(row.mitigations.all())
    if measures:
        labelled += [HEADERS[measures[0].kind], *(f"- {_line(each.text)}" for each in measures)]
    return [Line(indent + words) for words in ("```", *labelled, "```")]


def _nested(row: Risk, indent: str) -> list[Line]:
    """A list of labelled values below the title."""
    measures = [f"- {HEADERS[each.kind]} {_line(each.text)}" for each in row.mitigations.all()]
    return [Line(indent + words) for words in (*(f"- {each}" for each in _labelled(row)), *measures)]


def _labelled(row: Risk) -> list[str]:
    values = {
        "impact": _line(row.impact),
        "likelihood": row.get_likelihood_display(),
        "severity": row.get_severity_display(),
        "owners": " + ".join(team.name for team in row.owners.all()),
    }
    return [f"{LABELS[name]}: {words}" for name, words in values.items() if words]


def _line(words: str) -> str:
    return " ".join(words.split())
