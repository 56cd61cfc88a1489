"""When time alone may change what is known: evidence that expires, targets that pass, waivers that begin and end."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta

from django.db import connection

from apps.catalog.models import Environment
from apps.evidence.freshness import EvidenceState
from apps.roadmap.models import Waiver
from apps.roadmap.selectors.binding_evidence import ERROR_HOLDS
from apps.roadmap.selectors.statuses import BindingEvidence, Readiness

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
# In plain SQL, since Django would take ten times as long to write the question.
_COMING = """
SELECT environment_id, min(turns_at) FROM (
    SELECT environment_id, recorded_at AS turns_at FROM evidence_observationrecord
    UNION ALL
    SELECT environment_id, unnest(ARRAY[starts_at, decided_at]) FROM roadmap_waiver WHERE state = %s
    UNION ALL
    SELECT environment.id, policy.created_at
    FROM roadmap_gatepolicy AS policy JOIN catalog_environment AS environment USING (service_id)
    UNION ALL
    SELECT evaluation.environment_id, decided.turns_at FROM (
        SELECT evaluation_id, at AS turns_at FROM roadmap_signoff
        UNION ALL SELECT evaluation_id, unnest(ARRAY[at, ends_at]) FROM roadmap_gateoverride
        UNION ALL SELECT evaluation_id, at FROM roadmap_launch
    ) AS decided JOIN roadmap_gateevaluation AS evaluation ON evaluation.id = decided.evaluation_id
) AS coming
WHERE environment_id = ANY(%s) AND turns_at > %s GROUP BY environment_id
"""


def next_turning_points(known: Iterable[Readiness], at: datetime) -> dict[int, datetime]:
    """By environment, the first instant after `at` from which on readiness may differ though nobody writes anything."""
    read = list(known)
    coming = _coming([each.environment for each in read], at)
    return {
        each.environment.pk: min(
            [coming.get(each.environment.pk, NEVER), *(instant for instant in _of(each) if instant > at)]
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


def _coming(environments: Sequence[Environment], at: datetime) -> dict[int, datetime]:
    """What is written already and turns later: a waiver, an override's end, or the word of a clock that is ahead."""
    keys = [each.pk for each in environments]
    with connection.cursor() as cursor:
        cursor.execute(_COMING, [Waiver.State.APPROVED.value, keys, at])
        return dict(cursor.fetchall())
