"""Backups that another tool keeps are gone when that tool says so: its retention counts, not the plan's."""

from datetime import datetime

import structlog

from apps.backups.engines.contract import ListingEngine
from apps.backups.engines.register import engine_named
from apps.backups.models import Backup, Database
from apps.common.exceptions import OperationError

from .removing import unlist

logger = structlog.get_logger(__name__)


def forget_expired(*, database: Database, at: datetime) -> list[Backup]:
    """Unlist what the other tool no longer has. When it cannot be asked, everything stays."""
    engine = engine_named(database.engine)
    if not isinstance(engine, ListingEngine):
        return []
    try:
        held = engine.list_origins(database.connection_url)
    except OperationError as error:
        logger.warning("expired_not_asked", database=database.name, error=error.message)
        return []
    gone = database.backups.stored().kept_elsewhere().exclude(origin__in=held)
    return [backup for backup in gone if _forget(database, backup, at)]


def _forget(database: Database, backup: Backup, at: datetime) -> bool:
    backup.let_go(f"{database.get_engine_display()} no longer has {backup.origin}", at=at)
    return unlist(backup, asked_before=at, at=at)
