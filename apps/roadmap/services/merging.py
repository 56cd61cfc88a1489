"""Rows and a document's entries brought together: the document's values where no person changed them since."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from apps.roadmap.engines import entries
from apps.roadmap.engines.entries import Entry, ParsedDocument
from apps.roadmap.engines.identity import Trait, identities, match
from apps.roadmap.models import Document
from apps.roadmap.services.document_values import MODELS, NAMING_FIELDS, Values, read_entry
from apps.roadmap.services.history import remember_related
from apps.roadmap.services.row_values import RELATED, Row, Teams, is_same, read_row, write_related, write_row

REASON = "import"
BATCH = 500
KEY = ["pk"]
LINES_OF_A_DOCUMENT = 1_000_000  # positions that each document of a service may use
PLACES = ("line", "position", "section", "identity", "spans", "imported", "milestone", "work_item", "parent")


@dataclass
class Changes:
    """How many entries an import created, updated, marked as vanished, and where a person's value was kept."""

    created: int = 0
    updated: int = 0
    vanished: int = 0
    kept: int = 0


@dataclass
class Merge:
    """One import of a document's entries under way."""

    document: Document
    parsed: ParsedDocument
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


def merge_entries(document: Document, parsed: ParsedDocument, *, actor: Any, now: datetime) -> Changes:
    """Bring the rows of a document to what it says now. Vanished rows are marked, never deleted."""
    earlier = Document.objects.filter(service=document.service, pk__lt=document.pk).count()
    merge = Merge(document, parsed, actor, now, earlier * LINES_OF_A_DOCUMENT)
    for kind, found in _by_kind(parsed).items():
        _merge_kind(merge, kind, found)
    return merge.changes


def _by_kind(parsed: ParsedDocument) -> dict[type[Entry], Sequence[Entry]]:
    """In the order in which rows refer to each other."""
    return {
        entries.Milestone: parsed.milestones,
        entries.WorkItem: parsed.work_items,
        entries.Task: parsed.tasks,
        entries.Criterion: parsed.criteria,
        entries.Risk: parsed.risks,
        entries.CostLine: parsed.cost_lines,
    }


def _merge_kind(merge: Merge, kind: type[Entry], found: Sequence[Entry]) -> None:
    model = MODELS[kind]
    # Locked, so that what a person saves meanwhile is neither lost nor overwritten.
    known = list(model._default_manager.select_for_update().filter(document=merge.document).order_by("position", "pk"))
    values = [read_entry(entry) for entry in found]
    name = model._meta.model_name or ""
    new = [_trait(name, section_of(entry), value) for entry, value in zip(found, values, strict=True)]
    pairs = match([_trait(name, row.section, row.imported) for row in known], new)
    rows = merge.rows[kind] = []
    saved = Saved()
    for at, (entry, value, digest) in enumerate(zip(found, values, identities(new), strict=True)):
        row = known[pairs[at]] if at in pairs else model(service=merge.document.service, document=merge.document)
        is_changed = _take_values(merge, row, value, is_new=at not in pairs)
        (saved.created if at not in pairs else saved.changed if is_changed else saved.moved).append(row)
        rows.append(row)
        _place(merge, row, entry, digest)
        _relate(merge, row, entry)
    _save(merge, kind, saved)
    matched = set(pairs.values())
    _mark_vanished(merge, [row for at, row in enumerate(known) if at not in matched])


def section_of(entry: Entry) -> str:
    """The titles above an entry, in one line."""
    return " › ".join(entry.path)[:500]


def _trait(kind: str, section: str, values: Values) -> Trait:
    return Trait(kind, section, str(values.get(NAMING_FIELDS[kind], "")), str(values.get("code", "")))


def _place(merge: Merge, row: Row, entry: Entry, digest: str) -> None:
    row.line = entry.line
    row.position = merge.first_position + entry.line
    row.section = section_of(entry)
    row.identity = digest
    row.spans = {name: list(span) for name, span in entry.spans.items()}
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
    """Take each value whose row still has what the last import gave it; keep what a person changed."""
    is_changed = row.orphaned_at is not None
    related: Values = {}
    for name, value in values.items():
        ours = None if is_new else read_row(row, name)
        if not is_new and is_same(name, ours, value):
            continue
        if not is_new and not is_same(name, ours, row.imported.get(name)):
            merge.changes.kept += 1
            continue
        is_changed = True
        if name in RELATED:
            related[name] = value
        else:
            write_row(row, name, value, merge.teams)
    if related:
        merge.related.append((row, related))
    row.imported = values
    return is_changed


def _save(merge: Merge, kind: type[Entry], saved: Saved) -> None:
    """Write what changed, with a line of history each; a row that only moved gets none."""
    model = MODELS[kind]
    history = {"batch_size": BATCH, "default_user": merge.actor, "default_change_reason": REASON}
    for generation in _generations(saved.created):
        bulk_create_with_history(generation, model, **history)
    if saved.changed:
        bulk_update_with_history(saved.changed, model, _columns(model), **history)
        remember_related(saved.changed)
    if saved.moved:
        places = [name for name in PLACES if name in _columns(model)]
        # An upsert by key: many times faster than `bulk_update` when every line of a long document moved.
        model._default_manager.bulk_create(
            saved.moved, update_conflicts=True, unique_fields=KEY, update_fields=places, batch_size=BATCH
        )
    for row, related in merge.related:
        write_related(row, related, merge.teams)
    merge.related.clear()
    merge.changes.created += len(saved.created)
    merge.changes.updated += len(saved.changed)


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
        row.orphaned_at = merge.now
        row.line = None
        row.spans = {}
        row._change_reason = "vanished from the document"  # type: ignore[attr-defined]
        row._history_user = merge.actor  # type: ignore[attr-defined]
        row.save(update_fields=["orphaned_at", "line", "spans"])
    merge.changes.vanished += len(fresh)
