"""Noting that criteria came to stand otherwise: since when, by what, and by whom. Nothing is decided by it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.catalog.models import Environment
from apps.common.clock import now
from apps.roadmap.engines.transitions import find_cause
from apps.roadmap.models import StatusTransition
from apps.roadmap.selectors.readiness import readiness_of_each
from apps.roadmap.selectors.statuses import CriterionStatus
from apps.roadmap.services.transition_origins import Key, find_origins, key_of


@transaction.atomic
def note_transitions(*, environments: Sequence[Environment], at: datetime | None = None) -> int:
    """Note every criterion that stands otherwise than was noted last, and give how many there are."""
    at, numbers = at or now(), [each.pk for each in environments]
    # Two workers take turns; whoever refers to the environment meanwhile does not wait.
    list(Environment.objects.filter(pk__in=numbers).order_by("pk").select_for_update(no_key=True))
    last = _last_transitions(numbers)
    rows = [
        _transition(known.environment, status, last.get((known.environment.pk, status.criterion.pk)), at)
        for known in readiness_of_each(environments, at=at)
        for status in known.criteria
    ]
    turned = [row for row in rows if row.from_standing != row.to_standing]
    _date(turned, last, at)
    StatusTransition.objects.bulk_create(turned)
    return len(turned)


def _last_transitions(environments: Iterable[int]) -> Mapping[Key, StatusTransition]:
    noted = StatusTransition.objects.filter(environment__in=environments)
    newest = noted.order_by("environment_id", "criterion_id", "-pk").distinct("environment_id", "criterion_id")
    return {(row.environment_id, row.criterion_id): row for row in newest}


def _transition(
    environment: Environment, status: CriterionStatus, last: StatusTransition | None, at: datetime
) -> StatusTransition:
    known = _known(status)
    return StatusTransition(
        criterion_id=status.criterion.pk,
        environment=environment,
        from_standing=last.to_standing if last else "",
        to_standing=status.standing.value,
        cause=find_cause(last.input if last else None, known),
        at=at,
        recorded_at=at,
        input=known,
    )


def _known(status: CriterionStatus) -> dict[str, Any]:
    """What the standing follows from, by value."""
    return {
        "claim": status.claim,
        "evidence": status.evidence.value,
        "observations": sorted(each.observation_id for each in status.bindings if each.observation_id),
        "bindings": sorted(each.binding.pk for each in status.bindings),
        "waiver": status.waiver.id if status.waiver else None,
        "expired_at": status.expired_at.isoformat() if status.expired_at else None,
    }


def _date(turned: Sequence[StatusTransition], last: Mapping[Key, StatusTransition], at: datetime) -> None:
    """Say of each since when it is so and by whom, as far as can be known: never before the one before it."""
    origins = find_origins(turned, last)
    for row in turned:
        origin, before = origins.get(key_of(row)), last.get(key_of(row))
        if origin:
            since = min(origin.at, at)
            row.at = max(since, before.at) if before else since
            row.actor_id, row.cause = origin.actor_id, origin.cause or row.cause
