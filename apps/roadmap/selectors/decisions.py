"""What people decided about gates, in as many queries for many environments as for one."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db.models import QuerySet

from apps.catalog.models import Environment
from apps.roadmap.engines.gate_answer import GateAnswer
from apps.roadmap.engines.gate_signatures import Decided, LaunchRecord, Override, Signature
from apps.roadmap.models import GateEvaluation, Launch, SignOff

Cause = GateEvaluation.Cause
Asked = tuple[int, str]  # the environment, and the milestones asked about


def decided_about(unsigned: Mapping[Asked, GateAnswer], at: datetime) -> Mapping[Asked, Decided]:
    """What was decided by the instant about each question, whose answer without signatures is given."""
    asked = {answer.decision_digest for answer in unsigned.values() if answer.rules.signing_roles}
    signatures = _signatures(asked, at)
    overrides, launches = _overrides_and_launches({environment for environment, _ in unsigned}, at)
    return {
        key: Decided(
            signatures=tuple(signatures.get(answer.decision_digest, ())),
            overrides=tuple(overrides.get(key, ())),
            launch=launches.get(key),
        )
        for key, answer in unsigned.items()
    }


def launched_questions() -> list[tuple[Environment, str]]:
    """Every environment and milestone that a launch was recorded of."""
    launches = Launch.objects.order_by().select_related("evaluation__environment").defer("evaluation__answer")
    found = {(each.evaluation.environment_id, each.evaluation.milestone): each.evaluation for each in launches}
    return [(evaluation.environment, milestone) for (_, milestone), evaluation in sorted(found.items())]


def sign_offs_of(environment: Environment, milestone: str) -> QuerySet[SignOff]:
    """Every sign-off of the question, the newest first, whether it still counts or not."""
    about = SignOff.objects.filter(evaluation__environment=environment, evaluation__milestone=milestone)
    return about.select_related("person", "evaluation").defer("evaluation__answer").order_by("-at", "-pk")


def evaluations_of(environment: Environment, milestone: str) -> QuerySet[GateEvaluation]:
    """Every snapshot of the question, the newest first, without its answer."""
    about = GateEvaluation.objects.filter(environment=environment, milestone=milestone).defer("answer")
    return about.select_related("actor", "launch", "override").order_by("-at", "-pk")


def _signatures(digests: Collection[str], at: datetime) -> dict[str, list[Signature]]:
    if not digests:
        return {}
    found: dict[str, list[Signature]] = {}
    signed = SignOff.objects.filter(decision_digest__in=digests, at__lte=at).select_related("person")
    for each in signed.order_by("at", "pk"):
        value = Signature(
            role=each.role,
            person=str(each.person),
            approves=each.word == SignOff.Word.APPROVE,
            digest=each.decision_digest,
            at=each.at,
            comment=each.comment,
        )
        found.setdefault(each.decision_digest, []).append(value)
    return found


def _overrides_and_launches(
    environments: Collection[int], at: datetime
) -> tuple[dict[Asked, list[Override]], dict[Asked, LaunchRecord]]:
    overrides: dict[Asked, list[Override]] = {}
    launches: dict[Asked, LaunchRecord] = {}
    kept = GateEvaluation.objects.filter(environment__in=environments, cause__in=[Cause.OVERRIDE, Cause.LAUNCH])
    in_order = kept.filter(at__lte=at).order_by("at", "pk").defer("answer")
    for each in in_order.select_related("override__person"):
        key = each.environment_id, each.milestone
        if each.cause == Cause.LAUNCH:
            launches[key] = LaunchRecord(each.at, each.decision, each.pk)
        elif at < each.override.ends_at:
            overrides.setdefault(key, []).append(_override(each))
    return overrides, launches


def _override(evaluation: GateEvaluation) -> Override:
    row = evaluation.override
    return Override(
        role=row.role,
        person=str(row.person),
        reason=row.reason,
        at=row.at,
        ends_at=row.ends_at,
        policy_version=evaluation.policy_version,
        covers=frozenset(row.covers),
    )
