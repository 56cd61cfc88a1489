"""Whether the databases of an environment could be brought back within their objectives."""

from datetime import timedelta
from typing import Any

from apps.backups import selectors
from apps.backups.engines.watching import quantile
from apps.backups.models import Database
from apps.backups.selectors.watching import measured_drills
from apps.backups.services.observing import RECOVERY_POINT, RECOVERY_TIME
from apps.common.wording import duration_in_words
from apps.evidence.contract import Context, NothingYet, Observation, Parameters, Verifier
from apps.evidence.register import register

from .subjects import COUNT, PARAMETERS, SECONDS, databases_in


class RecoveryPoint(Verifier):
    """What would be lost now, as proven backups tell, is within the objectives."""

    key = RECOVERY_POINT
    title = "Recovery point objective"
    description = (
        "The newest backup that a drill proved is younger than the recovery point objective of its database. "
        "A backup that nobody restored counts for nothing here."
    )
    facts_schema = {
        "type": "object",
        "properties": {
            "databases": COUNT,
            "beyond_objective": COUNT,
            "never_proven": COUNT,
            "proven_age_seconds": SECONDS,
            "objective_seconds": SECONDS,
        },
        "required": ["databases", "beyond_objective", "never_proven"],
        "additionalProperties": False,
    }
    parameters_schema = PARAMETERS
    default_rule = {"fact": "beyond_objective", "operator": "==", "value": 0}
    default_ttl = timedelta(hours=2)  # it grows with the clock
    longest_ttl = timedelta(days=1)

    def collect(self, context: Context, parameters: Parameters) -> Observation:
        databases = databases_in(context, parameters)
        ages = {one: selectors.protection_of(one).proven_age(context.now) for one in databases}
        if not any(ages.values()):
            raise NothingYet("No stored backup was proven by a drill yet. Press “Drill now”, or wait for the schedule.")
        worst = max(databases, key=lambda one: ages[one] or timedelta.max)
        beyond = [one for one in databases if _is_beyond(ages[one], one.rpo_objective)]
        age = ages[worst]
        facts: dict[str, Any] = {
            "databases": len(databases),
            "beyond_objective": len(beyond),
            "never_proven": sum(one is None for one in ages.values()),
            "objective_seconds": worst.rpo_objective.total_seconds(),
        }
        if age is not None:  # what was never proven has no age, which is not a small one
            facts["proven_age_seconds"] = age.total_seconds()
        return Observation(
            facts=facts,
            observed_at=context.now,
            subject=f"{worst} of {context.environment}",
            summary=_point_summary(worst, age),
            source=f"/admin/backups/database/{worst.pk}/change/",
        )


class RecoveryTime(Verifier):
    """Recoveries, as drills measured them, are within the objectives."""

    key = RECOVERY_TIME
    title = "Recovery time objective"
    description = "Of the newest drills of each database, 95 of 100 brought it back within its recovery time objective."
    facts_schema = {
        "type": "object",
        "properties": {
            "databases": COUNT,
            "beyond_objective": COUNT,
            "drills": COUNT,
            "rto_seconds": SECONDS,
            "rto_p50_seconds": SECONDS,
            "rto_p95_seconds": SECONDS,
            "objective_seconds": SECONDS,
        },
        "required": ["databases", "beyond_objective", "drills", "rto_seconds", "rto_p95_seconds"],
        "additionalProperties": False,
    }
    parameters_schema = PARAMETERS
    default_rule = {"fact": "beyond_objective", "operator": "==", "value": 0}
    default_ttl = timedelta(days=7)
    longest_ttl = timedelta(days=90)

    def collect(self, context: Context, parameters: Parameters) -> Observation:
        databases = databases_in(context, parameters)
        measured = {one: measured_drills(one) for one in databases}
        if not all(measured.values()):
            raise NothingYet("Not every database has a measured recovery yet. Press “Drill now”, or wait for a slot.")
        seconds = {one: [drill.rto_seconds or 0.0 for drill in drills] for one, drills in measured.items()}
        p95 = {one: quantile(values, 0.95) or 0.0 for one, values in seconds.items()}
        worst = max(databases, key=lambda one: p95[one] / one.rto_objective.total_seconds())
        newest = [drills[-1] for drills in measured.values()]
        return Observation(
            facts={
                "databases": len(databases),
                "beyond_objective": sum(p95[one] > one.rto_objective.total_seconds() for one in databases),
                "drills": sum(map(len, seconds.values())),
                "rto_seconds": max(values[-1] for values in seconds.values()),
                "rto_p50_seconds": quantile(seconds[worst], 0.5),
                "rto_p95_seconds": p95[worst],
                "objective_seconds": worst.rto_objective.total_seconds(),
            },
            observed_at=min(drill.finished_at for drill in newest if drill.finished_at),
            subject=f"{worst} of {context.environment}",
            summary=_time_summary(worst, p95[worst]),
            source=f"/admin/backups/database/{worst.pk}/change/",
        )


def _is_beyond(age: timedelta | None, objective: timedelta) -> bool:
    return age is None or age > objective


def _point_summary(worst: Database, age: timedelta | None) -> str:
    if age is None:
        return f"no stored backup of {worst} was proven"
    return f"{duration_in_words(age)} of {worst} would be lost; objective {duration_in_words(worst.rpo_objective)}"


def _time_summary(worst: Database, seconds: float) -> str:
    measured, objective = duration_in_words(timedelta(seconds=seconds)), duration_in_words(worst.rto_objective)
    return f"{worst} comes back within {measured}; objective {objective}"


register(RecoveryPoint())
register(RecoveryTime())
