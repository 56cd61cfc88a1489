"""Figures of how well a database is protected. Pure: rows in, figures out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from statistics import linear_regression, median

FEWEST_FOR_FORECAST = 5
FEWEST_FOR_ANOMALY = 5
FORECAST = timedelta(days=90)
UNUSUAL_DEVIATIONS = 6.0
UNUSUAL_SHARE = 0.3
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Proof:
    """A drill that proved a backup: from its end on, the backup's moment could be brought back."""

    proven_at: datetime
    snapshot_at: datetime


@dataclass(frozen=True)
class AgePoint:
    """How old the newest proven backup was at an instant. None: there was none yet."""

    at: datetime
    age: timedelta | None


def proven_ages(proofs: Sequence[Proof], *, since: datetime, until: datetime) -> list[AgePoint]:
    """The age of the newest proven backup over time: it grows with the clock, and falls with each better proof."""
    points: list[AgePoint] = []
    newest: datetime | None = None
    for proof in sorted(proofs, key=lambda one: one.proven_at):
        if proof.proven_at > until or (newest and proof.snapshot_at <= newest):
            continue
        if proof.proven_at > since:
            if not points:
                points.append(_age(since, newest))
            points += [_age(proof.proven_at, newest), _age(proof.proven_at, proof.snapshot_at)]
        newest = proof.snapshot_at
    return [*(points or [_age(since, newest)]), _age(until, newest)]


def _age(at: datetime, snapshot_at: datetime | None) -> AgePoint:
    return AgePoint(at, at - snapshot_at if snapshot_at else None)


def quantile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least this share of them does not exceed. None of nothing."""
    ordered = sorted(values)
    if not ordered:
        return None
    return ordered[max(0, ceil(len(ordered) * share) - 1)]


@dataclass(frozen=True)
class Measured:
    """One drill: when it ended, how large the database was, and how long the recovery took."""

    at: datetime
    size_bytes: int
    rto_seconds: float


@dataclass(frozen=True)
class Forecast:
    """What the recovery would take at an instant, if the database goes on growing as it did."""

    at: datetime
    size_bytes: int
    rto_seconds: float
    reaches_objective_at: datetime | None


def forecast(measured: Sequence[Measured], *, objective: timedelta, now: datetime) -> Forecast | None:
    """By straight lines: size over time, and recovery time over size. None without enough drills of enough spread."""
    if len(measured) < FEWEST_FOR_FORECAST:
        return None
    days = [(one.at - now) / DAY for one in measured]
    sizes, seconds = [float(one.size_bytes) for one in measured], [one.rto_seconds for one in measured]
    if max(days) - min(days) < 1 or len(set(sizes)) < 2:
        return None
    growth = linear_regression(days, sizes)
    speed = linear_regression(sizes, seconds)
    size = max(growth.intercept + growth.slope * (FORECAST / DAY), 0.0)
    later = max(speed.intercept + speed.slope * size, 0.0)
    return Forecast(now + FORECAST, int(size), later, _reached(growth, speed, objective, now))


def _reached(
    growth: tuple[float, float], speed: tuple[float, float], objective: timedelta, now: datetime
) -> datetime | None:
    """When the recovery would take as long as the objective allows; None when not within ten years."""
    per_day = growth[0] * speed[0]
    today = speed[1] + speed[0] * growth[1]
    left = objective.total_seconds() - today
    if per_day <= 0 or left <= 0 or left / per_day > 3650:
        return None
    return now + DAY * (left / per_day)


@dataclass(frozen=True)
class Sized:
    """One backup, as far as its figures may be unusual."""

    at: datetime
    size_bytes: int
    database_size_bytes: int
    rows: int

    @property
    def ratio(self) -> float:
        """Stored bytes for each of the database: near 1 when the data cannot be compressed, as encrypted data can't."""
        return self.size_bytes / self.database_size_bytes if self.database_size_bytes else 0.0


@dataclass(frozen=True)
class Anomaly:
    """A figure of the newest backup that is unlike the ones before it."""

    figure: str
    value: float
    usual: float

    @property
    def sentence(self) -> str:
        words = {"rows": "rows", "database_size_bytes": "bytes in the database", "ratio": "stored bytes per byte"}
        what = "fewer" if self.value < self.usual else "more"
        form = ".3f" if self.figure == "ratio" else ",.0f"
        figures = f"{self.value:{form}}, usually {self.usual:{form}}"
        return f"The newest backup has {what} {words[self.figure]} than usual: {figures}."


def anomalies(backups: Sequence[Sized]) -> list[Anomaly]:
    """What is unusual about the newest backup, by the median and the spread of those before it."""
    if len(backups) <= FEWEST_FOR_ANOMALY:
        return []
    *before, newest = sorted(backups, key=lambda one: one.at)
    figures = ("rows", "database_size_bytes", "ratio")
    found = (_anomaly(name, [float(getattr(one, name)) for one in before], getattr(newest, name)) for name in figures)
    return [one for one in found if one is not None]


def _anomaly(figure: str, before: list[float], value: float) -> Anomaly | None:
    usual = median(before)
    spread = median(abs(one - usual) for one in before)
    is_far = abs(value - usual) > UNUSUAL_DEVIATIONS * 1.4826 * spread
    is_much = abs(value - usual) > UNUSUAL_SHARE * max(usual, 1e-9)
    return Anomaly(figure, float(value), usual) if is_far and is_much else None
