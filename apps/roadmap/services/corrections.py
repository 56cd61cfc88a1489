"""Saying what lines are: at once in the rows, and from then on in every later text."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from apps.audit import services as audit
from apps.common.clock import now
from apps.roadmap.engines.corrections import Becomes, Place, find_places, read_places
from apps.roadmap.engines.dates import read_target
from apps.roadmap.engines.entries import ParsedDocument
from apps.roadmap.engines.marks import Claim
from apps.roadmap.engines.parser import parse_document
from apps.roadmap.engines.source import UNLIMITED
from apps.roadmap.exceptions import CorrectionRefused, DocumentChanged
from apps.roadmap.models import Correction, Criterion, Document, DocumentBlock, DocumentRevision
from apps.roadmap.services.binding import suggest_bindings
from apps.roadmap.services.conflicts import Conflicts
from apps.roadmap.services.merging import Changes, merge_entries

LONGEST_VALUE = 2_000
VALUES = {
    Becomes.MILESTONE: ("text", "claim", "owner", "target"),
    Becomes.WORK_ITEM: ("text", "claim", "owner", "target"),
    Becomes.TASK: ("text", "claim", "owner", "target"),
    Becomes.STEP: ("text", "claim", "owner", "target"),
    Becomes.CRITERION: ("text", "claim"),
    Becomes.RISK: ("text", "owner"),
    Becomes.PROSE: (),
}


@transaction.atomic
def correct_lines(
    *,
    revision: DocumentRevision,
    lines: Sequence[int],
    becomes: str,
    values: Mapping[str, str] | None = None,
    actor: Any = None,
    at: datetime | None = None,
) -> Changes:
    """Say what lines of the newest text are, and optionally what one of them says; rows follow at once.

    Raises CorrectionRefused, and DocumentChanged when somebody imported another text meanwhile.
    """
    document, at, kind = _locked(revision), at or now(), Becomes(becomes)
    values = check_values(kind, values or {})
    places = read_places(bytes(revision.raw), UNLIMITED)
    for line in lines:
        if line not in places:
            raise CorrectionRefused(f"Line {line} cannot be called anything: it only continues or divides others.")
    _replace(document, {line: places[line] for line in lines}, kind, values, actor, at)
    changes = _read_again(revision, document, actor, at)
    details = {"lines": list(lines), "becomes": kind.value, "values": values}
    audit.record(action="document.corrected", subject=document, actor=actor, details=details)
    return changes


@transaction.atomic
def undo_correction(*, correction: Correction, actor: Any = None, at: datetime | None = None) -> Changes:
    """Let the rules speak again. Raises CorrectionRefused when it was undone before."""
    document = Document.objects.select_for_update().get(pk=correction.document_id)
    revision = document.newest_revision
    if revision is None or not correction.undo():
        raise CorrectionRefused("The correction was undone before.")
    changes = _read_again(revision, document, actor, at or now())
    details = {"line": correction.line, "was": correction.becomes, "values": correction.values}
    audit.record(action="document.correction_undone", subject=document, actor=actor, details=details)
    return changes


def check_values(becomes: Becomes, values: Mapping[str, str]) -> dict[str, str]:
    """The values as they may be kept. Raises CorrectionRefused, naming the value."""
    for name, value in values.items():
        if name not in VALUES[becomes]:
            raise CorrectionRefused(f"{becomes.label}: its {name} is not read from documents, so change it there.")
        if len(value) > LONGEST_VALUE:
            raise CorrectionRefused(f"{name.capitalize()}: longer than {LONGEST_VALUE:,} characters.")
    if "text" in values and not values["text"].strip():
        raise CorrectionRefused("Text: empty. Call the line prose if it says nothing.")
    if "claim" in values and values["claim"] not in Claim.values:
        raise CorrectionRefused(f"Claim: {values['claim']!r} is none of {', '.join(Claim.values)}.")
    if values.get("target") and read_target(values["target"]) is None:
        raise CorrectionRefused(f"Target: {values['target']!r} is no date; write 2026-03-31, March 2026 or Q1 2026.")
    return {name: " ".join(value.split()) for name, value in values.items()}


def note_places(corrections: QuerySet[Correction], parsed: ParsedDocument) -> None:
    """Remember where each correction's line stands in a text just read."""
    if not corrections:
        return
    places = find_places(parsed.source, parsed.blocks)
    lines = {key: line for line, key in parsed.corrected.items()}
    moved = [correction for correction in corrections if correction.stand_at(lines.get(correction.pk), places)]
    Correction.objects.bulk_update(moved, ["line", "section", "words", "occurrence"])


def _locked(revision: DocumentRevision) -> Document:
    document = Document.objects.select_for_update().get(pk=revision.document_id)
    newest = document.newest_revision
    if newest is None or newest.pk != revision.pk:
        raise DocumentChanged("Another text was imported meanwhile: look at its lines, and correct those.")
    return document


def _parse(revision: DocumentRevision, document: Document) -> ParsedDocument:
    return parse_document(bytes(revision.raw), UNLIMITED, document.corrections.active().as_said())


def _replace(
    document: Document, places: Mapping[int, Place], becomes: Becomes, values: dict[str, str], actor: Any, at: datetime
) -> None:
    """One correction for each line, instead of those that were about it."""
    document.corrections.active().filter(line__in=places).update(is_active=False)
    for place in places.values():
        document.corrections.active().at(place).update(is_active=False)
    Correction.objects.bulk_create(
        Correction(
            document=document,
            section=place.section,
            words=place.words,
            occurrence=place.occurrence,
            line=line,
            becomes=becomes,
            values=values,
            made_by=actor,
            made_at=at,
        )
        for line, place in places.items()
    )


def _read_again(revision: DocumentRevision, document: Document, actor: Any, at: datetime) -> Changes:
    """Bring rows and blocks to what the same text says now."""
    parsed = _parse(revision, document)
    conflicts = Conflicts(revision, at)
    changes = merge_entries(document, parsed, before=revision, conflicts=conflicts, actor=actor, now=at)
    _say_roles(revision, parsed)
    note_places(document.corrections.active(), parsed)
    criteria = Criterion.objects.current().filter(document=document).select_related("service")
    suggest_bindings(criteria=criteria, actor=actor)
    conflicts.save(actor)
    return changes


def _say_roles(revision: DocumentRevision, parsed: ParsedDocument) -> None:
    blocks = list(revision.blocks.order_by("ordinal"))
    changed = []
    for block, owner in zip(blocks, parsed.owners, strict=True):
        if block.role != owner.value:
            block.role = owner.value
            changed.append(block)
    DocumentBlock.objects.bulk_update(changed, ["role"], batch_size=1000)
