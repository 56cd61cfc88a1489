"""Criteria over time: what was claimed of each, and what its evidence was, at each of many instants."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from apps.catalog.models import Service
from apps.evidence.freshness import EvidenceState, worst_state
from apps.evidence.selectors import Newest, newest_observations_at_each
from apps.roadmap.models import Criterion
from apps.roadmap.selectors.binding_evidence import evidence_of, key_of
from apps.roadmap.selectors.statuses import CriterionStatus, Readiness

Claims = dict[int, str]
_FIELDS = ("id", "history_date", "history_type", "claim", "orphaned_at")


def claims_at_each(service: Service, instants: Sequence[datetime]) -> list[Claims]:
    """What was claimed of every criterion there was at each instant, the first one first; in two queries.

    A criterion without a row history is taken as it is now.
    """
    versions = Criterion.history.filter(service=service).order_by("history_date", "history_id").values_list(*_FIELDS)
    waiting = list(versions)
    known = {pk for pk, *_ in waiting}
    claims = dict(Criterion.objects.current().of_service(service).exclude(pk__in=known).values_list("pk", "claim"))
    found, seen = [], 0
    for at in instants:
        while seen < len(waiting) and waiting[seen][1] <= at:
            _apply(claims, *waiting[seen])
            seen += 1
        found.append(dict(claims))
    return found


def evidence_at_each(known: Readiness, instants: Sequence[datetime]) -> list[dict[int, EvidenceState]]:
    """The evidence of each present criterion at each instant, asked as its bindings ask now; in three queries."""
    keys = {key_of(each.binding, known.environment) for status in known.criteria for each in status.bindings}
    newest = newest_observations_at_each(keys, instants)
    return [
        {status.criterion.pk: _state(status, known, then, at) for status in known.criteria}
        for then, at in zip(newest, instants, strict=True)
    ]


def _apply(claims: Claims, pk: int, _: datetime, kind: str, claim: str, orphaned_at: datetime | None) -> None:
    if kind == "-" or orphaned_at:
        claims.pop(pk, None)
    else:
        claims[pk] = claim


def _state(status: CriterionStatus, known: Readiness, newest: Newest, at: datetime) -> EvidenceState:
    return worst_state([*_states(status, known, newest, at), *(EvidenceState.UNBOUND for _ in status.uncovered)])


def _states(status: CriterionStatus, known: Readiness, newest: Newest, at: datetime) -> Iterator[EvidenceState]:
    for each in status.bindings:
        yield evidence_of(each.binding, key_of(each.binding, known.environment), newest, at).state
