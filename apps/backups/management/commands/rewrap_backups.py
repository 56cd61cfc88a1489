"""manage.py rewrap_backups"""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.backups.exceptions import BackupError
from apps.backups.models import Database, RewrapRun
from apps.backups.services import rewrapping
from apps.backups.services.custody_drills import read_identity_file
from apps.common.console import quiet_logs
from apps.common.runs import RunStatus


class Command(BaseCommand):
    help = "Encrypt stored backups to the keys that their plans name now. What fails stays as it was. Exit code 1 then."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("database", nargs="?", help="Only its backups.")
        parser.add_argument("--identity-file", type=Path, metavar="PATH", help="An identity that is not kept here.")
        parser.add_argument("--dry-run", action="store_true", help="Only name what would be encrypted anew.")
        parser.add_argument("--json", action="store_true", help="Print one object on standard output.")

    def handle(self, *, database: str | None, identity_file: Path | None, **options: Any) -> None:
        databases = Database.objects.filter(name=database) if database else Database.objects.all()
        if database and not databases:
            known = ", ".join(Database.objects.values_list("name", flat=True)) or "none yet"
            raise CommandError(f"There is no database named {database}. There are: {known}.", returncode=2)
        try:
            identities = read_identity_file(identity_file) if identity_file else []
        except BackupError as error:
            raise CommandError(error.message, returncode=2) from error
        waiting = [backup for one in databases for backup in rewrapping.backups_to_rewrap(one)]
        outcomes: dict[str, str] = {}
        for backup in waiting:
            key = backup.storage_key
            with quiet_logs(options["verbosity"]):
                outcomes[key] = "waiting" if options["dry_run"] else _rewrap(backup, identities)
            if not options["json"]:
                self.stdout.write(f"{key}: {outcomes[key]}")
        failed = sum(outcome not in {"waiting", "done"} for outcome in outcomes.values())
        if options["json"]:
            self.stdout.write(json.dumps({"backups": outcomes, "failed": failed}))
        if failed:
            raise CommandError(f"{failed} of {len(outcomes)} backups stayed as they were.")


def _rewrap(backup: Any, identities: list[str]) -> str:
    try:
        run: RewrapRun = rewrapping.queue_rewrap(backup=backup)
    except BackupError as error:
        return error.message
    rewrapping.carry_out_rewrap(run=run, identities=identities)
    return "done" if run.status == RunStatus.SUCCEEDED else run.error
