"""Keeping the gate's answer, and the decisions that people make by it."""

from datetime import datetime
from typing import Any

from apps.catalog.models import Environment
from apps.roadmap.engines.gate_answer import GateAnswer
from apps.roadmap.engines.gate_object import as_object
from apps.roadmap.exceptions import GateChanged
from apps.roadmap.models import GateEvaluation
from apps.roadmap.selectors.gate import gate
from apps.roadmap.selectors.policies import policy_of


def keep_answer(
    *, environment: Environment, answer: GateAnswer, cause: GateEvaluation.Cause, at: datetime, actor: Any = None
) -> GateEvaluation:
    """Store a snapshot of the answer, in the caller's transaction, which writes the audit event."""
    return GateEvaluation.objects.create(
        environment=environment,
        milestone=answer.subject.milestone,
        at=at,
        decision=answer.decision.value,
        digest=answer.digest,
        decision_digest=answer.decision_digest,
        policy=policy_of(environment, at),
        policy_version=answer.policy_version,
        answer=as_object(answer),
        cause=cause,
        actor=actor,
    )


def answer_as_read(*, environment: Environment, milestone: str, expected: str, at: datetime) -> GateAnswer:
    """The present answer, if it still is what the person read. Raises GateChanged."""
    answer = gate(environment=environment, milestone=milestone, at=at)
    if answer.decision_digest != expected:
        raise GateChanged("The gate's answer changed since you read it; read it again before you decide.")
    return answer
