"""Databases and their schedules."""

from datetime import timedelta
from typing import Any

from django.db import transaction

from apps.audit import services as audit
from apps.backups.models import Database, Operation, Schedule
from apps.catalog.models import Environment


@transaction.atomic
def ensure_database(
    *,
    environment: Environment,
    name: str,
    connection_url: str,
    backup_interval: timedelta | None = None,
    drill_interval: timedelta | None = None,
    actor: Any = None,
) -> Database:
    """The database of that name at that address, with schedules, created where missing. An address that moved is kept
    up to date; everything else that exists is left alone."""
    database, is_new = Database.objects.get_or_create(
        name=name, defaults={"environment": environment, "connection_url": connection_url}
    )
    for operation, interval in ((Operation.BACKUP, backup_interval), (Operation.DRILL, drill_interval)):
        if interval is not None:
            Schedule.objects.get_or_create(database=database, operation=operation, defaults={"interval": interval})
    has_moved = database.connection_url != connection_url
    if has_moved:
        database.connection_url = connection_url
        database.save(update_fields=["connection_url"])
    if is_new or has_moved:
        audit.record(action="database.added" if is_new else "database.moved", subject=database, actor=actor)
    return database
