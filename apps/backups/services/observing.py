"""A finished run is evidence at once: whatever is bound to it need not wait for the next collection."""

from apps.backups.models import Database
from apps.evidence import services as evidence

RECENT = "backups.recent"
RESTORE_DRILL = "backups.restore_drill"
RECOVERY_POINT = "backups.rpo"
RECOVERY_TIME = "backups.rto"
POINT_IN_TIME = "backups.point_in_time"
KEY_CUSTODY = "backups.key_custody"


def observe(database: Database, *keys: str) -> None:
    """Let the verifiers look at the database, and at its environment as a whole."""
    for key in keys:
        for parameters in ({}, {"database": database.name}):
            evidence.collect(environment=database.environment, key=key, parameters=parameters)
