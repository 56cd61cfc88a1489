"""How well one database is protected over time, and what is unusual about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import takewhile

from django.db.models import F, Sum

from apps.backups.engines.watching import (
    AgePoint,
    Anomaly,
    Forecast,
    Measured,
    Proof,
    Sized,
    anomalies,
    forecast,
    proven_ages,
    quantile,
)
from apps.backups.models import Backup, BackupCopy, Database, DrillRun, DrillVerdict
from apps.common.runs import RunStatus

DAYS_SHOWN, BACKUPS_SHOWN, DRILLS_SHOWN = 30, 60, 20
ENDED = [RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.ERRORED]
GIGABYTE = Decimal(10**9)


@dataclass(frozen=True)
class Watch:
    """The figures of one database at an instant."""

    database: Database
    at: datetime
    proven_age: timedelta | None
    ages: Sequence[AgePoint]
    drills: Sequence[DrillRun]
    forecast: Forecast | None
    backups: Sequence[Sized]
    anomalies: Sequence[Anomaly]
    unproven: int
    failed_backups: int
    failed_drills: int
    missed_slots: int
    stored_bytes: int
    month_cost: Decimal | None

    @property
    def is_point_missed(self) -> bool:
        """More would be lost now than the objective allows."""
        return self.proven_age is None or self.proven_age > self.database.rpo_objective

    @property
    def is_time_missed(self) -> bool:
        """Most recoveries took longer than the objective allows."""
        return self.rto_p95 is not None and self.rto_p95 > self.database.rto_objective

    @property
    def rto_p50(self) -> timedelta | None:
        return self._rto(0.5)

    @property
    def rto_p95(self) -> timedelta | None:
        return self._rto(0.95)

    def _rto(self, share: float) -> timedelta | None:
        seconds = quantile([drill.rto_seconds or 0.0 for drill in self.drills], share)
        return timedelta(seconds=seconds) if seconds is not None else None


def watch(database: Database, *, at: datetime) -> Watch:
    """Everything that the page of a database shows of its protection."""
    proofs = proofs_of(database, at)
    ages = proven_ages(proofs, since=_shown_since(database, at), until=at)
    drills, backups = measured_drills(database), _sized(database)
    stored = database.backups.stored()
    newest_proven = stored.proven().newest_first().values_list("snapshot_at", flat=True).first()
    return Watch(
        database=database,
        at=at,
        proven_age=at - newest_proven if newest_proven else None,
        ages=ages,
        drills=drills,
        forecast=forecast(_measurements(drills), objective=database.rto_objective, now=at),
        backups=backups,
        anomalies=anomalies(backups),
        unproven=stored.count() - stored.proven().count(),
        failed_backups=_streak(database.backupruns.filter(status__in=ENDED).values_list("status", flat=True)),
        failed_drills=failed_drills_in_a_row(database),
        missed_slots=missed_slots(database, since=at - timedelta(days=7)),
        stored_bytes=stored.aggregate(total=Sum("size_bytes"))["total"] or 0,
        month_cost=_month_cost(database),
    )


def begun_at(database: Database) -> datetime | None:
    """When a backup was asked for the first time."""
    return database.backupruns.order_by("queued_at").values_list("queued_at", flat=True).first()


def _shown_since(database: Database, at: datetime) -> datetime:
    """When the shown days begin: not before the first backup was asked for, and an hour ago at the latest."""
    earliest = at - timedelta(days=DAYS_SHOWN)
    return min(max(earliest, begun_at(database) or earliest), at - timedelta(hours=1))


def newest_anomalies(database: Database) -> list[Anomaly]:
    """What is unusual about the newest backup."""
    return anomalies(_sized(database))


def failed_drills_in_a_row(database: Database) -> int:
    """How many of the newest drills proved nothing, counted from the last one backwards."""
    ended = database.drillruns.filter(status__in=ENDED).order_by("-finished_at")
    verdicts = ended.values_list("verdict", flat=True)[:BACKUPS_SHOWN]
    return len(list(takewhile(lambda verdict: verdict != DrillVerdict.PROVEN, verdicts)))


def missed_slots(database: Database, *, since: datetime) -> int:
    """Slots of its schedules since then that nobody was there to take."""
    missed = {"status": RunStatus.MISSED, "scheduled_for__gte": since}
    return database.backupruns.filter(**missed).count() + database.drillruns.filter(**missed).count()


def _streak(statuses: object) -> int:
    newest_first = statuses.order_by("-finished_at")[:BACKUPS_SHOWN]  # type: ignore[attr-defined]
    return len(list(takewhile(lambda status: status != RunStatus.SUCCEEDED, newest_first)))


def proofs_of(database: Database, at: datetime) -> list[Proof]:
    """Every drill up to then that proved a backup, and the moment that it proved; the newest thousand."""
    proven = database.drillruns.filter(verdict=DrillVerdict.PROVEN, finished_at__lte=at, backup__isnull=False)
    rows = proven.order_by("-finished_at").values_list("finished_at", "backup__snapshot_at")[:1000]
    return [Proof(finished_at, snapshot_at) for finished_at, snapshot_at in rows if finished_at]


def measured_drills(database: Database) -> list[DrillRun]:
    """The newest drills that measured a recovery, the oldest first."""
    measured = database.drillruns.filter(rto_seconds__isnull=False).order_by("-finished_at")[:DRILLS_SHOWN]
    return list(reversed(measured))


def _measurements(drills: Sequence[DrillRun]) -> list[Measured]:
    return [
        Measured(drill.finished_at, drill.size_bytes or 0, drill.rto_seconds)
        for drill in drills
        if drill.finished_at and drill.rto_seconds is not None
    ]


def _sized(database: Database) -> list[Sized]:
    """Of those that are gone from the storage too: their figures are still what was usual."""
    rows = Backup.objects.filter(database=database).newest_first()
    figures = rows.values_list("snapshot_at", "size_bytes", "database_size_bytes", "rows")[:BACKUPS_SHOWN]
    return [Sized(*values) for values in reversed(figures)]


def _month_cost(database: Database) -> Decimal | None:
    """What its stored copies cost in a month, where their storages say a price."""
    priced = BackupCopy.objects.stored().filter(backup__database=database, storage__gigabyte_month_cost__isnull=False)
    total = priced.aggregate(total=Sum(F("backup__size_bytes") * F("storage__gigabyte_month_cost")))["total"]
    return Decimal(total) / GIGABYTE if total is not None else None
