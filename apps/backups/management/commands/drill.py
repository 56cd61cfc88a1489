"""manage.py drill"""

import json
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.backups import services
from apps.backups.engines.encryption import read_identities
from apps.backups.exceptions import BackupError
from apps.backups.management.moments import parse_moment
from apps.backups.models import Backup, Database, DrillRun, DrillVerdict, Recipient
from apps.backups.services.custody_drills import owner_of, read_identity_file
from apps.common.console import quiet_logs
from apps.common.statuses import look_of

EXIT_CODES = {DrillVerdict.PROVEN: 0, DrillVerdict.FAILED: 1, DrillVerdict.COULD_NOT_VERIFY: 3}
USAGE = 2


class Command(BaseCommand):
    help = (
        "Restore a backup into a throwaway server and compare it with what its source was. "
        "Exit code 0 proven, 1 failed, 2 usage, 3 could not verify."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("database", nargs="?", help="Its newest backup is drilled; needless where there is one.")
        parser.add_argument("--backup", type=int, metavar="ID", help="Drill this backup instead of the newest.")
        parser.add_argument(
            "--at",
            metavar="TIME",
            type=_read_time,
            help="Recover to this time (ISO 8601, UTC unless it says otherwise) or to now, instead of a whole backup.",
        )
        key = parser.add_mutually_exclusive_group()
        key.add_argument("--recipient", metavar="NAME", help="Decrypt with this key alone, through its escrow.")
        key.add_argument("--identity-file", type=Path, metavar="PATH", help="Decrypt with the key in this file alone.")
        key.add_argument("--identity-stdin", action="store_true", help="The same, from standard input.")
        parser.add_argument("--json", action="store_true", help="Print one object on standard output.")

    def handle(self, *, database: str | None, backup: int | None, **options: Any) -> None:
        chosen = _find_backup(backup) if backup is not None else None
        try:
            target = chosen.database if chosen else _find_database(database)
            key, identity = _find_key(options)
            if options["at"] is not None:
                run = services.queue_point_drill(database=target, target_at=options["at"].target_at)
            elif key:
                run = services.queue_custody_drill(database=target, recipient=key, backup=chosen)
            else:
                run = services.queue_drill(database=target, backup=chosen)
        except BackupError as error:
            raise CommandError(error.message, returncode=USAGE) from error
        with quiet_logs(options["verbosity"]):
            services.carry_out_drill(run=run, identity=identity)
        self.stdout.write(json.dumps(_as_json(run)) if options["json"] else _as_text(run))
        self.stdout.flush()
        code = EXIT_CODES[DrillVerdict(run.outcome)]
        if code:
            sys.exit(code)


@dataclass(frozen=True)
class Moment:
    """A time, or now."""

    target_at: datetime | None


def _read_time(text: str) -> Moment:
    return Moment(None if text == "now" else parse_moment(text))


def _find_backup(identifier: int) -> Backup:
    try:
        return Backup.objects.select_related("database__environment").get(pk=identifier)
    except Backup.DoesNotExist as error:
        raise CommandError(f"There is no backup {identifier}.", returncode=USAGE) from error


def _find_database(name: str | None) -> Database:
    databases = Database.objects.select_related("environment")
    if name is not None:
        databases = databases.filter(name=name)
    found = list(databases[:2])
    if len(found) == 1:
        return found[0]
    known = ", ".join(Database.objects.values_list("name", flat=True)) or "none yet"
    what = f"There is no database named {name}" if name else "Name the database to drill"
    raise CommandError(f"{what}. There are: {known}.", returncode=USAGE)


def _find_key(options: dict[str, Any]) -> tuple[Recipient | None, str]:
    """The key that a custody drill is about, and its identity when it was brought along."""
    if options["recipient"]:
        try:
            return Recipient.objects.get(name=options["recipient"]), ""
        except Recipient.DoesNotExist as error:
            known = ", ".join(Recipient.objects.values_list("name", flat=True)) or "none yet"
            message = f"There is no key named {options['recipient']}. There are: {known}."
            raise CommandError(message, returncode=USAGE) from error
    if options["identity_file"]:
        return owner_of(read_identity_file(options["identity_file"]))
    if options["identity_stdin"]:
        return owner_of(read_identities(sys.stdin.read()))
    return None, ""


def _findings(run: DrillRun) -> list[dict[str, str]]:
    return run.findings or ([{"id": "drill-broken", "message": run.error}] if run.error else [])


def _as_json(run: DrillRun) -> dict[str, Any]:
    return {
        "verdict": run.outcome,
        "findings": _findings(run),
        "warnings": run.warnings,
        "rto_seconds": run.rto_seconds,
        "rpo_seconds": run.rpo_seconds,
        "stages": dict(run.stages),
        "database": run.database.name,
        "backup": run.backup_id,
        "drill": run.pk,
        "target_at": run.target_at.isoformat() if run.target_at else None,
        "reached_at": run.reached_at.isoformat() if run.reached_at else None,
        "key": run.recipient.name if run.recipient else None,
        "tables": run.tables,
        "rows": run.rows,
        "size_bytes": run.size_bytes,
    }


def _as_text(run: DrillRun) -> str:
    subject = f"recovery to {run.target_at}" if run.is_point_in_time else f"backup {run.backup_id}"
    lines = [f"{look_of(run.outcome).word}: {subject} of {run.database}"]
    lines += [f"  {finding['id']}: {finding['message']}" for finding in _findings(run)]
    lines += [f"  {warning['id']} (a warning): {warning['message']}" for warning in run.warnings]
    if run.rto_seconds is not None:
        stages = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in run.stages)
        lines += [
            _looked_at(run),
            f"  recovery {run.rto_seconds:.2f} s ({stages})",
        ]
    if run.rpo_seconds is not None:
        lines += [f"  data of {run.rpo_seconds:.0f} s ago"]
    return "\n".join(lines)


def _looked_at(run: DrillRun) -> str:
    if run.is_point_in_time:
        return f"  the last commit that it holds is of {run.reached_at}"
    return f"  {run.tables} tables, {run.rows:,} rows compared"
