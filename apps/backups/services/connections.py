"""Testing the connection to a database, before a backup or a drill has to find out."""

from datetime import datetime
from typing import Any

from django.db import transaction

from apps.audit import services as audit
from apps.backups.engines.probe import Line, as_json, is_ready
from apps.backups.engines.probes import probe_of
from apps.backups.models import Database


def check_connection(*, database: Database, at: datetime, actor: Any = None) -> list[Line]:
    """Look at everything that a backup and its drill need, and keep what was found. Raises EngineUnknown."""
    lines = probe_of(database.engine)(database.connection_url, at)
    _keep(database, lines, at, actor)
    return lines


@transaction.atomic
def _keep(database: Database, lines: list[Line], at: datetime, actor: Any) -> None:
    database.checked_at, database.check_lines = at, as_json(lines)
    database.save(update_fields=["checked_at", "check_lines"])
    absent = [line.id for line in lines if line.state == "missing"]
    details = {"is_ready": is_ready(lines), "missing": absent}
    audit.record(action="database.tested", subject=database, actor=actor, details=details)
