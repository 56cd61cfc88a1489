"""manage.py import_roadmap: read Markdown roadmaps into a service."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from apps.catalog.exceptions import UnknownService
from apps.catalog.models import Service
from apps.catalog.selectors import find_service
from apps.catalog.services import ensure_service
from apps.common.exceptions import OperationError
from apps.common.wording import counted
from apps.roadmap.engines.git import read_committed
from apps.roadmap.engines.source import Limits
from apps.roadmap.services.importing import NOTHING_FOUND, ImportReport, Origin, import_document

Documents = dict[str, tuple[bytes, Origin]]  # by the names they are imported under
SUFFIXES = (".md", ".markdown", ".txt")
SHOWN_PROSE = 12
COLUMNS = (
    ("milestones", "milestones"),
    ("work_items", "work items"),
    ("criteria", "criteria"),
    ("risks", "risks"),
    ("owners", "owners"),
    ("target_dates", "target dates"),
    ("target_periods", "target periods"),
    ("cost_lines", "cost lines"),
    ("prose_lines", "lines that stayed prose"),
)


class Command(BaseCommand):
    help = "Import a Markdown roadmap, or every one in a folder, into a service. All of a document or nothing of it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="a Markdown file, or a folder of them")
        parser.add_argument("--service", required=True, metavar="S", help="the service's slug")
        parser.add_argument("--revision", metavar="REV", help="read the file from its git checkout at that revision")
        parser.add_argument("--create-service", action="store_true", help="add the service where it is missing")
        parser.add_argument("--dry-run", action="store_true", help="report everything and write nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, path: Path, service: str, **options: Any) -> None:
        try:
            documents = _read_committed(path, options["revision"]) if options["revision"] else _read(path)
            with transaction.atomic():
                reports = self._import(documents, service, options)
                if options["dry_run"]:
                    transaction.set_rollback(True)
        except OperationError as error:
            raise CommandError(error.message) from error
        if options["json"]:
            self.stdout.write(json.dumps(_as_object(reports), ensure_ascii=False))
        else:
            for report in reports:
                self._print(report)

    def _import(self, documents: Documents, slug: str, options: dict[str, Any]) -> list[ImportReport]:
        service = self._service(slug, options)
        reports = []
        for name, (raw, origin) in documents.items():
            try:
                report = import_document(service=service, name=name, raw=raw, origin=origin, dry_run=options["dry_run"])
                reports.append(report)
            except OperationError as error:
                raise CommandError(f"{name}: {error.message}") from error
        return reports

    def _service(self, slug: str, options: dict[str, Any]) -> Service:
        try:
            return find_service(slug)
        except UnknownService as error:
            if options["create_service"]:
                return ensure_service(slug=slug)
            if options["dry_run"]:
                self.stderr.write(f"{error.message} The dry run goes on as if there were.")
                return ensure_service(slug=slug)
            raise CommandError(f"{error.message} Or add --create-service.") from error

    def _print(self, report: ImportReport) -> None:
        tasks = report.counts["tasks"]
        self.stdout.write(self.style.MIGRATE_HEADING(f"{report.name}: {report.title or 'no title'}"))
        self.stdout.write(f"  {tasks['total']:>5}  tasks: {tasks['done']} done, {tasks['in_progress']} in progress")
        for key, words in COLUMNS:
            if report.counts[key]:
                self.stdout.write(f"  {report.counts[key]:>5}  {words}")
        self._print_prose(report)
        self._print_findings(report)
        self._print_outcome(report)

    def _print_prose(self, report: ImportReport) -> None:
        for prose in report.prose[:SHOWN_PROSE]:
            lines = (
                f"{prose.start_line}" if prose.start_line == prose.end_line else f"{prose.start_line}-{prose.end_line}"
            )
            hint = f" ({prose.hint})" if prose.hint else ""
            self.stdout.write(f"         line {lines}: {prose.words or prose.kind}{hint}")
        if len(report.prose) > SHOWN_PROSE:
            self.stdout.write(f"         and {len(report.prose) - SHOWN_PROSE} more places")

    def _print_findings(self, report: ImportReport) -> None:
        for finding in report.findings[:SHOWN_PROSE]:
            self.stdout.write(self.style.WARNING(f"  Line {finding.line}: {finding.message}"))
        if len(report.findings) > SHOWN_PROSE:
            self.stdout.write(f"  and {len(report.findings) - SHOWN_PROSE} more lines to look at")

    def _print_outcome(self, report: ImportReport) -> None:
        changes = report.changes
        if report.is_unchanged:
            self.stdout.write("  Nothing to do: this text was imported before.")
            return
        verb = "Would import" if report.is_dry_run else "Imported"
        kept = f", {changes.kept} values of people kept" if changes.kept else ""
        counts = f"{changes.created} new, {changes.updated} updated, {changes.vanished} vanished{kept}"
        same = "byte for byte" if report.counts["identical_export"] else "with the changes made here"
        self.stdout.write(self.style.SUCCESS(f"  {verb}: {counts}. It exports {same}."))
        if changes.conflicts:
            words = counted(changes.conflicts, "value changed", "values changed")
            self.stdout.write(self.style.WARNING(f"  {words} both here and in the document: settle them in the admin."))
        if report.waiting_corrections:
            words = counted(report.waiting_corrections, "correction waits", "corrections wait")
            self.stdout.write(self.style.WARNING(f"  {words}: the line is not in this text."))
        if report.is_empty:
            self.stdout.write(self.style.WARNING(f"  {NOTHING_FOUND}"))


def _read_committed(path: Path, revision: str) -> Documents:
    """The document as a commit holds it, under its file's name."""
    committed = read_committed(path, revision)
    return {path.name: (committed.raw, Origin(committed.path, committed.commit))}


def _read(path: Path) -> Documents:
    """The documents at a path by the names they are imported under."""
    try:
        if path.is_dir():
            files = sorted(file for file in path.rglob("*") if file.suffix in SUFFIXES and file.is_file())
            if not files:
                raise CommandError(f"There is no Markdown file in {path}: name a file or another folder.")
            return {str(file.relative_to(path)): (_read_bytes(file), Origin()) for file in files}
        return {path.name: (_read_bytes(path), Origin())}
    except OSError as error:
        raise CommandError(f"{error.filename or path} cannot be read: {error.strerror or error}.") from error


def _read_bytes(file: Path) -> bytes:
    # One byte more than allowed is enough to refuse a file of any size.
    with file.open("rb") as stream:
        return stream.read(Limits().size_bytes + 1)


def _as_object(reports: list[ImportReport]) -> dict[str, Any]:
    """The counts of one document, or those of several together with each one's own."""
    if len(reports) == 1:
        return _one_as_object(reports[0])
    total: dict[str, Any] = {key: sum(report.counts[key] for report in reports) for key, _ in COLUMNS}
    claims = reports[0].counts["tasks"]
    total["tasks"] = {claim: sum(report.counts["tasks"][claim] for report in reports) for claim in claims}
    total["identical_export"] = all(report.counts["identical_export"] for report in reports)
    return total | {"documents": [_one_as_object(report) for report in reports]}


def _one_as_object(report: ImportReport) -> dict[str, Any]:
    changes = {"changes": asdict(report.changes), "is_unchanged": report.is_unchanged}
    changes["waiting_corrections"] = report.waiting_corrections
    return {"document": report.name, "title": report.title, **report.counts, **changes}
