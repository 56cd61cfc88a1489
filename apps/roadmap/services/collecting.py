"""Collecting evidence for accepted bindings, when it grows old or when a person asks."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from apps.audit import services as audit
from apps.catalog.models import Environment
from apps.common.clock import now
from apps.evidence.contract import Parameters, Verifier
from apps.evidence.register import all_verifiers
from apps.evidence.selectors import Key, Newest, newest_observations
from apps.evidence.services import collect, parameters_digest
from apps.roadmap.models import Binding
from apps.roadmap.selectors.binding_evidence import shortest_time_to_live

_SHORTEST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE_AFTER_ERROR = timedelta(minutes=15)


@dataclass(frozen=True)
class Question:
    """What a verifier is asked about an environment, on behalf of one or more bindings."""

    environment: Environment
    verifier: Verifier
    parameters: Parameters
    bindings: tuple[Binding, ...]

    @property
    def key(self) -> Key:
        return self.environment.pk, self.verifier.key, parameters_digest(self.parameters)


def collect_due_evidence(*, environment: Environment, at: datetime | None = None) -> int:
    """Ask every question whose newest answer grows old, and return how many were asked."""
    at = at or now()
    questions = _questions(environment)
    newest = newest_observations({question.key for question in questions}, at)
    return _ask(question for question in questions if _is_due(question, newest, at))


def collect_all_evidence(*, environment: Environment) -> int:
    """Ask every question of the environment now, and return how many there are."""
    return _ask(_questions(environment))


@transaction.atomic
def request_check(*, environment: Environment, actor: Any = None) -> None:
    """Note that a person asked for everything to be checked. The caller enqueues the task."""
    audit.record(action="evidence.check_requested", subject=environment, actor=actor)


def _questions(environment: Environment) -> list[Question]:
    bindings: dict[tuple[str, str], list[Binding]] = {}
    accepted = Binding.objects.accepted().filter(criterion__service=environment.service_id)
    for binding in accepted.filter(criterion__orphaned_at__isnull=True).order_by("pk"):
        bindings.setdefault((binding.verifier_key, parameters_digest(binding.parameters)), []).append(binding)
    verifiers = {verifier.key: verifier for verifier in all_verifiers() if verifier.applies_to(environment)}
    # A verifier that is gone is not asked: readers see that without a row.
    groups = [(verifiers[key], group) for (key, _), group in bindings.items() if key in verifiers]
    return [Question(environment, verifier, group[0].parameters, tuple(group)) for verifier, group in groups]


def _is_due(question: Question, newest: Newest, at: datetime) -> bool:
    ttl = shortest_time_to_live(question.bindings, question.verifier)
    answer, error = newest.answers.get(question.key), newest.errors.get(question.key)
    pause = max(ttl / 4, _SHORTEST_PAUSE)
    if error and (answer is None or error.observed_at > answer.observed_at):
        return at >= error.observed_at + min(pause, _LONGEST_PAUSE_AFTER_ERROR)
    return answer is None or at >= answer.observed_at + pause


def _ask(questions: Iterable[Question]) -> int:
    asked = 0
    for question in questions:
        collect(environment=question.environment, key=question.verifier.key, parameters=question.parameters)
        asked += 1
    return asked
