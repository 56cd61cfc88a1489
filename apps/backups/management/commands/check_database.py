"""manage.py check_database"""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.backups.engines.probe import Line, as_json, is_ready
from apps.backups.exceptions import BackupError
from apps.backups.selectors import find_database
from apps.backups.services.connections import check_connection
from apps.common.clock import now

USAGE = 2


class Command(BaseCommand):
    help = (
        "Test the connection to a database: reachability, privileges, versions, extensions, locale, disk, clock. "
        "Exit code 1 when something is missing, 2 usage."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("database", help="The name of the database, as under Backups.")
        parser.add_argument("--json", action="store_true", help="Print one object on standard output.")

    def handle(self, *, database: str, **options: Any) -> None:
        try:
            lines = check_connection(database=find_database(database), at=now())
        except BackupError as error:
            raise CommandError(error.message, returncode=USAGE) from error
        report = {"database": database, "is_ready": is_ready(lines), "lines": as_json(lines)}
        self.stdout.write(json.dumps(report) if options["json"] else "\n".join(map(_as_text, lines)))
        if not is_ready(lines):
            sys.exit(1)


def _as_text(line: Line) -> str:
    return f"{line.state:<8} {line.id}: {line.message}" + (f"\n         {line.advice}" if line.advice else "")
