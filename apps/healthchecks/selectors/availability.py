"""How available was a monitored service?"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Aggregate, Count, FloatField, Max, Min, Q, Sum

from apps.healthchecks.models import Monitor, ProbeResult


class Percentile95(Aggregate):
    """The value that 95 of 100 do not exceed."""

    function = "percentile_disc"
    name = "Percentile95"
    template = "%(function)s(0.95) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


@dataclass(frozen=True)
class Availability:
    """What the results of a window say. Time without a result is unknown, and counts for nothing but the coverage."""

    checks: int
    failures: int
    availability_percent: float | None
    coverage_percent: float
    p95_milliseconds: float | None
    last_at: datetime | None


_UP = Q(is_up=True)
_FIGURES = {
    "checks": Count("pk"),
    "failures": Count("pk", filter=~_UP),
    "up_seconds": Sum("covers_seconds", filter=_UP, default=0),
    "known_seconds": Sum("covers_seconds", default=0),
    "p95_milliseconds": Percentile95("duration_milliseconds", filter=_UP),
    "last_at": Max("scheduled_at"),
}


def availability(monitor: Monitor, *, end: datetime, window: timedelta) -> Availability:
    """The monitor's availability in the window that ends at the instant."""
    results = ProbeResult.objects.filter(monitor=monitor).scheduled_between(end - window, end)
    return _availability(results.aggregate(**_FIGURES), window)


def availability_of(monitors: Iterable[int], *, end: datetime, window: timedelta) -> dict[int, Availability]:
    """The same for many monitors, by their keys, in one query."""
    results = ProbeResult.objects.filter(monitor__in=list(monitors)).scheduled_between(end - window, end)
    rows = results.order_by().values("monitor_id").annotate(**_FIGURES)
    return {row["monitor_id"]: _availability(row, window) for row in rows}


def newest_results(monitors: Iterable[int]) -> dict[int, ProbeResult]:
    """The newest result of each monitor, by their keys, in one query."""
    newest = ProbeResult.objects.filter(monitor__in=list(monitors)).order_by("monitor_id", "-scheduled_at")
    return {result.monitor_id: result for result in newest.distinct("monitor_id")}


def scheduled_span(monitor: Monitor) -> tuple[datetime, datetime] | None:
    """When the monitor was first and last asked by its schedule; None before the first time."""
    results = ProbeResult.objects.filter(monitor=monitor, covers_seconds__gt=0)
    first_at, last_at = results.aggregate(first=Min("scheduled_at"), last=Max("scheduled_at")).values()
    return (first_at, last_at) if first_at else None


def _availability(row: Mapping[str, Any], window: timedelta) -> Availability:
    known, up = row["known_seconds"], row["up_seconds"]
    return Availability(
        checks=row["checks"],
        failures=row["failures"],
        p95_milliseconds=row["p95_milliseconds"],
        last_at=row["last_at"],
        availability_percent=_percent(up, known) if known else None,
        coverage_percent=min(100.0, _percent(known, window.total_seconds())),
    )


def _percent(part: float, whole: float) -> float:
    # Rounded down: 99.9996 % must not read as 100.
    return math.floor(part * 100_000 / whole) / 1000
