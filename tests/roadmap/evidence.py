"""Short ways for tests to bind a criterion and to record an observation."""

from datetime import UTC, datetime, timedelta

from apps.evidence.contract import Observation
from apps.evidence.services import record_observation
from apps.roadmap.models import Binding

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def bind(criterion, clause="", **fields):
    fields = {"verifier_key": "tests.recovery", "state": "accepted", "decided_at": NOW} | fields
    return Binding.objects.create(criterion=criterion, clause=clause, **fields)


def observe(environment, observed_at, error="", parameters=None, recorded_at=None, **facts):
    observation = Observation(
        facts={"verdict": "proven"} | facts, observed_at=observed_at, subject="orders", summary="Restored", error=error
    )
    return record_observation(
        environment=environment,
        key="tests.recovery",
        observation=observation,
        parameters=parameters,
        at=recorded_at or observed_at,
    )
