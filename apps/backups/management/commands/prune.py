"""manage.py prune"""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.backups import services
from apps.backups.exceptions import BackupError
from apps.backups.selectors import find_database
from apps.backups.services.retention import Judged, Outlook, look_ahead
from apps.common.clock import now
from apps.common.console import quiet_logs
from apps.common.wording import counted, duration_in_words, size_in_words

USAGE = 2


class Command(BaseCommand):
    help = (
        "Let go what no rule of the plan keeps, and remove what was let go before the plan's grace. "
        "The newest proven backups always stay."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("database", help="The name of the database, as under Backups.")
        parser.add_argument("--dry-run", action="store_true", help="Say what would go and why the rest stays.")
        parser.add_argument("--at-once", action="store_true", help="Remove without the plan's grace.")
        parser.add_argument("--json", action="store_true", help="Print one object on standard output.")

    def handle(self, *, database: str, **options: Any) -> None:
        try:
            target = find_database(database)
        except BackupError as error:
            raise CommandError(error.message, returncode=USAGE) from error
        with quiet_logs(options["verbosity"]):
            if options["dry_run"]:
                outlook = look_ahead(database=target, at=now())
            else:
                outlook = services.prune(database=target, at=now(), at_once=options["at_once"])
        self.stdout.write(json.dumps(_as_json(outlook)) if options["json"] else _as_text(outlook, **options))


def _as_json(outlook: Outlook) -> dict[str, Any]:
    return {
        "database": outlook.plan.database.name,
        "frozen_because": outlook.frozen_because,
        "freed_bytes": outlook.freed_bytes,
        "backups": [_row(one) for one in outlook.judged],
    }


def _row(one: Judged) -> dict[str, Any]:
    return {
        "backup": one.backup.pk,
        "snapshot_at": one.backup.snapshot_at.isoformat(),
        "size_bytes": one.backup.size_bytes,
        "stays": one.decision.stays,
        "why": one.why,
    }


def _as_text(outlook: Outlook, *, dry_run: bool, at_once: bool, **options: Any) -> str:
    lines = [
        f"{'stays' if one.decision.stays else 'goes':<5}  {one.backup.snapshot_at:%Y-%m-%d %H:%M}  "
        f"{size_in_words(one.backup.size_bytes):>8}  {one.why}"
        for one in outlook.judged
    ]
    return "\n".join([*lines, _summary(outlook, dry_run=dry_run, at_once=at_once)])


def _summary(outlook: Outlook, *, dry_run: bool, at_once: bool) -> str:
    going = f"{counted(len(outlook.going), 'backup')} ({size_in_words(outlook.freed_bytes)})"
    if outlook.frozen_because:
        return f"Nothing goes: {outlook.frozen_because}"
    if dry_run:
        return f"{going} would go."
    if at_once:
        return f"{going} went."
    return f"{going} go after a grace of {duration_in_words(outlook.plan.removal_grace)}."
