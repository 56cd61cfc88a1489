"""Looking ahead at a text before it is imported. Nothing but the waiting text itself is written."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import models, transaction

from apps.catalog.models import Service
from apps.common.clock import now
from apps.roadmap.engines.parser import parse_document
from apps.roadmap.exceptions import DraftGone
from apps.roadmap.models import Conflict, ImportDraft
from apps.roadmap.services.conflicts import value_words
from apps.roadmap.services.document_values import MODELS
from apps.roadmap.services.importing import ImportReport, Origin, import_document

MOST_NAMED = 200  # entries of each kind of change that a preview names
BOOKKEEPING = frozenset({"identity", "imported", "line", "position", "section", "spans", "orphaned_at"})


@dataclass(frozen=True)
class Named:
    """An entry that an import would change: its kind, its words, and what of it."""

    kind: str
    words: str
    changes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Preview:
    """What an import would do."""

    report: ImportReport
    created: tuple[Named, ...] = ()
    updated: tuple[Named, ...] = ()
    vanished: tuple[Named, ...] = ()
    conflicts: tuple[Named, ...] = ()


def keep_draft(*, service: Service, name: str, raw: bytes, actor: Any, origin: Origin | None = None) -> ImportDraft:
    """Keep a readable text until its sender has decided. Raises DocumentRefused."""
    parse_document(raw)
    return ImportDraft.objects.create(
        service=service,
        name=name[:300],
        raw=raw,
        sha256=sha256(raw).hexdigest(),
        source=origin.path if origin else "",
        source_revision=origin.commit if origin else "",
        created_by=actor,
    )


@transaction.atomic
def look_ahead(*, draft: ImportDraft, at: datetime | None = None) -> Preview:
    """Import the text, see what that changes, and take it all back. Raises DocumentRefused."""
    before = {model: _last_version(model) for model in MODELS.values()}
    report = import_document(service=draft.service, name=draft.name, raw=bytes(draft.raw), now=at)
    changes = [change for model, last in before.items() for change in _changes(model, last)]
    conflicts = tuple(_conflicts(report)) if report.changes.conflicts else ()
    transaction.set_rollback(True)
    created, updated, vanished = (tuple(_chosen(changes, kind)) for kind in ("created", "updated", "vanished"))
    return Preview(report, created, updated, vanished, conflicts)


@transaction.atomic
def import_draft(*, draft_id: int, actor: Any, at: datetime | None = None) -> ImportReport:
    """Import the text that its sender looked ahead at. Raises DraftGone when it waited too long, or is another's."""
    at = at or now()
    draft = ImportDraft.objects.select_for_update(of=("self",)).select_related("service")
    found = draft.filter(pk=draft_id, created_by=actor).first()
    if found is None or found.has_waited_too_long(at):
        raise DraftGone("The text has waited too long, or is imported already: choose it again.")
    report = import_document(
        service=found.service,
        name=found.name,
        raw=bytes(found.raw),
        origin=Origin(found.source, found.source_revision),
        actor=actor,
        now=at,
    )
    found.delete()
    return report


def forget_old_drafts(*, at: datetime | None = None) -> int:
    """Delete the texts that nobody decided about in time. Gives their number."""
    deleted, _ = ImportDraft.objects.filter(created_at__lte=(at or now()) - ImportDraft.LIFETIME).delete()
    return deleted


def _last_version(model: Any) -> int:
    return model.history.aggregate(last=models.Max("history_id"))["last"] or 0


def _changes(model: Any, last: int) -> Iterator[tuple[str, Named]]:
    """What the history of a kind of entry says since."""
    kind = str(model._meta.verbose_name)
    for version in model.history.filter(history_id__gt=last).order_by("position", "history_id"):
        if version.history_type == "+":
            yield "created", Named(kind, str(version.instance))
        elif version.orphaned_at:
            yield "vanished", Named(kind, str(version.instance))
        else:
            yield "updated", Named(kind, str(version.instance), tuple(_differences(version)))


def _conflicts(report: ImportReport) -> Iterator[Named]:
    """What the text and people changed differently."""
    raised = Conflict.objects.open().filter(document=report.document).order_by("-revision", "pk")
    for conflict in raised[: min(report.changes.conflicts, MOST_NAMED)]:
        ours, theirs = (value_words(conflict.field, value) for value in (conflict.ours, conflict.theirs))
        said = f"{conflict.field_words}: here {ours}, in the document {theirs}"
        yield Named(conflict.content_type.name, str(conflict.entry), (said,))


def _differences(version: Any) -> Iterator[str]:
    before = version.prev_record
    if before is None:
        return
    for change in version.diff_against(before, excluded_fields=BOOKKEEPING, foreign_keys_are_objs=True).changes:
        field = version.instance_type._meta.get_field(change.field)
        if not field.many_to_many:
            yield f"{field.verbose_name}: {_said(change.old)} → {_said(change.new)}"


def _said(value: Any) -> str:
    return str(value).replace("_", " ") if value not in (None, "", []) else "nothing"


def _chosen(changes: list[tuple[str, Named]], kind: str) -> Iterator[Named]:
    found = [named for name, named in changes if name == kind]
    yield from found[:MOST_NAMED]
