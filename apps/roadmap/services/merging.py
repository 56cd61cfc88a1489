"""Rows and a document's entries brought together in three ways: the last import, the new text, and the rows.

What only the document changed is taken, what only a person changed is kept, and what both changed is a conflict.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, auto
from typing import Any

from apps.roadmap.engines import entries
from apps.roadmap.engines.entries import Entry, ParsedDocument
from apps.roadmap.engines.identity import TITLE_SEPARATOR, Trait, identities, match
from apps.roadmap.engines.places import place_of
from apps.roadmap.engines.surroundings import Surroundings
from apps.roadmap.models import Claim, Document, DocumentRevision
from apps.roadmap.services.added import AddedRows
from apps.roadmap.services.conflicts import Conflicts
from apps.roadmap.services.document_values import DERIVED, MODELS, NAMING_FIELDS, Values, read_entry
from apps.roadmap.services.history import CHANGED, CREATED, remember_all, remember_related
from apps.roadmap.services.row_values import (
    RELATED,
    Row,
    Teams,
    create_related,
    is_same,
    read_row,
    write_related,
    write_row,
)

REASON = "import"
BATCH = 500
KEY = ["pk"]
LINES_OF_A_DOCUMENT = 1_000_000  # positions that each document of a service may use
PLACES = ("line", "position", "section", "identity", "spans", "imported", "milestone", "work_item", "parent")


class Verdict(Enum):
    """What becomes of one value of a row."""

    SAME = auto()
    TAKE = auto()
    KEEP = auto()
    CONFLICT = auto()


@dataclass
class Changes:
    """How many entries an import created, updated, marked as vanished, and where a person's value was kept."""

    created: int = 0
    updated: int = 0
    vanished: int = 0
    kept: int = 0
    conflicts: int = 0


@dataclass(frozen=True)
class Found:
    """An entry of the new text, with its values and the row it is, where it is one."""

    entry: Entry
    values: Values
    identity: str
    row: Any = None


@dataclass
class Merge:
    """One import of a document's entries under way."""

    document: Document
    parsed: ParsedDocument
    conflicts: Conflicts
    added: AddedRows
    actor: Any
    now: datetime
    first_position: int
    teams: Teams = field(default_factory=Teams)
    changes: Changes = field(default_factory=Changes)
    rows: dict[type[Entry], list[Any]] = field(default_factory=dict)
    related: list[tuple[Row, Values]] = field(default_factory=list)


@dataclass
class Saved:
    """What is to be done with the rows of one kind."""

    created: list[Any] = field(default_factory=list)
    changed: list[Any] = field(default_factory=list)
    moved: list[Any] = field(default_factory=list)


def merge_entries(
    document: Document,
    parsed: ParsedDocument,
    *,
    before: DocumentRevision | None,
    conflicts: Conflicts,
    actor: Any,
    now: datetime,
) -> Changes:
    """Bring the rows of a document, as the text before left them, to what it says now. None is ever deleted.

    In the same text, read otherwise because a person corrected it, the entries of a line stay the rows they are.
    """
    earlier = Document.objects.filter(service=document.service, pk__lt=document.pk).count()
    added = AddedRows(document)
    merge = Merge(document, parsed, conflicts, added, actor, now, earlier * LINES_OF_A_DOCUMENT)
    known = [row for kind in entries_by_kind(parsed) for row in _rows(document, kind)] if before else []
    found, vanished = _recognise(known, parsed, before, is_same_text=before == conflicts.revision)
    for kind in entries_by_kind(parsed):
        _merge_kind(merge, kind, [each for each in found if type(each.entry) is kind])
    _mark_vanished(merge, vanished)
    return merge.changes


def entries_by_kind(parsed: ParsedDocument) -> dict[type[Entry], Sequence[Entry]]:
    """In the order in which rows refer to each other."""
    return {
        entries.Milestone: parsed.milestones,
        entries.WorkItem: parsed.work_items,
        entries.Task: parsed.tasks,
        entries.Criterion: parsed.criteria,
        entries.Risk: parsed.risks,
        entries.CostLine: parsed.cost_lines,
    }


def _rows(document: Document, kind: type[Entry]) -> list[Any]:
    """Locked, so that nothing saved meanwhile is lost or overwritten; with all that their values need."""
    model = MODELS[kind]
    names = {field.name for field in model._meta.get_fields()}
    rows = model._default_manager.select_for_update(of=("self",)).filter(document=document).order_by("position", "pk")
    return list(rows.prefetch_related(*names & RELATED))


def _recognise(
    known: list[Any], parsed: ParsedDocument, before: DocumentRevision | None, *, is_same_text: bool
) -> tuple[list[Found], list[Row]]:
    """Each entry with the row it is, and the rows that are no entry any more."""
    new = [entry for several in entries_by_kind(parsed).values() for entry in several]
    values = [read_entry(entry) for entry in new]
    traits = [trait_of(entry, value) for entry, value in zip(new, values, strict=True)]
    gone = [at for at, row in enumerate(known) if row.orphaned_at]
    old = [_trait_of_row(row) for row in known]
    text = Surroundings(parsed.source.text)
    pairs = match(
        _as_read_now(known, old, new, traits) if is_same_text else old,
        traits,
        gone=gone,
        old_text=text if is_same_text else Surroundings(_text_of(before)),
        new_text=text,
    )
    digests = identities(traits)
    found = [
        Found(entry, values[at], digests[at], known[pairs[at]] if at in pairs else None) for at, entry in enumerate(new)
    ]
    matched = set(pairs.values())
    return found, [row for at, row in enumerate(known) if at not in matched]


def _as_read_now(
    known: Sequence[Row], old: Sequence[Trait], new: Sequence[Entry], traits: Sequence[Trait]
) -> list[Trait]:
    """The rows as what stands on their lines now, kind by kind."""
    on_lines: dict[tuple[str, int | None], list[Trait]] = defaultdict(list)
    for entry, trait in zip(new, traits, strict=True):
        on_lines[trait.kind, entry.line].append(trait)
    places = [on_lines.get((trait.kind, row.line), []) for row, trait in zip(known, old, strict=True)]
    return [place.pop(0) if place else trait for place, trait in zip(places, old, strict=True)]


def _text_of(revision: DocumentRevision | None) -> str:
    return bytes(revision.raw).decode(revision.encoding) if revision else ""


def section_of(entry: Entry) -> str:
    """The titles above an entry, in one line."""
    return TITLE_SEPARATOR.join(entry.path)[:500]


def trait_of(entry: Entry, values: Values) -> Trait:
    """What an entry of a document is known by."""
    return _trait(MODELS[type(entry)]._meta.model_name or "", section_of(entry), values, entry.line)


def _trait_of_row(row: Row) -> Trait:
    trait = _trait(row._meta.model_name or "", row.section, row.imported, row.line)
    words = str(getattr(row, NAMING_FIELDS[trait.kind]))
    return trait if words == trait.text else replace(trait, edited=words)


def _trait(kind: str, section: str, values: Values, line: int | None) -> Trait:
    return Trait(kind, section, str(values.get(NAMING_FIELDS[kind], "")), str(values.get("code", "")), line)


def _merge_kind(merge: Merge, kind: type[Entry], found: Sequence[Found]) -> None:
    model = MODELS[kind]
    rows = merge.rows[kind] = []
    saved = Saved()
    for each in found:
        row = each.row or _added_row(merge, model, each)
        is_new = row.pk is None
        before = _place_values(row)
        is_changed = _take_values(merge, row, each.values, is_new=is_new) or row.document_id is None
        row.document = merge.document
        rows.append(row)
        _place(merge, row, each)
        _relate(merge, row, each.entry)
        if is_new:
            saved.created.append(row)
        elif is_changed:
            saved.changed.append(row)
        elif _place_values(row) != before:
            saved.moved.append(row)
    _save(merge, kind, saved)


def _added_row(merge: Merge, model: type[Row], found: Found) -> Any:
    """A new row, or the one that was added here and is in the document now."""
    row = model(service=merge.document.service, document=merge.document)
    _relate(merge, row, found.entry)
    code = str(found.values.get("code") or found.values.get("number") or "")
    return merge.added.take(row, str(found.values[NAMING_FIELDS[model._meta.model_name or ""]]), code) or row


def _place_values(row: Any) -> list[Any]:
    return [getattr(row, column.attname) for column in row._meta.concrete_fields if column.name in PLACES]


def _place(merge: Merge, row: Row, found: Found) -> None:
    entry, source = found.entry, merge.parsed.source
    row.line = entry.line
    row.position = merge.first_position + entry.line
    row.section = section_of(entry)
    row.identity = found.identity
    row.spans = {name: place_of(span, entry.line, source) for name, span in entry.spans.items()}
    row.orphaned_at = None


def _relate(merge: Merge, row: Any, entry: Any) -> None:
    """Point the row at the rows it stands under. Sub-tasks wait until their task is saved."""
    if isinstance(entry, entries.WorkItem | entries.Task | entries.Criterion):
        row.milestone = None if entry.milestone is None else merge.rows[entries.Milestone][entry.milestone]
    if isinstance(entry, entries.Task | entries.Criterion | entries.CostLine):
        row.work_item = None if entry.work_item is None else merge.rows[entries.WorkItem][entry.work_item]
    if isinstance(entry, entries.Task):
        row.parent = None if entry.parent is None else merge.rows[entries.Task][entry.parent]


def _take_values(merge: Merge, row: Row, values: Values, *, is_new: bool) -> bool:
    """Take, keep or put in conflict each value of the document. Says whether the row changed."""
    verdicts = {name: Verdict.TAKE if is_new else _judge(row, name, value) for name, value in values.items()}
    taken: Values = {}
    for name, verdict in verdicts.items():
        if verdicts.get(DERIVED.get(name, ""), Verdict.TAKE) in (Verdict.KEEP, Verdict.CONFLICT):
            continue  # read out of a value that was kept
        if verdict is Verdict.TAKE:
            taken[name] = values[name]
        elif verdict is not Verdict.SAME:
            merge.changes.kept += 1
        if not is_new:
            _note_conflict(merge, row, name, verdict, values[name])
    _write(merge, row, taken)
    is_changed = bool(taken) or row.orphaned_at is not None
    row.imported = values
    return is_changed


def _judge(row: Row, name: str, theirs: Any) -> Verdict:
    ours = read_row(row, name)
    if is_same(name, ours, theirs):
        return Verdict.SAME
    if name not in row.imported:  # the grammar learned it since: what is there already is a person's
        return Verdict.KEEP if ours and ours != Claim.UNKNOWN else Verdict.TAKE
    base = row.imported[name]
    if is_same(name, ours, base):
        return Verdict.TAKE
    return Verdict.KEEP if is_same(name, theirs, base) else Verdict.CONFLICT


def _note_conflict(merge: Merge, row: Row, name: str, verdict: Verdict, theirs: Any) -> None:
    """Raise a conflict, or end one that this text ends. Where only a person changed a value, one that is open stays."""
    if verdict is Verdict.CONFLICT:
        base, ours = row.imported[name], read_row(row, name)
        merge.changes.conflicts += merge.conflicts.differ(row, name, base=base, ours=ours, theirs=theirs)
    elif verdict is not Verdict.KEEP:
        merge.conflicts.agree(row, name)


def _write(merge: Merge, row: Row, taken: Values) -> None:
    related = {name: value for name, value in taken.items() if name in RELATED}
    for name, value in taken.items():
        if name not in related:
            write_row(row, name, value)
    if related:
        merge.related.append((row, related))


def _save(merge: Merge, kind: type[Entry], saved: Saved) -> None:
    """Write what changed, with a line of history each; a row that only moved gets none."""
    model = MODELS[kind]
    for generation in _generations(saved.created):
        model._default_manager.bulk_create(generation, batch_size=BATCH)
    remember_all(saved.created, CREATED, actor=merge.actor, reason=REASON)
    _update(model, saved.changed, _columns(model))
    _save_related(merge, saved)
    remember_all(saved.changed, CHANGED, actor=merge.actor, reason=REASON)
    remember_related(saved.changed)
    _update(model, saved.moved, [name for name in PLACES if name in _columns(model)])
    merge.changes.created += len(saved.created)
    merge.changes.updated += len(saved.changed)


def _update(model: type[Row], rows: list[Any], columns: list[str]) -> None:
    """An upsert by key: many times faster than `bulk_update` when every line of a long document changed."""
    model._default_manager.bulk_create(
        rows, update_conflicts=True, unique_fields=KEY, update_fields=columns, batch_size=BATCH
    )


def _save_related(merge: Merge, saved: Saved) -> None:
    new = {id(row) for row in saved.created}
    create_related([each for each in merge.related if id(each[0]) in new], merge.teams)
    for row, related in merge.related:
        if id(row) not in new:
            write_related(row, related, merge.teams)
    merge.related.clear()


def _generations(rows: list[Any]) -> list[list[Any]]:
    """Rows whose parents are saved, then their children, and so on."""
    generations = []
    while rows:
        young = {id(row) for row in rows}
        generations.append([row for row in rows if id(getattr(row, "parent", None)) not in young])
        rows = [row for row in rows if id(getattr(row, "parent", None)) in young]
    return generations


def _columns(model: type[Row]) -> list[str]:
    return [column.name for column in model._meta.concrete_fields if not column.primary_key]


def _mark_vanished(merge: Merge, rows: list[Row]) -> None:
    fresh = [row for row in rows if row.orphaned_at is None]
    for row in fresh:
        merge.conflicts.vanish(row)
        row.orphaned_at = merge.now
        row.line = None
        row.spans = {}
        row._change_reason = "vanished from the document"  # type: ignore[attr-defined]
        row._history_user = merge.actor  # type: ignore[attr-defined]
        row.save(update_fields=["orphaned_at", "line", "spans"])
    merge.changes.vanished += len(fresh)
