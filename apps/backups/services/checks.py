"""Checks of databases, tried on the source before a drill asks the copy."""

from apps.backups.engines.postgresql.address import parse_address
from apps.backups.engines.postgresql.asking import explain
from apps.backups.exceptions import BackupError
from apps.backups.models import Check, Database
from apps.backups.models.checks import CHECKED_ENGINES


def refusal_of(database: Database, check: Check) -> str:
    """Why the source cannot answer the check. Empty when it can, or cannot be asked now: the drill will tell then."""
    if database.engine not in CHECKED_ENGINES:
        return "Checks are asked of PostgreSQL only."
    try:
        return explain(parse_address(database.connection_url), check.question)
    except BackupError:
        return ""
