"""manage.py backup"""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.backups import services
from apps.backups.exceptions import BackupError
from apps.backups.models import Database
from apps.common.console import quiet_logs
from apps.common.runs import RunStatus
from apps.common.wording import duration_in_words, size_in_words


class Command(BaseCommand):
    help = "Back up one database now, in this process. Exit code 1 when it fails."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("database", help="The name of the database, as under Backups.")
        parser.add_argument("--json", action="store_true", help="Print one object on standard output.")

    def handle(self, *, database: str, **options: Any) -> None:
        try:
            run = services.queue_backup(database=Database.objects.get(name=database))
        except Database.DoesNotExist as error:
            known = ", ".join(Database.objects.values_list("name", flat=True)) or "none yet"
            message = f"There is no database named {database}. There are: {known}."
            raise CommandError(message, returncode=2) from error
        except BackupError as error:
            raise CommandError(error.message) from error
        with quiet_logs(options["verbosity"]):
            services.carry_out_backup(run=run)
        if run.status != RunStatus.SUCCEEDED:
            raise CommandError(run.error)
        if not hasattr(run, "backup"):
            self.stdout.write("null" if options["json"] else f"There is no newer backup of {database} to record.")
            return
        backup = run.backup
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(run)))
            return
        took = duration_in_words(run.duration) if run.duration else "no time"
        self.stdout.write(
            self.style.SUCCESS(
                f"Backed up {database}: {size_in_words(backup.size_bytes)} of "
                f"{size_in_words(backup.database_size_bytes)} in {took}, {backup.tables} tables, {backup.rows:,} rows."
            )
        )


def _as_json(run: Any) -> dict[str, Any]:
    backup = run.backup
    return {
        "backup": backup.pk,
        "database": run.database.name,
        "storage_key": backup.storage_key,
        "sha256": backup.sha256,
        "size_bytes": backup.size_bytes,
        "database_size_bytes": backup.database_size_bytes,
        "tables": backup.tables,
        "rows": backup.rows,
        "snapshot_at": backup.snapshot_at.isoformat(),
        "duration_seconds": round(run.duration.total_seconds(), 3),
        "stages": dict(run.stages),
    }
