"""manage.py restore"""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.backups import services
from apps.backups.exceptions import BackupError
from apps.backups.models import Backup, Database, RestoreRun
from apps.common.console import quiet_logs
from apps.common.runs import RunStatus
from apps.common.wording import duration_in_words


class Command(BaseCommand):
    help = "Restore a backup into a new database, in this process. Never overwrites one. Exit code 1 when it fails."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("backup", help="The number of the backup, or the name of a database for its newest one.")
        parser.add_argument("--into", required=True, metavar="NAME", help="The name of the new database.")
        parser.add_argument("--server", metavar="DATABASE", help="Make it on the server of this database instead.")
        parser.add_argument(
            "--table", action="append", default=[], help="Only the rows of this table; may be repeated."
        )
        parser.add_argument("--no-owners", action="store_true", help="Leave owners and privileges out.")
        parser.add_argument(
            "--reason", default="asked for by a command", help="What it is for; the audit trail keeps it."
        )
        parser.add_argument("--json", action="store_true", help="Print one object on standard output.")

    def handle(self, *, backup: str, **options: Any) -> None:
        try:
            run = services.request_restore(
                backup=_backup(backup),
                new_name=options["into"],
                reason=options["reason"],
                server=_database(options["server"]) if options["server"] else None,
                tables=options["table"],
                with_owners=not options["no_owners"],
            )
        except BackupError as error:
            raise CommandError(error.message, returncode=2) from error
        if run.waits_for_approval:
            self._say_that_it_waits(run, **options)
            return
        with quiet_logs(options["verbosity"]):
            services.carry_out_restore(run=run)
        if run.status != RunStatus.SUCCEEDED:
            raise CommandError(run.error)
        self._say_what_came(run, **options)

    def _say_that_it_waits(self, run: RestoreRun, **options: Any) -> None:
        if options["json"]:
            self.stdout.write(json.dumps({"restore": run.pk, "status": "waits for approval"}))
            return
        self.stdout.write(
            f"Restore {run.pk} goes into production, so it waits for somebody who may approve it: under Restores."
        )

    def _say_what_came(self, run: RestoreRun, **options: Any) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(run)))
            return
        took = duration_in_words(run.duration) if run.duration else "no time"
        self.stdout.write(self.style.SUCCESS(f"Restored {run.backup} into {run.new_name} in {took}."))
        if run.is_partial:
            self.stdout.write("It holds the rows of the chosen tables only, and no foreign keys.")
        for finding in run.findings:
            self.stdout.write(self.style.WARNING(f"  {finding['message']}"))


def _backup(name: str) -> Backup:
    stored = Backup.objects.select_related("database__environment").stored()
    wanted = stored.filter(pk=int(name)) if name.isascii() and name.isdigit() else stored.filter(database__name=name)
    found = wanted.newest_first().first()
    if found is None:
        raise CommandError(
            f"There is no stored backup {name}. Give its number, or the name of a database.", returncode=2
        )
    return found


def _database(name: str) -> Database:
    try:
        return Database.objects.select_related("environment").get(name=name)
    except Database.DoesNotExist as error:
        raise CommandError(f"--server: there is no database named {name}.", returncode=2) from error


def _as_json(run: RestoreRun) -> dict[str, Any]:
    return {
        "restore": run.pk,
        "status": run.status,
        "backup": run.backup_id,
        "into": run.new_name,
        "tables": run.tables,
        "findings": run.findings,
        "stages": dict(run.stage_rows),
    }
