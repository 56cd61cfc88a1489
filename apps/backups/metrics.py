"""What Prometheus may ask of backups: the same few queries for any number of databases."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count
from prometheus_client.core import GaugeMetricFamily, Metric

from apps.backups.models import Backup, BackupRun, Database, DrillRun, DrillVerdict, RestoreRun
from apps.backups.selectors import with_protection
from apps.common.clock import now
from apps.common.metrics import register
from apps.common.runs import UNFINISHED

NAMES = ["database", "service", "environment"]


@register
def collect() -> Iterator[Metric]:
    """Of every enabled database."""
    databases = list(with_protection(Database.objects.filter(is_enabled=True).select_related("environment__service")))
    yield from _protection(databases)
    yield from _newest_backups(databases)
    yield from _stages(databases)
    yield from _unfinished()


def _gauge(name: str, words: str, labels: list[str] | None = None) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"seaworthy_{name}", words, labels=NAMES if labels is None else labels)


def _labels(database: Database) -> list[str]:
    return [database.name, database.environment.service.slug, database.environment.name]


def _protection(databases: list[Any]) -> Iterator[Metric]:
    at = now()
    proven = _gauge("backup_proven_age_seconds", "Age of the newest backup that a drill proved; absent without one.")
    newest = _gauge("backup_age_seconds", "Age of the newest backup; absent without one.")
    point = _gauge("backup_rpo_objective_seconds", "How much of the newest data may be lost.")
    recovery = _gauge("drill_rto_seconds", "How long the last measured recovery took; absent without one.")
    allowed = _gauge("drill_rto_objective_seconds", "How long a recovery may take.")
    verdict = _gauge("drill_verdict", "1 for what the last drill said, 0 for what it did not.", [*NAMES, "verdict"])
    for one in databases:
        labels = _labels(one)
        point.add_metric(labels, one.rpo_objective.total_seconds())
        allowed.add_metric(labels, one.rto_objective.total_seconds())
        if one.newest_proven_at:
            proven.add_metric(labels, (at - one.newest_proven_at).total_seconds())
        if one.newest_at:
            newest.add_metric(labels, (at - one.newest_at).total_seconds())
        if one.last_rto_seconds is not None:
            recovery.add_metric(labels, one.last_rto_seconds)
        for value in DrillVerdict.values if one.last_outcome else []:
            verdict.add_metric([*labels, value], float(one.last_outcome == value))
    yield from (proven, newest, point, recovery, allowed, verdict)


def _newest_backups(databases: list[Database]) -> Iterator[Metric]:
    stored = _gauge("backup_size_bytes", "Stored bytes of the newest backup.")
    size = _gauge("backup_database_size_bytes", "Size of the database at the newest backup.")
    rows = _gauge("backup_rows", "Rows in the newest backup.")
    took = _gauge("backup_duration_seconds", "How long the newest backup took.")
    newest = Backup.objects.stored().order_by("database_id", "-snapshot_at", "-pk").distinct("database_id")
    found = {backup.database_id: backup for backup in newest.select_related("run").defer("fingerprint")}
    for one in databases:
        backup = found.get(one.pk)
        if backup is None:
            continue
        stored.add_metric(_labels(one), backup.size_bytes)
        size.add_metric(_labels(one), backup.database_size_bytes)
        rows.add_metric(_labels(one), backup.rows)
        if backup.run.duration:
            took.add_metric(_labels(one), backup.run.duration.total_seconds())
    yield from (stored, size, rows, took)


def _stages(databases: list[Database]) -> Iterator[Metric]:
    seconds = _gauge("drill_stage_seconds", "Each stage of the last measured recovery.", [*NAMES, "stage"])
    measured = DrillRun.objects.filter(rto_seconds__isnull=False).order_by("database_id", "-finished_at")
    last = {drill.database_id: drill for drill in measured.distinct("database_id")}
    for one in databases:
        for name, value in last[one.pk].stage_rows if one.pk in last else []:
            seconds.add_metric([*_labels(one), name], value)
    yield seconds


def _unfinished() -> Iterator[Metric]:
    waiting = _gauge("backup_runs", "Runs that are queued or running.", ["operation", "status"])
    for operation, model in (("backup", BackupRun), ("drill", DrillRun), ("restore", RestoreRun)):
        runs: Any = model.objects
        counts = dict(runs.unfinished().order_by().values_list("status").annotate(count=Count("pk")))
        for status in UNFINISHED:
            waiting.add_metric([operation, status.value], counts.get(status, 0))
    yield waiting
