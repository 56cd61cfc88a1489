"""When time alone may change what is known: evidence that expires, targets that pass, waivers that begin and end."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta

from django.db.models import Min

from apps.catalog.models import Environment
from apps.evidence.freshness import EvidenceState
from apps.evidence.models import ObservationRecord
from apps.roadmap.models import Waiver
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


def _coming(environments: list[Environment], at: datetime) -> dict[int, list[datetime]]:
    """What is written already and begins later: a waiver, or an observation of a machine whose clock is ahead."""
    waivers = Waiver.objects.approved().filter(environment__in=environments, starts_at__gt=at)
    observations = ObservationRecord.objects.filter(environment__in=environments, recorded_at__gt=at)
    found: dict[int, list[datetime]] = {}
    for first in (
        waivers.order_by().values_list("environment").annotate(Min("starts_at")),
        observations.order_by().values_list("environment").annotate(Min("recorded_at")),
    ):
        for environment, instant in first:
            found.setdefault(environment, []).append(instant)
    return found
