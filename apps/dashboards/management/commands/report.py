"""`manage.py report SERVICE`: its readiness, on the terminal."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from apps.catalog.selectors import find_environment, find_service
from apps.common.exceptions import OperationError
from apps.dashboards.terminal import readiness_report
from apps.roadmap.selectors.gate import gate_of
from apps.roadmap.selectors.readiness import readiness


class Command(BaseCommand):
    help = "Print a service's readiness: the counts, the contradictions, the milestones, and what the gate says."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("service", help="the service's slug")
        parser.add_argument("--environment", default="", help="its environment; without it, the default one")

    def handle(self, *, service: str, environment: str, **options: Any) -> None:
        try:
            known = readiness(environment=find_environment(find_service(service), environment))
        except OperationError as error:
            raise CommandError(error.message) from error
        console = Console(force_terminal=self.stdout.isatty(), highlight=False)
        with console.capture() as captured:
            console.print(readiness_report(known, gate_of(known)))
        self.stdout.write(captured.get(), ending="")
