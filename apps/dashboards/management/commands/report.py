"""`manage.py report SERVICE`: its readiness, on the terminal or as a file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from apps.catalog.models import Environment
from apps.catalog.selectors import find_environment, find_service
from apps.common.clock import now
from apps.common.exceptions import OperationError
from apps.dashboards.engines.reports.formats import Format, make_file
from apps.dashboards.selectors.reports.service import service_report
from apps.dashboards.terminal import readiness_report
from apps.roadmap.selectors.gate import gate_of
from apps.roadmap.selectors.readiness import readiness

TERMINAL = "terminal"


class Command(BaseCommand):
    help = "Print a service's readiness: the counts, the contradictions, the milestones, and what the gate says."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("service", help="the service's slug")
        parser.add_argument("--environment", default="", help="its environment; without it, the default one")
        parser.add_argument("--format", choices=[TERMINAL, *Format], default=TERMINAL, help="a whole report instead")
        parser.add_argument("--output", type=Path, help="the file to write; a workbook needs one")

    def handle(self, *, service: str, environment: str, format: str, output: Path | None, **options: Any) -> None:
        if (format == TERMINAL and output) or (format == Format.XLSX and not output):
            raise CommandError("--output goes with a --format, and --format xlsx needs it.")
        try:
            asked = find_environment(find_service(service), environment)
            if format == TERMINAL:
                self._print(asked)
            else:
                self._write(asked, Format(format), output)
        except OperationError as error:
            raise CommandError(error.message) from error

    def _print(self, environment: Environment) -> None:
        known = readiness(environment=environment)
        console = Console(force_terminal=self.stdout.isatty(), highlight=False)
        with console.capture() as captured:
            console.print(readiness_report(known, gate_of(known)))
        self.stdout.write(captured.get(), ending="")

    def _write(self, environment: Environment, format: Format, output: Path | None) -> None:
        file = make_file(service_report(environment=environment, at=now()), format)
        if output is None:
            self.stdout.write(file.content.decode(), ending="")
            return
        try:
            output.write_bytes(file.content)
        except OSError as error:
            raise CommandError(f"{output} cannot be written: {error.strerror}.") from error
        self.stderr.write(f"Wrote {output}.")
