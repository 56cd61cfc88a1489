"""Documents out: the imported text with only the changed values replaced."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Prefetch

from apps.roadmap.engines.additions import Replacement, in_place, padded, rewrite_items
from apps.roadmap.engines.costs import read_amount, write_amount
from apps.roadmap.engines.dates import Precision, write_target
from apps.roadmap.engines.display import show
from apps.roadmap.engines.entries import ParsedDocument
from apps.roadmap.engines.marks import Claim, mark_for, status_like
from apps.roadmap.engines.owners import write_owners
from apps.roadmap.engines.parser import parse_document
from apps.roadmap.engines.patch import make_patch
from apps.roadmap.engines.source import UNLIMITED, Source, Span
from apps.roadmap.engines.splice import splice
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
from apps.roadmap.models.entries import EntryQuerySet
from apps.roadmap.services.added import added_rows
from apps.roadmap.services.conflicts import ConflictKey, conflict_key, open_conflicts
from apps.roadmap.services.new_rows import wishes_for_added
from apps.roadmap.services.proving import prove
from apps.roadmap.services.row_values import Row, is_same, read_row
from apps.roadmap.services.wishes import LABELS, Addition, Said, Wish, key_of, span_of, wish_for_values

SPAN_NAMES = {"description": "risk", "owners": "owner"}
SPANS_OF_ONE = {"title": "risk", "description": "", "owners": "owner"}
NO_PLACE = "the document has no place for it."
NO_CODE = "the document would not be read as having it; a code, such as M1, may help."
AMOUNTS = ("amount_minimum", "amount_maximum")


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
        return self.source.encode(splice(self.source.text, in_place(self.replacements)))

    @property
    def patch(self) -> bytes:
        """The same as a unified diff against the imported text."""
        return make_patch(self.source.encode(self.source.text), self.content, self.path)


def export_document(document: Document, parsed: ParsedDocument | None = None) -> bytes:
    """The document's bytes as imported, with the values that were changed since."""
    return plan_export(document, parsed).content


def plan_export(document: Document, parsed: ParsedDocument | None = None) -> ExportPlan:
    """Compare each row with what the document says, and find the place of every difference, or make one."""
    revision = _newest_revision(document)
    corrections = document.corrections.active()  # asked for once, and only where a text is read

    def read(raw: bytes) -> ParsedDocument:
        return parse_document(raw, UNLIMITED, corrections.as_said())

    parsed = parsed or read(bytes(revision.raw))
    plan = ExportPlan(parsed.source, revision.source or document.name)
    rows, in_conflict = _rows(document), open_conflicts(document)
    wishes = [wish for row in rows for wish in _plan_row(plan, row, rows, parsed, in_conflict)]
    wishes += wishes_for_added(added_rows(document), rows, parsed)
    for wish, addition in prove(parsed, wishes, read):
        plan.replacements += addition.replacements if addition else ()
        plan.left_out += _left_out_of(wish, addition)
    return plan


def _plan_row(
    plan: ExportPlan, row: Row, rows: list[Row], parsed: ParsedDocument, in_conflict: Collection[ConflictKey]
) -> Iterator[Wish]:
    """A wish for each value that was changed: with its place, or for the labelled ones that have none, together."""
    missing, changed = [], dict[tuple[Replacement, ...], list[str]]()
    for name in _changed_values(row):
        if conflict_key(row, name) in in_conflict:
            plan.left_out.append(_left_out(row, name, "it is in conflict with the document; settle that first."))
            continue
        replacements = _replace(row, name, parsed)
        if replacements is not None:
            changed.setdefault(tuple(padded(parsed.source, each) for each in replacements), []).append(name)
        elif name in LABELS:
            missing.append(name)
        else:
            plan.left_out.append(_left_out(row, name, NO_PLACE))
    for said, names in changed.items():
        yield Wish(row, tuple(names), (Addition(said, (Said(row, tuple(names)),)),))
    if missing:
        yield wish_for_values(row, missing, rows, parsed)


def _left_out_of(wish: Wish, addition: Addition | None) -> Iterator[LeftOut]:
    """What of a wish the addition does not say."""
    said = {key_of(each.row): each.names for each in addition.says} if addition else {}
    for row, names in wish.parts:
        if row.line is None and key_of(row) not in said:
            is_nameless = isinstance(row, Milestone) and not row.code
            yield LeftOut(None, f"{row._meta.verbose_name} “{row}”, added here", NO_CODE if is_nameless else NO_PLACE)
        else:
            yield from (_left_out(row, name, NO_PLACE) for name in names if name not in said.get(key_of(row), ()))


def _left_out(row: Row, name: str, why: str) -> LeftOut:
    return LeftOut(row.line, f"{name.replace('_', ' ')} of “{row}”", why)


def _newest_revision(document: Document) -> DocumentRevision:
    revision = document.newest_revision
    if revision is None:
        raise RoadmapError(f"{document.name} has no imported text yet: import it first.")
    return revision


def _rows(document: Document) -> list[Row]:
    """The document's rows with all that their values need, in a fixed number of queries."""
    mitigations = Prefetch("mitigations", Mitigation.objects.order_by("position", "pk"))
    querysets: tuple[EntryQuerySet, ...] = (
        Milestone.objects.prefetch_related("owners"),
        WorkItem.objects.prefetch_related("owners"),
        Task.objects.prefetch_related("owners"),
        Criterion.objects.all(),
        Risk.objects.prefetch_related("owners", mitigations),
        CostLine.objects.all(),
    )
    kinds = [list(rows.filter(document=document, orphaned_at__isnull=True).in_order()) for rows in querysets]
    milestones, work_items, tasks, criteria, _, costs = kinds
    _link([*work_items, *tasks, *criteria], "milestone", milestones)
    _link([*tasks, *criteria, *costs], "work_item", work_items)
    _link(tasks, "parent", tasks)
    return [row for rows in kinds for row in rows]


def _link(rows: Iterable[Any], name: str, parents: Iterable[Row]) -> None:
    """Point rows at what they stand under, which was read already."""
    known = {parent.pk: parent for parent in parents}
    for row in rows:
        parent = known.get(getattr(row, f"{name}_id"))
        if parent:
            setattr(row, name, parent)


def _changed_values(row: Row) -> Iterable[str]:
    return [name for name, value in row.imported.items() if not is_same(name, read_row(row, name), value)]


def _replace(row: Row, name: str, parsed: ParsedDocument) -> list[Replacement] | None:
    """The replacements that make the document say a row's value; None where it has no place for it."""
    source, value = parsed.source, read_row(row, name)
    if name == "claim":
        return _one(_replace_claim(row, Claim(value), source, parsed.legend))
    if name == "mitigations":
        return _replace_mitigations(row, [text for _, text in value], parsed)
    if name in AMOUNTS:
        return _replace_amounts(row, parsed)
    span = span_of(row, _place_of(row, name), source)
    if span is None or (name == "target" and not value):
        return None
    if name == "owners":
        return [(span, _in_line(write_owners(value, instead_of=source.text[slice(*span)]), source, span))]
    if name == "target":
        return [(span, write_target(date.fromisoformat(value[0]), Precision(value[2])))]
    return _rewrite(span, value, str(row.imported[name]), parsed) if isinstance(value, str) else None


def _place_of(row: Row, name: str) -> str:
    """What the place of a value is called. A risk that stands in one cell or line is known by these words."""
    is_one = isinstance(row, Risk) and row.imported.get("title") == row.imported.get("description")
    return (SPANS_OF_ONE if is_one else SPAN_NAMES).get(name, name)


def _one(replacement: Replacement | None) -> list[Replacement] | None:
    return [replacement] if replacement else None


def _rewrite(span: Span, value: str, known: str, parsed: ParsedDocument) -> list[Replacement]:
    shown = show(parsed.source.text, span, parsed.repairs)
    words = _in_line(value, parsed.source, span)
    # A column may hold less than the document; the rest stays as it is.
    tail = shown.text[len(known) :] if shown.text.startswith(known) else ""
    replacement = shown.rewrite(words + tail)
    return [replacement] if replacement else []


def _replace_mitigations(row: Row, wanted: list[str], parsed: ParsedDocument) -> list[Replacement] | None:
    risk = next((each for each in parsed.risks if each.line == row.line), None)
    items = [(measure.spans["text"], measure.text) for measure in risk.countermeasures] if risk else []
    return rewrite_items(parsed.source, items, [" ".join(text.split()) for text in wanted])


def _replace_amounts(row: Any, parsed: ParsedDocument) -> list[Replacement] | None:
    """Other figures in the text that they stand in, once for all of them."""
    span = span_of(row, "text", parsed.source)
    if not span or row.text != row.imported.get("text") or row.amount_minimum is None:
        return None
    maximum = row.amount_minimum if row.amount_maximum is None else row.amount_maximum
    changed = write_amount(row.text, row.amount_minimum, maximum)
    amount = read_amount(changed) if changed else None
    if not changed or not amount or (amount.minimum, amount.maximum) != (row.amount_minimum, maximum):
        return None
    return _rewrite(span, changed, row.text, parsed)


def _replace_claim(row: Row, claim: Claim, source: Source, legend: Any) -> Replacement | None:
    if claim == Claim.UNKNOWN:
        return None
    mark = span_of(row, "mark", source)
    if mark and mark[0] < mark[1]:
        return mark, mark_for(claim, instead_of=source.text[slice(*mark)], legend=legend)
    words = span_of(row, "status", source)
    if words:
        return words, status_like(claim, instead_of=source.text[slice(*words)])
    return (mark, f"[{mark_for(claim, legend=legend)}] ") if mark else None


def _in_line(words: str, source: Source, span: Span) -> str:
    """The words as they may stand there: on one line, and in a table without bare pipes."""
    words = " ".join(words.split())
    start, end = source.line_span(source.line_at(span[0]))
    is_row = source.text[start:end].lstrip(" \t>").startswith("|")
    return words.replace("\\|", "|").replace("|", "\\|") if is_row else words
