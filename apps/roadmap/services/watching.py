"""Asking the gates of what went live, and telling its owners when an answer is another one."""

from datetime import datetime
from urllib.parse import urlencode

from django.db import transaction
from django.urls import reverse

from apps.accounts.services import notify
from apps.audit import services as audit
from apps.catalog.models import Environment
from apps.common.clock import now
from apps.common.statuses import look_of
from apps.roadmap.engines.gate_answer import GateAnswer
from apps.roadmap.models import GateEvaluation
from apps.roadmap.selectors.decisions import evaluations_of
from apps.roadmap.selectors.gate import gate
from apps.roadmap.services.evaluating import keep_answer

Cause = GateEvaluation.Cause


@transaction.atomic
def watch_gate(*, environment: Environment, milestone: str, at: datetime | None = None) -> GateEvaluation | None:
    """Keep the answer and tell the owners, if the decision is another than at the launch or the last change.

    None: it is the same. Readers see a regression without this; it only announces. Raises UnknownMilestone.
    """
    at = at or now()
    Environment.objects.select_for_update(no_key=True).get(pk=environment.pk)  # two workers take turns
    watched = evaluations_of(environment, milestone).filter(cause__in=[Cause.LAUNCH, Cause.TICK])
    before = watched.first()
    answer = gate(environment=environment, milestone=milestone, at=at)
    if before is None or before.decision == answer.decision:
        return None
    evaluation = keep_answer(environment=environment, answer=answer, cause=Cause.TICK, at=at)
    _tell_owners(evaluation, before, answer, at)
    details = {"from": before.decision, "to": evaluation.decision}
    audit.record(action="gate.turned", subject=evaluation, details=details)
    return evaluation


def _tell_owners(evaluation: GateEvaluation, before: GateEvaluation, answer: GateAnswer, at: datetime) -> None:
    environment, owner = evaluation.environment, evaluation.environment.service.owner
    query = f"?{urlencode({'milestone': evaluation.milestone})}" if evaluation.milestone else ""
    turned = f"{look_of(before.decision).word.lower()} → {answer.decision.label.lower()}"
    blocking = [f"• {line.criterion.text}: {line.criterion.reason}" for line in answer.blocking]
    findings = [f"• {finding.concern.sentence}" for finding in answer.blocking_findings]
    notify(
        recipients=owner.members.all() if owner else [],
        key=f"gate:{evaluation.pk}",
        subject=f"{environment}: {'regressed, ' if answer.is_regressed else ''}{turned}",
        text="\n".join([answer.regression or answer.headline, *findings, *blocking][:20]),
        path=reverse("admin:roadmap_gate", args=[environment.pk]) + query,
        at=at,
    )
