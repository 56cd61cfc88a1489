"""Questions about observations."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, NamedTuple, Self

from django.db import connection
from django.db.models import Q

from apps.common.columns import columns_of
from apps.common.exceptions import OperationError
from apps.evidence.contract import CLOCK_SKEW, Verifier
from apps.evidence.engines.wording import fact_in_words
from apps.evidence.judge import Judgement, judge, rule_in_words
from apps.evidence.models import ObservationRecord
from apps.evidence.register import find_verifier

Key = tuple[int, str, str]  # the environment, the verifier's key, the digest of the parameters


class Seen(NamedTuple):
    """An observation as far as it is judged: an object of its model would take longer to make than to judge.

    The parameters, which can be long, are left out: the digest stands for them.
    """

    pk: int
    environment_id: int
    verifier_key: str
    verifier_version: str
    parameters_digest: str
    facts: dict[str, Any]
    error: str
    summary: str
    source: str
    trust: str
    observed_at: datetime

    @classmethod
    def of(cls, record: ObservationRecord) -> Self:
        """The observation of a record that was read already."""
        return cls._make(getattr(record, name) for name in cls._fields)

    @property
    def key(self) -> Key:
        return self.environment_id, self.verifier_key, self.parameters_digest


_SEEN = """record.id, record.environment_id, record.verifier_key, record.verifier_version, record.parameters_digest,
    record.facts::json, record.error, record.summary, record.source, record.trust, record.observed_at"""

# Two steps into the indexes for each key, however many observations there are: to its newest answer and newest error.
_NEWEST_OF_KEY = """
SELECT {seen} FROM evidence_observationrecord AS record
WHERE record.environment_id = asked.environment_id
  AND record.verifier_key = asked.verifier_key
  AND record.parameters_digest = asked.parameters_digest
  AND record.recorded_at <= %s
  AND record.error {comparison} ''
ORDER BY record.observed_at DESC, record.id DESC
LIMIT 1
"""
_NEWEST_ANSWER, _NEWEST_ERROR = (_NEWEST_OF_KEY.format(seen=_SEEN, comparison=sign) for sign in ("=", "<>"))
_NEWEST = f"""
SELECT observation.*
FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS asked (environment_id, verifier_key, parameters_digest)
CROSS JOIN LATERAL (({_NEWEST_ANSWER}) UNION ALL ({_NEWEST_ERROR})) AS observation
"""  # noqa: S608  the names of columns

# The same at each of many instants. Nothing is seen later than a clock may be wrong after it is recorded, so the
# index is entered near the instant and not at its newest end.
_NEWEST_AT_EACH = """
SELECT instant.number, observation.id
FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS asked (environment_id, verifier_key, parameters_digest)
CROSS JOIN unnest(%s::timestamptz[]) WITH ORDINALITY AS instant (at, number)
CROSS JOIN LATERAL (
    SELECT record.id FROM evidence_observationrecord AS record
    WHERE record.environment_id = asked.environment_id
      AND record.verifier_key = asked.verifier_key
      AND record.parameters_digest = asked.parameters_digest
      AND record.recorded_at <= instant.at
      AND record.observed_at <= instant.at + %s
      AND record.error {comparison} ''
    ORDER BY record.observed_at DESC, record.id DESC
    LIMIT 1
) AS observation
"""
_BY_NUMBER = f"SELECT {_SEEN} FROM evidence_observationrecord AS record WHERE record.id = ANY(%s)"  # noqa: S608

# From one digest to the next by the index, however many observations lie between.
_EXAMPLES = f"""
WITH RECURSIVE seen (environment_id, verifier_key, parameters_digest) AS (
    SELECT asked.environment_id, asked.verifier_key, (
        SELECT min(record.parameters_digest) FROM evidence_observationrecord AS record
        WHERE record.environment_id = asked.environment_id
          AND record.verifier_key = asked.verifier_key AND record.error = ''
    ) FROM unnest(%s::bigint[], %s::text[]) AS asked (environment_id, verifier_key)
    UNION ALL
    SELECT seen.environment_id, seen.verifier_key, (
        SELECT min(record.parameters_digest) FROM evidence_observationrecord AS record
        WHERE record.environment_id = seen.environment_id
          AND record.verifier_key = seen.verifier_key AND record.error = ''
          AND record.parameters_digest > seen.parameters_digest
    ) FROM seen WHERE seen.parameters_digest IS NOT NULL
)
SELECT example.* FROM seen CROSS JOIN LATERAL (
    SELECT {columns_of(ObservationRecord, "record")} FROM evidence_observationrecord AS record
    WHERE record.environment_id = seen.environment_id
      AND record.verifier_key = seen.verifier_key
      AND record.parameters_digest = seen.parameters_digest AND record.error = ''
    LIMIT 1
) AS example
"""  # noqa: S608  the names of columns


@dataclass(frozen=True)
class Newest:
    """The newest answer and the newest error of each key that has one."""

    answers: dict[Key, Seen]
    errors: dict[Key, Seen]


@dataclass(frozen=True)
class Explained:
    """An observation with what its verifier's own rule says of it. A binding may ask by another rule."""

    verifier: Verifier
    judgement: Judgement | None
    expires_at: datetime
    facts: tuple[tuple[str, str], ...]

    @property
    def rule(self) -> str:
        return rule_in_words(self.verifier.default_rule)


def explain(record: ObservationRecord) -> Explained | None:
    """What the observation means; None when no app knows its verifier any more."""
    try:
        verifier = find_verifier(record.verifier_key)
    except OperationError:
        return None
    return Explained(
        verifier=verifier,
        judgement=None if record.error else judge(record.facts, verifier.default_rule),
        expires_at=record.observed_at + verifier.default_ttl,
        facts=tuple(fact_in_words(name, value) for name, value in sorted(record.facts.items())),
    )


def newest_observations(keys: Collection[Key], at: datetime) -> Newest:
    """What a reader of that instant could know: only what was recorded by then."""
    if not keys:
        return Newest({}, {})
    environments, verifiers, digests = zip(*sorted(keys), strict=True)
    parameters = [list(environments), list(verifiers), list(digests), at, at]
    found = _read(_NEWEST, parameters)
    return Newest(
        answers={seen.key: seen for seen in found if not seen.error},
        errors={seen.key: seen for seen in found if seen.error},
    )


def newest_observations_at_each(keys: Collection[Key], instants: Sequence[datetime]) -> list[Newest]:
    """What a reader of each instant could know, in three queries."""
    found = [Newest({}, {}) for _ in instants]
    if not keys or not instants:
        return found
    answers, errors = (_numbers_at_each(keys, instants, comparison) for comparison in ("=", "<>"))
    records = _records({pk for _, pk in [*answers, *errors]})
    for numbered, kind in ((answers, "answers"), (errors, "errors")):
        for number, pk in numbered:
            getattr(found[number - 1], kind)[records[pk].key] = records[pk]
    return found


def observed_parameters(asked: Collection[tuple[int, str]]) -> list[ObservationRecord]:
    """One answer for each set of parameters with which a verifier was ever asked about an environment.

    An environment goes by its number, a verifier by its key.
    """
    columns = [[environment for environment, _ in asked], [verifier for _, verifier in asked]]
    return list(ObservationRecord.objects.raw(_EXAMPLES, columns)) if asked else []


def _records(numbers: Collection[int]) -> dict[int, Seen]:
    # As one array: of a list of thousands Django would make a parameter each, which takes longer than the query.
    return {seen.pk: seen for seen in _read(_BY_NUMBER, [list(numbers)])}


def _read(question: str, parameters: Sequence[Any]) -> list[Seen]:
    with connection.cursor() as cursor:
        cursor.execute(question, parameters)
        return list(map(Seen._make, cursor.fetchall()))


def observations_recorded(
    keys: Collection[Key], *, after: datetime, until: datetime, at_most: int
) -> list[ObservationRecord]:
    """What was recorded after one instant and until another, in the order of recording; of too many the newest."""
    if not keys:
        return []
    of_key = (Q(environment=key[0], verifier_key=key[1], parameters_digest=key[2]) for key in sorted(keys))
    recorded = ObservationRecord.objects.filter(reduce(or_, of_key), recorded_at__gt=after, recorded_at__lte=until)
    newest = recorded.defer("parameters").order_by("-recorded_at", "-pk")[:at_most]
    return list(newest)[::-1]


def _numbers_at_each(keys: Collection[Key], instants: Sequence[datetime], comparison: str) -> list[tuple[int, int]]:
    asked = [list(column) for column in zip(*sorted(keys), strict=True)]
    parameters: list[Any] = [*asked, list(instants), CLOCK_SKEW]
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST_AT_EACH.format(comparison=comparison), parameters)
        return cursor.fetchall()
