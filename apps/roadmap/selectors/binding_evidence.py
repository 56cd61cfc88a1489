"""The evidence axis of accepted bindings: each with its newest observation, judged when it is read."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from apps.catalog.models import Environment
from apps.common.exceptions import OperationError
from apps.evidence.contract import Verifier
from apps.evidence.freshness import EvidenceState, evidence_state
from apps.evidence.judge import Judgement, judge
from apps.evidence.register import find_verifier
from apps.evidence.selectors import Key, Newest, Seen
from apps.evidence.services import parameters_digest
from apps.roadmap.models import Binding
from apps.roadmap.selectors.statuses import BindingEvidence

ERROR_HOLDS = timedelta(hours=1)


def key_of(binding: Binding, environment: Environment) -> Key:
    """What the binding's observations in the environment are found by."""
    return environment.pk, binding.verifier_key, parameters_digest(binding.parameters)


def evidence_of(binding: Binding, key: Key, newest: Newest, at: datetime) -> BindingEvidence:
    """What the binding's newest observation says at the instant. Evidence of another major version is pending."""
    try:
        verifier = find_verifier(binding.verifier_key)
        ttl = time_to_live(binding, verifier)
        record = _counting_record(newest.answers.get(key), newest.errors.get(key), verifier, ttl, at)
        if record is None:
            return BindingEvidence(binding, verifier.title, EvidenceState.PENDING)
        return _judged(binding, verifier, record, at)
    except OperationError as error:
        return BindingEvidence(binding, binding.verifier_key, EvidenceState.ERROR, reasons=(error.message,))


def time_to_live(binding: Binding, verifier: Verifier) -> timedelta:
    """How long an observation counts for the binding: never longer than its verifier allows."""
    return min(binding.ttl or verifier.default_ttl, verifier.longest_ttl)


def shortest_time_to_live(bindings: Iterable[Binding], verifier: Verifier) -> timedelta:
    """The shortest time to live among bindings of one verifier."""
    return min((time_to_live(binding, verifier) for binding in bindings), default=verifier.default_ttl)


def _counting_record(
    answer: Seen | None, error: Seen | None, verifier: Verifier, ttl: timedelta, at: datetime
) -> Seen | None:
    answer, error = _of_version(answer, verifier), _of_version(error, verifier)
    if answer is None or error is None:
        return answer or error
    # An answer holds until it expires, whatever could not be seen since. An error that is not repeated is over.
    is_fresh = at < answer.observed_at + ttl
    is_over = error.observed_at < max(answer.observed_at, at - ERROR_HOLDS)
    return answer if is_fresh or is_over else error


def _of_version(record: Seen | None, verifier: Verifier) -> Seen | None:
    is_same = record is not None and int(record.verifier_version.split(".")[0]) == verifier.major_version
    return record if is_same else None


def _judged(binding: Binding, verifier: Verifier, record: Seen, at: datetime) -> BindingEvidence:
    ttl = time_to_live(binding, verifier)
    judgement: Judgement | None = None if record.error else judge(record.facts, binding.rule or verifier.default_rule)
    state = evidence_state(judgement, observed_at=record.observed_at, is_error=bool(record.error), ttl=ttl, at=at)
    return BindingEvidence(
        binding=binding,
        verifier_title=verifier.title,
        state=state,
        observation_id=record.pk,
        observed_at=record.observed_at,
        expires_at=record.observed_at + ttl,
        summary=record.summary,
        source=record.source,
        reasons=judgement.reasons if judgement else (record.error,),
        trust=record.trust,
    )
