"""Questions about backups that other rooms and apps ask."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.backups.models import Backup, Database, DrillRun
from apps.catalog.models import Environment


@dataclass(frozen=True)
class Protection:
    """How well one database is protected, as the newest runs show it."""

    database: Database
    newest: Backup | None
    newest_proven: Backup | None
    last_drill: DrillRun | None

    def proven_age(self, at: datetime) -> timedelta | None:
        """What would be lost now: the age of the newest backup that is known to restore."""
        return at - self.newest_proven.snapshot_at if self.newest_proven else None


def protection_of(database: Database) -> Protection:
    """The newest backup, the newest proven one, and the last drill of a database."""
    stored = database.backups.stored().newest_first()
    return Protection(
        database=database,
        newest=stored.first(),
        newest_proven=stored.proven().first(),
        last_drill=last_drill(database),
    )


def databases_of(environment: Environment, name: str | None = None) -> list[Database]:
    """The environment's enabled databases, or the one of that name."""
    databases = Database.objects.filter(environment=environment, is_enabled=True)
    return list(databases.filter(name=name) if name else databases)


def last_drill(database: Database) -> DrillRun | None:
    """The newest drill that ended by itself, whatever came of it."""
    ended = database.drillruns.filter(status__in=["succeeded", "failed", "errored"])
    return ended.select_related("backup").order_by("-finished_at").first()


def recent_drills(database: Database, count: int = 10) -> list[DrillRun]:
    """The newest drills that measured a recovery, the oldest first."""
    measured = database.drillruns.filter(rto_seconds__isnull=False).order_by("-finished_at")[:count]
    return list(reversed(measured))
