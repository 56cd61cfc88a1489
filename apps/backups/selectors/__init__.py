"""Questions about backups that other rooms and apps ask."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, CharField, F, OuterRef, Q, QuerySet, Subquery, Value, When

from apps.backups.exceptions import DatabaseUnknown
from apps.backups.models import Backup, Database, DrillRun, DrillVerdict
from apps.catalog.models import Environment
from apps.common.columns import columns_of, read_rows
from apps.common.runs import RunStatus

DRILLS_SHOWN = 10
ENDED = [RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.ERRORED]
# In plain SQL, since every visit to a service asks, and mostly there are none.
_DATABASES = f"""
SELECT {columns_of(Database, "database")} FROM backups_database AS database
WHERE environment_id = %s AND is_enabled AND %s IN ('', name) ORDER BY name
"""  # noqa: S608  the names of columns


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


def with_protection(databases: QuerySet[Database]) -> QuerySet[Database]:
    """The databases with the figures of their protection, in one query whatever their number."""
    stored = Backup.objects.stored().filter(database=OuterRef("pk")).newest_first()
    ended = DrillRun.objects.of_backups().filter(database=OuterRef("pk"), status__in=ENDED).order_by("-finished_at")
    outcome = Case(
        When(~Q(verdict=""), then=F("verdict")), default=Value(DrillVerdict.COULD_NOT_VERIFY), output_field=CharField()
    )
    measured = ended.filter(rto_seconds__isnull=False)
    return databases.annotate(
        newest_at=Subquery(stored.values("snapshot_at")[:1]),
        newest_proven_at=Subquery(stored.proven().values("snapshot_at")[:1]),
        last_outcome=Subquery(ended.annotate(came_to=outcome).values("came_to")[:1]),
        last_rto_seconds=Subquery(measured.values("rto_seconds")[:1]),
    )


def fingerprint_summary(backup: Backup) -> list[tuple[str, int]]:
    """How many of each kind of thing a drill of the backup compares, the most important first."""
    fingerprint = backup.fingerprint
    if not fingerprint:  # nobody measured the source
        return []
    small, large = backup.database.counted
    hidden = {"database", small, large}  # counted otherwise
    kinds = [(kind, len(found)) for kind, found in fingerprint.get("objects", {}).items() if kind not in hidden]
    return [
        (large, backup.tables),
        (small, backup.rows),
        *((kind, count) for kind, count in kinds if count),
        *((kind, count) for kind, count in _of_postgresql(fingerprint)),
    ]


def _of_postgresql(fingerprint: dict[str, Any]) -> Iterator[tuple[str, int]]:
    if "extensions" in fingerprint:
        yield "extension", len(fingerprint["extensions"])
        yield "large object", fingerprint["large_objects"]["count"]


def find_database(name: str) -> Database:
    """The database of that name. Raises DatabaseUnknown, naming those that there are."""
    database = Database.objects.select_related("environment__service").filter(name=name).first()
    if database is None:
        known = ", ".join(Database.objects.values_list("name", flat=True)) or "none yet"
        raise DatabaseUnknown(f"There is no database named {name}. There are: {known}.")
    return database


def databases_of(environment: Environment, name: str | None = None) -> list[Database]:
    """The environment's enabled databases, or the one of that name."""
    return read_rows(Database, _DATABASES, [environment.pk, name or ""])


def last_drill(database: Database) -> DrillRun | None:
    """The newest drill of a backup that ended by itself, whatever came of it.

    Of one that restored nothing, the earlier one that had proven the same: no proof is newer than its restore.
    """
    ended = database.drillruns.of_backups().filter(status__in=ENDED)
    drill = ended.select_related("backup", "satisfied_by__backup").order_by("-finished_at").first()
    return drill.satisfied_by or drill if drill else None


def last_point_drill(database: Database) -> DrillRun | None:
    """The newest drill to a point in time that ended by itself, whatever came of it."""
    ended = database.drillruns.to_points().filter(status__in=ENDED)
    return ended.select_related("backup").order_by("-finished_at").first()


def recent_drills(database: Database) -> list[DrillRun]:
    """The newest drills that measured a recovery, the oldest first."""
    measured = database.drillruns.of_backups().filter(rto_seconds__isnull=False).order_by("-finished_at")[:DRILLS_SHOWN]
    return list(reversed(measured))
