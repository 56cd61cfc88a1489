"""manage.py prove_drill"""

import json
import sys
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import Progress

from apps.backups import services
from apps.backups.engines.faults.catalogue import FAULTS
from apps.backups.management.matrix import matrix_of, summary_of
from apps.backups.models import Database
from apps.common.console import quiet_logs
from apps.common.exceptions import OperationError

USAGE = 2
HEALTHY_ROUNDS = 3


class Command(BaseCommand):
    help = (
        "Damage copies of a fresh backup in every way of the catalogue, drill them, and demand that each fault is "
        "named. Exit code 0 when all are and nothing healthy alarms, 1 when not, 2 usage."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("database", nargs="?", help="Without it, a small one is made for the proof.")
        parser.add_argument("--json", action="store_true", help="Print one object on standard output.")
        parser.add_argument("--only", action="append", default=[], metavar="ID", help="This fault; may be repeated.")
        parser.add_argument(
            "--healthy", type=int, metavar="N", help=f"So many healthy backups too, {HEALTHY_ROUNDS} unless said."
        )

    def handle(self, *, database: str | None, only: list[str], healthy: int | None, **options: Any) -> None:
        rounds = (0 if only else HEALTHY_ROUNDS) if healthy is None else max(0, healthy)
        with quiet_logs(options["verbosity"]), Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("Proving the drill", total=(len(only) or len(FAULTS)) + rounds)
            try:
                proof = services.prove_drill(
                    database=_find(database),
                    only=only,
                    healthy_rounds=rounds,
                    tell=lambda one: progress.advance(task),
                )
            except OperationError as error:
                raise CommandError(error.message, returncode=USAGE) from error
        if options["json"]:
            self.stdout.write(json.dumps(proof.as_json()))
        else:
            console = Console(file=cast("IO[str]", self.stdout), width=None if sys.stdout.isatty() else 120)
            console.print(matrix_of(proof))
            console.print(summary_of(proof))
        self.stdout.flush()
        if not proof.holds:
            sys.exit(1)


def _find(name: str | None) -> Database | None:
    if name is None:
        return None
    try:
        return Database.objects.get(name=name)
    except Database.DoesNotExist as error:
        known = ", ".join(Database.objects.values_list("name", flat=True)) or "none yet"
        raise CommandError(f"There is no database named {name}. There are: {known}.", returncode=USAGE) from error
