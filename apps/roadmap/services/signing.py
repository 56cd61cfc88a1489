"""Signing a gate, overriding a no-go, recording a launch: each on the answer that the person read."""

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from apps.audit import services as audit
from apps.catalog.models import Environment
from apps.common.clock import now
from apps.roadmap.engines.gate_answer import Decision, GateAnswer
from apps.roadmap.engines.wording import quote
from apps.roadmap.exceptions import LaunchRefused, OverrideRefused, SignOffRefused
from apps.roadmap.models import GateEvaluation, GateOverride, Launch, PolicyRole, SignOff, Waiver
from apps.roadmap.selectors.policies import policy_of
from apps.roadmap.services.evaluating import answer_as_read, keep_answer

Cause = GateEvaluation.Cause
LONGEST_OVERRIDE = timedelta(days=14)
_SIGNABLE = {Decision.GO, Decision.GO_WITH_WAIVERS}


@transaction.atomic
def sign(
    *,
    environment: Environment,
    role: str,
    approves: bool,
    expected: str,
    actor: Any,
    comment: str = "",
    milestone: str = "",
    at: datetime | None = None,
) -> SignOff:
    """Approve or reject for a role, on the answer whose decision digest is `expected`.

    Raises GateChanged when the answer is another one by now, and SignOffRefused.
    """
    at, comment = at or now(), comment.strip()
    answer = answer_as_read(environment=environment, milestone=milestone, expected=expected, at=at)
    _check_signer(_find_role(environment, role, at), actor)
    _check_word(answer, approves, comment)
    if approves:
        _check_own_waivers(answer, actor)
    evaluation = keep_answer(environment=environment, answer=answer, cause=Cause.SIGN_OFF, at=at, actor=actor)
    word = SignOff.Word.APPROVE if approves else SignOff.Word.REJECT
    try:
        with transaction.atomic():
            sign_off = SignOff.objects.create(
                evaluation=evaluation,
                decision_digest=answer.decision_digest,
                role=role,
                person=actor,
                word=word,
                comment=comment,
                at=at,
            )
    except IntegrityError as error:
        raise SignOffRefused(f"You have signed for {role} already.") from error
    details = {"role": role, "word": word, "comment": comment, "decision_digest": answer.decision_digest}
    audit.record(action="gate.signed", subject=evaluation, actor=actor, details=details)
    return sign_off


@transaction.atomic
def override(
    *,
    environment: Environment,
    role: str,
    reason: str,
    ends_at: datetime,
    expected: str,
    actor: Any,
    milestone: str = "",
    at: datetime | None = None,
) -> GateOverride:
    """Answer for a no-go until an instant. Raises GateChanged and OverrideRefused."""
    at = at or now()
    answer = answer_as_read(environment=environment, milestone=milestone, expected=expected, at=at)
    found = _find_role(environment, role, at)
    if found is None or not found.may_override or not found.has_member(actor):
        raise OverrideRefused(f"role: the policy does not let you override a no-go as {role or 'nobody'}.")
    _check_override(answer, reason, ends_at, at)
    evaluation = keep_answer(environment=environment, answer=answer, cause=Cause.OVERRIDE, at=at, actor=actor)
    row = GateOverride.objects.create(
        evaluation=evaluation,
        role=role,
        person=actor,
        reason=reason.strip(),
        at=at,
        ends_at=ends_at,
        covers=sorted(answer.blocking_ids),
    )
    details = {"role": role, "reason": row.reason, "ends_at": ends_at, "covers": row.covers}
    audit.record(action="gate.overridden", subject=evaluation, actor=actor, details=details)
    return row


@transaction.atomic
def launch(
    *,
    environment: Environment,
    expected: str,
    actor: Any,
    comment: str = "",
    milestone: str = "",
    at: datetime | None = None,
) -> Launch:
    """Record that it went live on the answer that was read. Raises GateChanged and LaunchRefused."""
    at = at or now()
    answer = answer_as_read(environment=environment, milestone=milestone, expected=expected, at=at)
    if not answer.decision.lets_go:
        raise LaunchRefused(f"The gate lets nothing go. {answer.headline}")
    evaluation = keep_answer(environment=environment, answer=answer, cause=Cause.LAUNCH, at=at, actor=actor)
    row = Launch.objects.create(evaluation=evaluation, actor=actor, comment=comment.strip(), at=at)
    audit.record(action="gate.launched", subject=evaluation, actor=actor, details={"decision": answer.decision.value})
    return row


@transaction.atomic
def keep_evaluation(*, environment: Environment, answer: GateAnswer, actor: Any, at: datetime) -> GateEvaluation:
    """Keep the answer because a person asks for it, to compare it later."""
    evaluation = keep_answer(environment=environment, answer=answer, cause=Cause.ASKED, at=at, actor=actor)
    audit.record(action="gate.evaluated", subject=evaluation, actor=actor, details={"decision": answer.decision.value})
    return evaluation


def _find_role(environment: Environment, name: str, at: datetime) -> PolicyRole | None:
    policy = policy_of(environment, at)
    return policy.roles.filter(name=name).first() if policy else None


def _check_signer(role: PolicyRole | None, actor: Any) -> None:
    if role is None or not role.needed:
        raise SignOffRefused("role: the policy asks for no signature of that role.")
    if not role.has_member(actor):
        raise SignOffRefused(f"You cannot sign for {role.name}: you are not in the {role.signers}.")


def _check_word(answer: GateAnswer, approves: bool, comment: str) -> None:
    if not approves and not comment:
        raise SignOffRefused("comment: say why you reject it.")
    if approves and answer.unsigned_decision not in _SIGNABLE:
        raise SignOffRefused(f"There is nothing to approve yet. {answer.headline}")


def _check_own_waivers(answer: GateAnswer, actor: Any) -> None:
    waivers = [line.criterion.waiver.id for line in answer.lines if line.criterion.waiver]
    own = Waiver.objects.filter(pk__in=waivers, requested_by=actor).select_related("criterion").first()
    if own:
        raise SignOffRefused(f"You asked for the waiver of {quote(own.criterion.text)}; somebody else has to sign.")


def _check_override(answer: GateAnswer, reason: str, ends_at: datetime, at: datetime) -> None:
    if answer.decision is not Decision.NO_GO:
        raise OverrideRefused(f"Only a no-go can be overridden. {answer.headline}")
    if not reason.strip():
        raise OverrideRefused("reason: say why it has to go in spite of what blocks.")
    if not at < ends_at <= at + LONGEST_OVERRIDE:
        raise OverrideRefused(f"ends_at: an override ends within {LONGEST_OVERRIDE.days} days.")
