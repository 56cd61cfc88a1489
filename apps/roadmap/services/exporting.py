"""Documents out: the imported text with only the changed values replaced."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Prefetch, QuerySet

from apps.roadmap.engines.dates import Precision, write_target
from apps.roadmap.engines.display import show
from apps.roadmap.engines.entries import ParsedDocument
from apps.roadmap.engines.marks import Claim, mark_for, read_emoji
from apps.roadmap.engines.owners import write_owners
from apps.roadmap.engines.parser import parse_document
from apps.roadmap.engines.patch import make_patch
from apps.roadmap.engines.places import span_at
from apps.roadmap.engines.source import Limits, Source, Span
from apps.roadmap.engines.splice import splice
from apps.roadmap.engines.status_words import write_status
from apps.roadmap.exceptions import RoadmapError
from apps.roadmap.models import (
    CostLine,
    Criterion,
    Document,
    DocumentRevision,
    Milestone,
    Mitigation,
    Risk,
    Task,
    WorkItem,
)
from apps.roadmap.services.conflicts import conflict_key, open_conflicts
from apps.roadmap.services.row_values import Row, is_same, read_row

UNLIMITED = Limits(size_bytes=2**62, blocks=2**62)  # what was once imported is exported, whatever the limits are now
SPAN_NAMES = {"description": "risk", "owners": "owner"}
Replacement = tuple[Span, str]


@dataclass(frozen=True)
class LeftOut:
    """A change that an export cannot write, and why."""

    line: int | None
    what: str
    why: str

    def __str__(self) -> str:
        return f"{f'Line {self.line}: ' if self.line else ''}{self.what}: {self.why}"


@dataclass
class ExportPlan:
    """What an export replaces, and which changes the document has no place for."""

    source: Source
    path: str = ""  # where the text was read, or else the document's name
    replacements: list[Replacement] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    @property
    def content(self) -> bytes:
        """The document's bytes as imported, with the values that were changed since."""
        return self.source.encode(splice(self.source.text, self.replacements))

    @property
    def patch(self) -> bytes:
        """The same as a unified diff against the imported text."""
        return make_patch(self.source.encode(self.source.text), self.content, self.path)


def export_document(document: Document, parsed: ParsedDocument | None = None) -> bytes:
    """The document's bytes as imported, with the values that were changed since."""
    return plan_export(document, parsed).content


def plan_export(document: Document, parsed: ParsedDocument | None = None) -> ExportPlan:
    """Compare each row with what the document says, and find the place of every difference."""
    revision = _newest_revision(document)
    parsed = parsed or parse_document(bytes(revision.raw), UNLIMITED)
    plan = ExportPlan(parsed.source, revision.source or document.name)
    in_conflict = open_conflicts(document)
    for row in _rows(document):
        for name in _changed_values(row):
            if conflict_key(row, name) in in_conflict:
                plan.left_out.append(_left_out(row, name, "it is in conflict with the document; settle that first."))
                continue
            replacement = _replace(row, name, plan.source, parsed.repairs, parsed.legend)
            if replacement:
                plan.replacements.append(replacement)
            else:
                plan.left_out.append(_left_out(row, name, "the document has no place for it."))
    return plan


def _left_out(row: Row, name: str, why: str) -> LeftOut:
    return LeftOut(row.line, f"{name.replace('_', ' ')} of “{row}”", why)


def _newest_revision(document: Document) -> DocumentRevision:
    revision = document.newest_revision
    if revision is None:
        raise RoadmapError(f"{document.name} has no imported text yet: import it first.")
    return revision


def _rows(document: Document) -> Iterator[Row]:
    """The document's rows with all that their values need, in a fixed number of queries."""
    mitigations = Prefetch("mitigations", Mitigation.objects.order_by("position", "pk"))
    querysets: tuple[QuerySet[Any], ...] = (
        Milestone.objects.prefetch_related("owners"),
        WorkItem.objects.prefetch_related("owners"),
        Task.objects.select_related("owner"),
        Criterion.objects.all(),
        Risk.objects.select_related("owner").prefetch_related(mitigations),
        CostLine.objects.all(),
    )
    for rows in querysets:
        yield from rows.filter(document=document, orphaned_at__isnull=True)


def _changed_values(row: Row) -> Iterable[str]:
    return [name for name, value in row.imported.items() if not is_same(name, read_row(row, name), value)]


def _replace(row: Row, name: str, source: Source, repairs: Any, legend: Any) -> Replacement | None:
    """The replacement that makes the document say a row's value; None where it has no place for it."""
    value = read_row(row, name)
    if name == "claim":
        return _replace_claim(row, Claim(value), source, legend)
    span = _span(row, SPAN_NAMES.get(name, name), source)
    if span is None:
        return None
    if name in ("owner", "owners"):
        names = value if name == "owners" else [value]
        return span, _in_line(write_owners(names, instead_of=source.text[slice(*span)]), source, span)
    if name == "target":
        return (span, write_target(date.fromisoformat(value[0]), Precision(value[2]))) if value else None
    if not isinstance(value, str):
        return None
    shown, known = show(source.text, span, repairs), str(row.imported[name])
    words = _in_line(value, source, span)
    # A column may hold less than the document; the rest stays as it is.
    tail = shown.text[len(known) :] if shown.text.startswith(known) else ""
    return shown.rewrite(words + tail)


def _status_words(claim: Claim, *, instead_of: str) -> str:
    """As the document writes its own: a sign, small letters or capitals."""
    if read_emoji(instead_of, (0, len(instead_of))):
        return mark_for(claim, instead_of=instead_of)
    return write_status(claim, instead_of=instead_of)


def _replace_claim(row: Row, claim: Claim, source: Source, legend: Any) -> Replacement | None:
    if claim == Claim.UNKNOWN:
        return None
    mark = _span(row, "mark", source)
    if mark and mark[0] < mark[1]:
        return mark, mark_for(claim, instead_of=source.text[slice(*mark)], legend=legend)
    words = _span(row, "status", source)
    if words:
        return words, _status_words(claim, instead_of=source.text[slice(*words)])
    return (mark, f"[{mark_for(claim, legend=legend)}] ") if mark else None


def _span(row: Row, name: str, source: Source) -> Span | None:
    place = row.spans.get(name)
    return span_at(place, row.line or 1, source) if place else None


def _in_line(words: str, source: Source, span: Span) -> str:
    """The words as they may stand there: on one line, and in a table without bare pipes."""
    words = " ".join(words.split())
    start, end = source.line_span(source.line_at(span[0]))
    is_row = source.text[start:end].lstrip(" \t>").startswith("|")
    return words.replace("\\|", "|").replace("|", "\\|") if is_row else words
