"""What people decided about gates, in as many queries for many environments as for one."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db.models import QuerySet

from apps.catalog.models import Environment
from apps.roadmap.engines.gate_signatures import Decided, LaunchRecord, Override, Signature
from apps.roadmap.models import GateEvaluation, GateOverride, Launch, SignOff

Asked = tuple[int, str]  # the environment, and the milestones asked about


def decided_about(asked: Mapping[Asked, str], at: datetime) -> Mapping[Asked, Decided]:
    """What was decided by the instant about each question, whose present digest is given."""
    environments = {environment for environment, _ in asked}
    signatures, overrides = _signatures(set(asked.values()), at), _overrides(environments, at)
    launches = _launches(environments, at)
    return {
        key: Decided(
            signatures=tuple(signatures.get(digest, ())),
            overrides=tuple(overrides.get(key, ())),
            launch=launches.get(key),
        )
        for key, digest in asked.items()
    }


def launched_questions() -> list[tuple[Environment, str]]:
    """Every environment and milestone that a launch was recorded of."""
    launches = Launch.objects.order_by().select_related("evaluation__environment__service")
    found = {(each.evaluation.environment_id, each.evaluation.milestone): each.evaluation for each in launches}
    return [(evaluation.environment, milestone) for (_, milestone), evaluation in sorted(found.items())]


def sign_offs_of(environment: Environment, milestone: str) -> QuerySet[SignOff]:
    """Every sign-off of the question, the newest first, whether it still counts or not."""
    about = SignOff.objects.filter(evaluation__environment=environment, evaluation__milestone=milestone)
    return about.select_related("person", "evaluation").order_by("-at", "-pk")


def evaluations_of(environment: Environment, milestone: str) -> QuerySet[GateEvaluation]:
    """Every snapshot of the question, the newest first, without its answer."""
    about = GateEvaluation.objects.filter(environment=environment, milestone=milestone).defer("answer")
    return about.select_related("actor", "launch", "override").order_by("-at", "-pk")


def _signatures(digests: Collection[str], at: datetime) -> dict[str, list[Signature]]:
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


def _overrides(environments: Collection[int], at: datetime) -> dict[Asked, list[Override]]:
    found: dict[Asked, list[Override]] = {}
    active = GateOverride.objects.filter(evaluation__environment__in=environments, at__lte=at, ends_at__gt=at)
    for each in active.select_related("person", "evaluation").defer("evaluation__answer"):
        value = Override(
            role=each.role,
            person=str(each.person),
            reason=each.reason,
            at=each.at,
            ends_at=each.ends_at,
            policy_version=each.evaluation.policy_version,
            covers=frozenset(each.covers),
        )
        found.setdefault((each.evaluation.environment_id, each.evaluation.milestone), []).append(value)
    return found


def _launches(environments: Collection[int], at: datetime) -> dict[Asked, LaunchRecord]:
    launches = Launch.objects.filter(evaluation__environment__in=environments, at__lte=at).order_by("at", "pk")
    return {
        (each.evaluation.environment_id, each.evaluation.milestone): LaunchRecord(
            each.at, each.evaluation.decision, each.evaluation_id
        )
        for each in launches.select_related("evaluation").defer("evaluation__answer")
    }
