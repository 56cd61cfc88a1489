"""What was changed here and has no place in the document yet, with the lines that could say it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from apps.roadmap.engines import additions
from apps.roadmap.engines.additions import Replacement
from apps.roadmap.engines.dates import Precision, write_target
from apps.roadmap.engines.entries import ParsedDocument
from apps.roadmap.engines.marks import Claim
from apps.roadmap.engines.places import span_at
from apps.roadmap.engines.source import Source, Span
from apps.roadmap.engines.status_words import write_status
from apps.roadmap.models import Milestone, WorkItem
from apps.roadmap.services.row_values import Row, read_row

LABELS = {
    "owners": "Owner",
    "target": "Target",
    "claim": "Status",
    "priority": "Priority",
    "objectives": "Objectives",
    "effort": "Effort",
    "impact": "Business Impact",
    "current_state": "Current State",
}
TEXT = "text"
PARENTS = ("parent", "work_item", "milestone")  # what an entry can stand under, the innermost first


@dataclass(frozen=True)
class Said:
    """A row and those of its values that an addition says.

    Of a new row also on which line, counted from the one that the addition is put in at.
    """

    row: Row
    names: tuple[str, ...]
    line: int | None = None


@dataclass(frozen=True)
class Addition:
    """Something that could be put into the document, and what the document would say by it."""

    replacements: tuple[Replacement, ...]
    says: tuple[Said, ...]


@dataclass(frozen=True)
class Wish:
    """Values of a row, or the row itself, and what could be put into the document for them: the best first."""

    row: Row
    names: tuple[str, ...]
    candidates: tuple[Addition, ...]
    below: tuple[tuple[Row, tuple[str, ...]], ...] = ()  # new rows under a new one, each with its values

    @property
    def parts(self) -> tuple[tuple[Row, tuple[str, ...]], ...]:
        """All that is wished for: each row with its values."""
        return ((self.row, self.names), *self.below)


def span_of(row: Row, name: str, source: Source) -> Span | None:
    """Where a value of the row stands in its document."""
    place = row.spans.get(name)
    return span_at(place, row.line or 1, source) if place else None


def words_of(row: Row) -> str:
    """What the line of a row says."""
    return " ".join(str(getattr(row, TEXT, "") or getattr(row, "title", "") or getattr(row, "label", "")).split())


def wish_for_values(row: Row, names: Sequence[str], rows: Iterable[Row], parsed: ParsedDocument) -> Wish:
    """The labelled values that a row's lines do not have."""
    written = {LABELS[name]: written_value(row, name) for name in names if name in LABELS}
    parts = {label: words for label, words in written.items() if words}
    if len(parts) < len(names) or row.line is None:
        return Wish(row, tuple(names), ())
    candidates = _of_titles if isinstance(row, Milestone | WorkItem) else _of_items
    says = (Said(row, tuple(names)),)
    return Wish(row, tuple(names), tuple(Addition((each,), says) for each in candidates(row, parts, rows, parsed)))


def written_value(row: Row, name: str) -> str:
    """A value as it stands behind its label; nothing where no document can say it."""
    value = read_row(row, name)
    if name == "target":
        return write_target(date.fromisoformat(value[0]), Precision(value[2])) if value else ""
    if name == "claim":
        return "" if value == Claim.UNKNOWN else write_status(Claim(value), instead_of="")
    return " + ".join(value) if isinstance(value, list) else " ".join(str(value).split())


def _of_titles(
    row: Row, parts: Mapping[str, str], rows: Iterable[Row], parsed: ParsedDocument
) -> Iterator[Replacement]:
    """Behind a value that it has, below its title as others have it, or in brackets behind its words."""
    source, line = parsed.source, row.line or 1
    placed = [span_of(row, name, source) for name in ("owner", "target")]
    for span in filter(None, reversed(placed)):
        yield additions.behind(span, "".join(f"  {label}: {words}" for label, words in parts.items()))
    is_bold = are_labels_bold(row, rows, source)
    for manner in (is_bold, not is_bold):
        yield additions.below(source, line, additions.labelled(parts, is_bold=manner))
        yield additions.below(source, line, "\n" + additions.labelled(parts, is_bold=manner) + "\n")
    yield from _of_items(row, parts, rows, parsed)


def _of_items(row: Row, parts: Mapping[str, str], rows: Iterable[Row], parsed: ParsedDocument) -> Iterator[Replacement]:
    span = span_of(row, TEXT, parsed.source) or span_of(row, "title", parsed.source)
    inside = bracketed(parts)
    for name in ("target", "owner"):
        placed = span_of(row, name, parsed.source)
        if placed:
            yield additions.behind(placed, f", {inside}")
    if span:
        yield additions.behind(span, f" ({inside})")
        end = parsed.source.line_span(parsed.source.line_at(span[1]))[1]
        yield (end, end), f" ({inside})"


def are_labels_bold(row: Row, rows: Iterable[Row], source: Source) -> bool:
    """The document writes the labels of the row's kind in bold."""
    alike = [
        span_of(each, "owner", source) or span_of(each, "target", source) for each in rows if type(each) is type(row)
    ]
    return additions.has_bold_labels(source, [span for span in alike if span])


def bracketed(parts: Mapping[str, str]) -> str:
    """Labelled values as they stand in brackets at the end of a line."""
    shorter = {{"Target": "due"}.get(label, label.lower()): words for label, words in parts.items()}
    return ", ".join(f"{label}: {words}" for label, words in shorter.items())


def parent_of(row: Any) -> Any:
    """What a row stands under."""
    return next(filter(None, (getattr(row, name, None) for name in PARENTS)), None)


def key_of(row: Any) -> tuple[str, int]:
    """Which row it is, whichever object holds it."""
    return row._meta.model_name, row.pk


def code_of(row: Any) -> str:
    """The code of a milestone, the number of a work item; nothing of others."""
    return str(getattr(row, "code", "") or getattr(row, "number", ""))
