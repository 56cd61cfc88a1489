"""manage.py restore"""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.backups import services
from apps.backups.exceptions import BackupError
from apps.backups.management.moments import parse_moment
from apps.backups.models import Backup, Database, RestoreRun
from apps.backups.services.restore_notices import approvers_of
from apps.common.console import quiet_logs
from apps.common.runs import RunStatus
from apps.common.wording import duration_in_words


class Command(BaseCommand):
    help = (
        "Restore a backup into a new database, file or folder, in this process. Nothing is overwritten. "
        "Exit code 1 when it fails."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("backup", help="The number of the backup, or the name of a database for its newest one.")
        parser.add_argument("--into", required=True, metavar="NAME", help="The new name, or the new path.")
        parser.add_argument("--server", metavar="DATABASE", help="Make it on the server of this database instead.")
        parser.add_argument(
            "--only",
            "--table",
            action="append",
            default=[],
            metavar="PART",
            help="Only the rows of this table, or what lies at this path; may be repeated.",
        )
        parser.add_argument("--no-owners", action="store_true", help="Leave owners and privileges out.")
        parser.add_argument(
            "--at", type=parse_moment, metavar="TIME", help="Recover to this moment, such as 2026-11-20T12:00:00Z."
        )
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
                parts=options["only"],
                with_owners=not options["no_owners"],
                target_at=options["at"],
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
        waits = f"Restore {run.pk} goes into production, so it waits for somebody who may approve it"
        nobody = ", and nobody may. Give a person the role approver" if not approvers_of(run).exists() else ""
        self.stdout.write(f"{waits}{nobody}: under Restores.")

    def _say_what_came(self, run: RestoreRun, **options: Any) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(run)))
            return
        took = duration_in_words(run.duration) if run.duration else "no time"
        self.stdout.write(self.style.SUCCESS(f"Restored {run.backup} into {run.new_name} in {took}."))
        self.stdout.write(run.outcome)
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
        "parts": run.parts,
        "outcome": run.outcome,
        "findings": run.findings,
        "stages": dict(run.stage_rows),
    }
