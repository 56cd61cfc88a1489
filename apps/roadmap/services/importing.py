"""Documents in: one transaction, all of a document or nothing of it."""

from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import transaction

from apps.audit import services as audit
from apps.catalog.models import Service
from apps.common.clock import now as present
from apps.roadmap.engines.entries import Finding, Milestone, Owner, ParsedDocument, Task, WorkItem
from apps.roadmap.engines.hints import hint_for
from apps.roadmap.engines.parser import PARSER_VERSION, parse_document
from apps.roadmap.models import Criterion, Document, DocumentBlock, DocumentRevision
from apps.roadmap.services.binding import suggest_bindings
from apps.roadmap.services.conflicts import Conflicts
from apps.roadmap.services.corrections import note_places
from apps.roadmap.services.exporting import export_document
from apps.roadmap.services.merging import Changes, merge_entries
from apps.roadmap.services.row_values import Teams

NOTHING_FOUND = (
    "Nothing of a roadmap was found in it: no milestone, task, criterion, risk or cost. "
    "Items with boxes such as “- [ ] Rotate keys” become tasks, headings such as “M1: Launch” milestones."
)


@dataclass(frozen=True)
class ProseLines:
    """A run of lines no rule took, with its first words, and what a person may do about it."""

    start_line: int
    end_line: int
    kind: str
    words: str
    hint: str = ""


@dataclass(frozen=True)
class Origin:
    """Where a text was read: the path in its repository, and the commit."""

    path: str = ""
    commit: str = ""


@dataclass(frozen=True)
class ImportReport:
    """What an import found, what it changed, what it read with a doubt, and what stayed prose."""

    name: str
    title: str
    counts: dict[str, Any]
    is_unchanged: bool = False
    is_dry_run: bool = False
    changes: Changes = field(default_factory=Changes)
    prose: tuple[ProseLines, ...] = ()
    findings: tuple[Finding, ...] = ()
    waiting_corrections: int = 0  # those whose line is not in the text
    document: Document | None = None

    @property
    def is_empty(self) -> bool:
        """The text holds nothing that a roadmap is made of."""
        kinds = ("milestones", "work_items", "criteria", "risks", "cost_lines")
        return not self.counts["tasks"]["total"] and not any(self.counts[kind] for kind in kinds)


@transaction.atomic
def import_document(
    *,
    service: Service,
    name: str,
    raw: bytes,
    origin: Origin | None = None,
    actor: Any = None,
    now: datetime | None = None,
    dry_run: bool = False,
) -> ImportReport:
    """Import a document under a name that is unique in its service. A dry run does the same and takes it all back.

    The same bytes again write nothing, unless an older grammar read them. A new text updates what nobody changed
    since, adds what is new, and marks what vanished; nothing is deleted.
    """
    now = now or present()
    document, _ = Document.objects.select_for_update().get_or_create(service=service, name=name[:300])
    document.service = service
    corrections = document.corrections.active()
    parsed = parse_document(raw, corrections=corrections.as_said())
    newest = document.newest_revision
    digest = sha256(raw).hexdigest()
    if newest and (newest.sha256, newest.parser_version) == (digest, PARSER_VERSION):
        return _report(document, parsed, raw, Changes(), is_unchanged=True, is_dry_run=dry_run)
    revision = _store_revision(document, parsed, raw, digest, origin or Origin(), actor, now)
    conflicts = Conflicts(revision, now)
    changes = merge_entries(document, parsed, before=newest, conflicts=conflicts, actor=actor, now=now)
    note_places(corrections, parsed)
    criteria = Criterion.objects.current().filter(document=document).select_related("service")
    suggest_bindings(criteria=criteria, actor=actor)
    conflicts.save(actor)
    report = _report(document, parsed, raw, changes, is_dry_run=dry_run)
    details = {"sha256": digest} | asdict(origin or Origin()) | asdict(changes)
    audit.record(action="document.imported", subject=document, actor=actor, details=details)
    if dry_run:
        transaction.set_rollback(True)
    return report


def _store_revision(
    document: Document, parsed: ParsedDocument, raw: bytes, digest: str, origin: Origin, actor: Any, now: datetime
) -> DocumentRevision:
    title = (parsed.title or document.name)[:300]
    if document.title != title:
        document.title = title
        document.save(update_fields=["title"])
    teams = Teams()
    for role in parsed.declared_roles:
        teams.named(role)
    revision = DocumentRevision.objects.create(
        document=document,
        raw=raw,
        sha256=digest,
        encoding=parsed.encoding,
        newline=parsed.newline,
        has_final_newline=parsed.final_newline,
        repairs=[[*repair.span, repair.repaired, repair.method] for repair in parsed.repairs],
        parser_version=PARSER_VERSION,
        imported_at=now,
        imported_by=actor,
        source=origin.path[:1000],
        source_revision=origin.commit,
    )
    blocks = zip(parsed.blocks, parsed.owners, strict=True)
    DocumentBlock.objects.store(
        revision,
        ((each.ordinal, each.start_line, each.end_line, each.kind.value, owner.value) for each, owner in blocks),
    )
    return revision


def _report(
    document: Document,
    parsed: ParsedDocument,
    raw: bytes,
    changes: Changes,
    *,
    is_unchanged: bool = False,
    is_dry_run: bool = False,
) -> ImportReport:
    return ImportReport(
        name=document.name,
        title=parsed.title,
        counts=count_entries(parsed) | {"identical_export": export_document(document, parsed) == raw},
        is_unchanged=is_unchanged,
        is_dry_run=is_dry_run,
        changes=changes,
        prose=_prose(parsed),
        findings=parsed.findings,
        waiting_corrections=document.corrections.waiting().count(),
        document=None if is_dry_run else document,
    )


def count_entries(parsed: ParsedDocument) -> dict[str, Any]:
    """How much of everything a document holds."""
    claims = [task.claim.value for task in parsed.tasks]
    holders: list[Milestone | WorkItem | Task] = [*parsed.milestones, *parsed.work_items, *parsed.tasks]
    targets = [entry.target for entry in holders if entry.target]
    days = [target for target in targets if target.precision == "day"]
    return {
        "milestones": len(parsed.milestones),
        "work_items": len(parsed.work_items),
        "tasks": {"total": len(claims)} | {claim: claims.count(claim) for claim in ("todo", "in_progress", "done")},
        "criteria": len(parsed.criteria),
        "risks": len(parsed.risks),
        "owners": sum(1 for entry in holders if entry.owners),
        "target_dates": len(days),
        "target_periods": len(targets) - len(days),
        "cost_lines": len(parsed.cost_lines),
        "prose_lines": parsed.prose_line_count,
    }


def _prose(parsed: ParsedDocument) -> tuple[ProseLines, ...]:
    """Neighbouring blocks of prose, joined over the blank lines between them."""
    runs: list[ProseLines] = []
    is_open = False
    for block, owner in zip(parsed.blocks, parsed.owners, strict=True):
        if owner == Owner.PROSE and is_open and runs[-1].kind == block.kind.value:
            runs[-1] = replace(runs[-1], end_line=block.end_line)
        elif owner == Owner.PROSE:
            start, end = parsed.source.line_span(block.start_line)
            words = parsed.source.text[start : min(end, start + 60)].strip()
            hint = hint_for(parsed, block)
            runs.append(ProseLines(block.start_line, block.end_line, block.kind.value, words, hint))
        is_open = owner == Owner.PROSE or (is_open and block.kind.value == "blank")
    return tuple(runs)
