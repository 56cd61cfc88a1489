"""The report that a first run ends with."""

from collections.abc import Iterator, Sequence

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from apps.backups.models import Database, DrillRun
from apps.backups.selectors import protection_of
from apps.catalog.models import Environment
from apps.common import wording
from apps.common.clock import now
from apps.dashboards.terminal import readiness_report
from apps.roadmap.selectors.gate import gate_of
from apps.roadmap.selectors.readiness import readiness
from apps.roadmap.services.importing import ImportReport
from config.local.database import ADMINISTRATOR


def print_report(
    console: Console,
    *,
    environment: Environment,
    database: Database,
    imports: Sequence[ImportReport],
    suggestions: int,
    address: str,
    password: str | None,
) -> None:
    """Say what was imported, what is proven and what is not, and where to sign in."""
    known = readiness(environment=environment)
    console.print()
    console.rule("[bold]Seaworthy[/]", align="left", style="dim")
    console.print(_table(_imported(imports)))
    console.print(_table(_protection(database)))
    console.print()
    console.print(readiness_report(known, gate_of(known)))
    if suggestions:
        criteria = wording.counted(suggestions, "criterion", "criteria")
        console.print(f"\n  {criteria} could be bound to a check: accept or decline on the readiness page.")
    console.print()
    console.print(_table(_sign_in(environment, address, password)))
    console.print(Text(f"Seaworthy is running at {address}/admin/  (Ctrl-C stops it)", style="bold"))


def _imported(imports: Sequence[ImportReport]) -> Iterator[tuple[str, str]]:
    for report in imports:
        counts = report.counts
        tasks = counts["tasks"]
        yield (
            "Imported" if not report.is_unchanged else "Roadmap",
            f"{report.name}: {counts['milestones']} milestones, {counts['work_items']} work items, "
            f"{tasks['total']} tasks ({tasks['done']} done), {counts['criteria']} criteria, {counts['risks']} risks, "
            f"{counts['cost_lines']} cost lines; {counts['prose_lines']} lines stayed prose",
        )


def _protection(database: Database) -> Iterator[tuple[str, str]]:
    protection = protection_of(database)
    if protection.newest:
        backup = protection.newest
        duration = wording.duration_in_words(backup.finished_at - backup.snapshot_at)
        age = wording.age_in_words(backup.snapshot_at, at=now())
        content = f"{backup.tables} tables, {backup.rows:,} rows"
        yield "Backup", f"{database.name}: {wording.size_in_words(backup.size_bytes)} in {duration}, {age}; {content}"
    if protection.last_drill:
        yield "Drill", _drill(protection.last_drill)


def _drill(drill: DrillRun) -> str:
    if drill.rto_seconds is None or drill.rpo_seconds is None:
        return f"{drill.get_verdict_display() or drill.get_status_display()}: {_reasons(drill)}"
    measured = f"RTO {drill.rto_seconds:.1f} s, RPO {drill.rpo_seconds:.1f} s"
    return f"{drill.get_verdict_display()}; {measured}. {_reasons(drill)}".strip()


def _reasons(drill: DrillRun) -> str:
    return " ".join(finding["message"] for finding in drill.findings[:3]) or drill.error


def _sign_in(environment: Environment, address: str, password: str | None) -> Iterator[tuple[str, str]]:
    yield "Readiness", f"{address}/admin/readiness/{environment.service.slug}/"
    yield "Sign in as", ADMINISTRATOR
    if password:
        yield "Password", f"{password}  (shown only now)"
    else:
        yield (
            "Password",
            f"shown at the first start; a new one: .venv/bin/python manage.py changepassword {ADMINISTRATOR}",
        )


def _table(rows: Iterator[tuple[str, str]]) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in rows:
        table.add_row(name, Text(text))
    return table
