"""manage.py adopt_backups"""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.backups import services
from apps.backups.exceptions import BackupError
from apps.backups.models import Storage
from apps.common.console import quiet_logs


class Command(BaseCommand):
    help = "List what lies in a storage again, such as after Seaworthy's own database was lost. Reads manifests only."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("storage", help="The name of the storage, as under Backups.")
        parser.add_argument("--json", action="store_true", help="Print one object on standard output.")

    def handle(self, *, storage: str, **options: Any) -> None:
        try:
            with quiet_logs(options["verbosity"]):
                adopted = services.adopt_backups(storage=Storage.objects.get(name=storage))
        except Storage.DoesNotExist as error:
            known = ", ".join(Storage.objects.values_list("name", flat=True)) or "none yet"
            raise CommandError(f"There is no storage named {storage}. There are: {known}.", returncode=2) from error
        except BackupError as error:
            raise CommandError(error.message) from error
        if options["json"]:
            listed = [backup.storage_key for backup in adopted.listed]
            self.stdout.write(json.dumps({"listed": listed, "passed_over": adopted.passed_over}))
            return
        for backup in adopted.listed:
            self.stdout.write(f"Listed: {backup.storage_key}, {backup.tables} tables, {backup.rows:,} rows")
        for prefix, reason in adopted.passed_over.items():
            self.stderr.write(f"Passed over: {prefix}: {reason}")
        self.stdout.write(f"{len(adopted.listed)} backups listed. None of them is proven until it is drilled.")
