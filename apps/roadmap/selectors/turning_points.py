"""When time alone may change what is known: evidence that expires, targets that pass, waivers that begin and end."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.db.models import Min, QuerySet

from apps.catalog.models import Environment
from apps.evidence.freshness import EvidenceState
from apps.evidence.models import ObservationRecord
from apps.roadmap.models import GateOverride, GatePolicy, Launch, SignOff, Waiver
from apps.roadmap.selectors.binding_evidence import ERROR_HOLDS
from apps.roadmap.selectors.statuses import BindingEvidence, Readiness

NEVER = datetime(9999, 1, 1, tzinfo=UTC)


def next_turning_points(known: Iterable[Readiness], at: datetime) -> dict[int, datetime]:
    """By environment, the first instant after `at` from which on readiness may differ though nobody writes anything."""
    read = list(known)
    coming = _coming([each.environment for each in read], at)
    return {
        each.environment.pk: min(
            (instant for instant in [*_of(each), *coming.get(each.environment.pk, [])] if instant > at), default=NEVER
        )
        for each in read
    }


def _of(known: Readiness) -> Iterator[datetime]:
    for criterion in known.criteria:
        if criterion.waiver:
            yield criterion.waiver.ends_at
        for evidence in criterion.bindings:
            yield from _of_evidence(evidence)
    for status in known.milestones:
        if status.milestone.target_on:
            yield datetime.combine(status.milestone.target_on, time(), UTC) + timedelta(days=1)


def _of_evidence(evidence: BindingEvidence) -> Iterator[datetime]:
    if evidence.expires_at:
        yield evidence.expires_at
    if evidence.observed_at and evidence.state is EvidenceState.ERROR:
        yield evidence.observed_at + ERROR_HOLDS + timedelta.resolution


def _coming(environments: Sequence[Environment], at: datetime) -> dict[int, list[datetime]]:
    """What is written already and turns later: a waiver, an override's end, or the word of a clock that is ahead."""
    evaluated = "evaluation__environment"
    dated: list[tuple[QuerySet[Any], str, str]] = [
        (ObservationRecord.objects.all(), "environment", "recorded_at"),
        (Waiver.objects.approved(), "environment", "starts_at"),
        (Waiver.objects.approved(), "environment", "decided_at"),
        (GatePolicy.objects.all(), "service__environments", "created_at"),
        (SignOff.objects.all(), evaluated, "at"),
        (GateOverride.objects.all(), evaluated, "at"),
        (GateOverride.objects.all(), evaluated, "ends_at"),
        (Launch.objects.all(), evaluated, "at"),
    ]
    first, *others = [_first_after(at, environments, *each) for each in dated]
    found: dict[int, list[datetime]] = {}
    for environment, instant in first.union(*others, all=True):
        found.setdefault(environment, []).append(instant)
    return found


def _first_after(
    at: datetime, environments: Sequence[Environment], rows: QuerySet[Any], environment: str, field: str
) -> QuerySet[Any, tuple[int, datetime]]:
    coming = rows.order_by().filter(**{f"{environment}__in": environments, f"{field}__gt": at})
    return coming.values_list(environment).annotate(Min(field))
