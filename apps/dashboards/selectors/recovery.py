"""How well an environment's databases would be recovered, as proven backups and drills show it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.forms.models import model_to_dict

from apps.backups.models import Backup, Database, DrillRun
from apps.backups.selectors import databases_of, recent_drills
from apps.catalog.models import Environment
from apps.dashboards.engines.charts import Spark, draw_spark


@dataclass(frozen=True)
class Recovery:
    """The database that would lose the most, its newest proven backup, and the drills that measured a recovery."""

    database: Database
    databases: int
    newest_proven: Backup | None
    drills: tuple[DrillRun, ...]
    at: datetime

    @property
    def last_drill(self) -> DrillRun | None:
        return self.drills[-1] if self.drills else None

    @property
    def is_point_missed(self) -> bool:
        """More would be lost than the objective allows."""
        return not self.newest_proven or self.at - self.newest_proven.snapshot_at > self.database.rpo_objective

    @property
    def is_time_missed(self) -> bool:
        """The last measured recovery took longer than the objective allows."""
        seconds = self.last_drill.rto_seconds if self.last_drill else None
        return seconds is not None and timedelta(seconds=seconds) > self.database.rto_objective

    @property
    def spark(self) -> Spark | None:
        return draw_spark([drill.rto_seconds or 0 for drill in self.drills])


def recovery(environment: Environment, *, at: datetime) -> Recovery | None:
    """The environment's weakest database. None when there is none."""
    databases = databases_of(environment)
    if not databases:
        return None
    proven = Backup.objects.stored().proven().filter(database__in=databases)
    newest = {backup.database_id: backup for backup in proven.order_by("snapshot_at", "pk").defer("fingerprint")}
    weakest = max(databases, key=lambda database: _exposure(newest.get(database.pk), at))
    return Recovery(weakest, len(databases), newest.get(weakest.pk), tuple(recent_drills(weakest)), at)


def recovery_state(known: Recovery | None) -> str:
    """Another text for whatever a page would show otherwise of it, ages apart."""
    if known is None:
        return "none"
    rows = [known.database, known.newest_proven, *known.drills]
    values = [model_to_dict(row) | {"pk": row.pk} for row in rows if row]
    return repr((known.databases, known.is_point_missed, known.is_time_missed, values))


def _exposure(backup: Backup | None, at: datetime) -> timedelta:
    return at - backup.snapshot_at if backup else timedelta.max
