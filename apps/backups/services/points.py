"""Drills to a point in time: the write-ahead log is replayed up to a moment, and no further."""

from datetime import datetime
from typing import Any

from django.db import transaction

from apps.audit import services as audit
from apps.backups.engines.advice import as_rows
from apps.backups.engines.contract import PointEngine, PointJob
from apps.backups.engines.register import engine_named
from apps.backups.engines.report import PointReport
from apps.backups.exceptions import NoPointInTime
from apps.backups.models import Database, DrillRun, Schedule
from apps.common.clock import Clock, now

from .queueing import queue_run


@transaction.atomic
def queue_point_drill(
    *,
    database: Database,
    target_at: datetime | None = None,
    actor: Any = None,
    schedule: Schedule | None = None,
    scheduled_for: datetime | None = None,
    at: datetime | None = None,
) -> DrillRun:
    """Add a drill to the target, or to a moment shortly before it runs. Raises RunUnfinished, NoPointInTime."""
    _engine(database)
    if target_at is not None and target_at > (at or now()):
        raise NoPointInTime(f"{target_at} lies ahead; only what has happened can be recovered.")
    run = DrillRun(
        database=database,
        is_point_in_time=True,
        target_at=target_at,
        schedule=schedule,
        scheduled_for=scheduled_for,
        requested_by=actor,
    )
    refusal = f"A backup of {database} is being drilled already. Wait until that drill ends."
    queue_run(run, action="drill.queued", at=at, refusal=refusal)
    return run


def drill_point(run: DrillRun, clock: Clock) -> PointReport:
    """Recover to the run's target, whatever comes of it."""
    job = PointJob(connection_url=run.database.connection_url, now=clock(), target_at=run.target_at)
    return _engine(run.database).drill_point(job)


def record_point(run: DrillRun, report: PointReport) -> dict[str, Any]:
    """The run's own fields, with an audit row."""
    details = {"verdict": report.verdict.value, "target_at": report.target_at, "from": report.origin}
    audit.record(action="drill.finished", subject=run, details=details)
    return {
        "backup": run.database.backups.filter(origin=report.origin).first() if report.origin else None,
        "target_at": report.target_at,
        "reached_at": report.reached_at,
        "verdict": report.verdict.value,
        "findings": as_rows(report.findings),
        "stages": list(report.stages.items()),
        "rto_seconds": report.rto_seconds,
        "rpo_seconds": report.rpo_seconds,
        "size_bytes": report.size_bytes,
    }


def _engine(database: Database) -> PointEngine:
    engine = engine_named(database.engine)
    if not isinstance(engine, PointEngine):
        raise NoPointInTime(
            f"{database} is backed up as {database.get_engine_display()}, which keeps no write-ahead log. "
            "Points in time need the engine PostgreSQL by pgBackRest."
        )
    return engine
