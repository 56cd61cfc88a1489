"""Lines for what was added here: what each of them says, and how a row is written in the manner of another one."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.roadmap.engines import additions
from apps.roadmap.engines.entries import ParsedDocument
from apps.roadmap.engines.marks import Claim, mark_for, status_like
from apps.roadmap.engines.owners import write_owners
from apps.roadmap.engines.source import Source, Span
from apps.roadmap.services.document_values import NAMING_FIELDS
from apps.roadmap.services.row_values import Row, read_row
from apps.roadmap.services.wishes import LABELS, Addition, Said, bracketed, key_of, span_of, words_of, written_value

# What a document can say of a new row, besides the words that it is known by.
VALUES = {
    "milestone": ("code", "kind", "claim", "owners", "target", "priority", "objectives"),
    "workitem": ("number", "claim", "owners", "target", "priority", "effort", "impact", "current_state"),
    "task": ("claim", "owners", "target"),
    "criterion": ("kind", "claim"),
    "risk": ("description", "impact", "severity", "likelihood", "owners", "mitigations"),
    "costline": ("kind", "amount_minimum", "amount_maximum", "currency", "period"),
}
IMPLIED = ("code", "number", "kind", "claim", "description", "impact", "severity")  # what a line says anyway
# The cells of a table's row that its other values stand in, by the name of their place.
IN_CELLS = {
    "owners": "owner",
    "target": "target",
    "priority": "priority",
    "likelihood": "likelihood",
    "severity": "severity",
    "impact": "impact",
    "mitigations": "mitigation",
}
STRONG = re.compile(r"\*\*|__")
LAST_NUMBER = re.compile(r"\d+(?!.*\d)")
Below = Mapping[tuple[str, int], Sequence[Any]]  # the new rows under each row
LAST_LETTER = re.compile(r"(?<=\s)[A-Y]$")


@dataclass(frozen=True)
class Line:
    """A line to put in, and the new row that it is."""

    words: str
    row: Row | None = None
    names: tuple[str, ...] = ()


def lines_below(source: Source, line: int, lines: Sequence[Line]) -> Addition:
    """Put lines in below a line of the document."""
    says = [Said(each.row, each.names, at) for at, each in enumerate(lines, start=1) if each.row]
    return Addition((additions.below(source, line, "\n".join(each.words for each in lines)),), tuple(says))


def values_to_say(row: Row) -> tuple[str, ...]:
    """The values of a new row that a document should say."""
    values = {name: read_row(row, name) for name in VALUES[row._meta.model_name or ""]}
    return tuple(name for name, value in values.items() if is_said(value))


def says_more(row: Row, values: Mapping[str, Any]) -> bool:
    """A document would give the new row a value that it does not have, such as the priority of its neighbour's sign."""
    names = [name for name in VALUES[row._meta.model_name or ""] if name not in IMPLIED]
    return any(is_said(values.get(name)) and not is_said(read_row(row, name)) for name in names)


def is_said(value: Any) -> bool:
    """The value is one that a document can say or leave out."""
    return bool(value) and value != Claim.UNKNOWN


def labelled_values(row: Row, names: Sequence[str]) -> dict[str, str]:
    """Those of the values that can stand behind a label, by it."""
    parts = {LABELS[name]: written_value(row, name) for name in names if name in LABELS}
    return {label: words for label, words in parts.items() if words}


def boxed(row: Any, names: Sequence[str], parsed: ParsedDocument) -> str:
    """The words of an item: its box where it is claimed, what it says, and its values in brackets."""
    box = f"[{mark_for(Claim(row.claim), legend=parsed.legend)}] " if hasattr(row, "claim") else ""
    return f"{box}{words_of(row)}{in_brackets(row, names)}"


def listed(row: Any, below: Below, indent: str, parsed: ParsedDocument) -> Iterator[Line]:
    """An item with its steps, and theirs."""
    names = values_to_say(row)
    yield Line(f"{indent}- {boxed(row, names, parsed)}", row, names)
    yield from steps_of(row, below, indent + "  ", parsed)


def steps_of(row: Any, below: Below, indent: str, parsed: ParsedDocument) -> list[Line]:
    """The new steps of a task, and theirs."""
    return [line for step in below.get(key_of(row), ()) for line in listed(step, below, indent, parsed)]


def all_below(row: Row, below: Below) -> Iterator[tuple[Row, tuple[str, ...]]]:
    """Whatever new rows stand under a new one, each with the values that a document should say."""
    for each in below.get(key_of(row), ()):
        yield each, values_to_say(each)
        yield from all_below(each, below)


def in_brackets(row: Row, names: Sequence[str]) -> str:
    """The values but the claim, as they stand at the end of an item."""
    parts = labelled_values(row, [name for name in names if name != "claim"])
    return f" ({bracketed(parts)})" if parts else ""


def written_like(row: Row, model: Row, names: Sequence[str], parsed: ParsedDocument, code: str = "") -> str:
    """The line of a row, written as that of another one: its marker, box or heading, or each value in its column."""
    source, line = parsed.source, model.line or 1
    changes = _named_like(row, model, source, code) | claimed_like(row, model, parsed)
    if not additions.is_table_row(source, line):
        return additions.line_like(source, line, changes)
    cells = {name: span_of(model, place, source) for name, place in IN_CELLS.items()}
    values = {span: _in_cell(row, name, names, source.text[slice(*span)]) for name, span in cells.items() if span}
    return additions.line_like(source, line, {span: words for span, words in values.items() if words} | changes)


def in_columns(model: Row, names: Sequence[str], source: Source) -> tuple[str, ...]:
    """Those of the values that a row of the model's table has cells for, and those that need none."""
    without = ("code", "number", "kind", "claim")
    return tuple(name for name in names if name in without or span_of(model, IN_CELLS.get(name, ""), source))


def name_span(row: Row, source: Source) -> Span | None:
    """Where the words stand, on its line, that a row is known by."""
    start, end = source.line_span(row.line or 1)
    field = NAMING_FIELDS[row._meta.model_name or ""]
    spans = [span_of(row, name, source) for name in (field, "risk")]
    here = next((span for span in spans if span and start <= span[0] <= end), None)
    known = str(row.imported.get(field, ""))
    at = source.text.find(known, start, end) if known else -1
    return here or ((at, at + len(known)) if at >= 0 else None)


def code_after(written: str, taken: Collection[str]) -> str:
    """The next code or number that is free, such as M3 after M2 or Phase C after Phase B; nothing after others."""
    later = (_later(written, steps) for steps in range(1, len(taken) + 2))
    return next((code for code in later if code not in taken and code != written), "")


def _later(code: str, steps: int) -> str:
    code = LAST_NUMBER.sub(lambda found: str(int(found[0]) + steps), code)
    return LAST_LETTER.sub(lambda found: chr(ord(found[0]) + steps), code)


def _named_like(row: Row, model: Row, source: Source, code: str) -> dict[Span, str]:
    span = name_span(model, source)
    if not span:
        return {}
    start = source.line_span(model.line or 1)[0]
    known = str(model.imported.get(NAMING_FIELDS[model._meta.model_name or ""], ""))
    known_code = str(model.imported.get("code") or model.imported.get("number") or "")
    words = _words_like(source.text[slice(*span)], known, known_code, words_of(row))
    at = source.text.find(known_code, start, span[1]) if known_code else -1
    if span[0] <= at < span[1]:
        return {span: words.replace(known_code, code, 1)}
    return {span: words} | ({(at, at + len(known_code)): code} if at >= 0 else {})


def _words_like(written: str, known: str, code: str, words: str) -> str:
    """Other words with the marks around those that are known; what else was said about these is left away."""
    if not known or known not in written:
        return words
    before, after = written.split(known, 1)
    if re.search(r"\w", before.replace(code, "", 1) if code else before):
        return words
    if re.search(r"\w", after):
        marks = STRONG.match(after)
        after = marks.group() if marks else ""
    return f"{before}{words}{after}"


def claimed_like(row: Any, model: Row, parsed: ParsedDocument) -> dict[Span, str]:
    """The sign, box or words of its claim, at the places where the line of the other one has its own."""
    source, claim = parsed.source, Claim(getattr(row, "claim", Claim.TODO))
    start, end = source.line_span(model.line or 1)
    spans = {name: span_of(model, name, source) for name in ("mark", "status")}
    here = {name: span for name, span in spans.items() if span and start <= span[0] < span[1] <= end}
    changes = {}
    if "mark" in here:
        changes[here["mark"]] = mark_for(claim, instead_of=source.text[slice(*here["mark"])], legend=parsed.legend)
    if "status" in here and claim != Claim.UNKNOWN:
        changes[here["status"]] = status_like(claim, instead_of=source.text[slice(*here["status"])])
    return changes


def _in_cell(row: Any, name: str, names: Collection[str], written: str) -> str:
    """A value that the row says; nothing else stands in the cells of others."""
    if name == "impact" and name not in names and "severity" in names:
        return str(row.get_severity_display())
    if name not in names:
        return ""
    if name == "owners":
        return write_owners(read_row(row, name), instead_of=written)
    if name == "mitigations":
        return " ".join(row.mitigations.all()[0].text.split())
    if name in ("likelihood", "severity"):
        return str(row._get_FIELD_display(row._meta.get_field(name)))
    return written_value(row, name)
