"""What people decided about gates, in as many queries for many environments as for one."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db.models import QuerySet, prefetch_related_objects

from apps.catalog.models import Environment
from apps.common.columns import columns_of, read_rows
from apps.roadmap.engines.gate_answer import GateAnswer
from apps.roadmap.engines.gate_signatures import Decided, LaunchRecord, Override, Signature
from apps.roadmap.models import GateEvaluation, Launch, SignOff

Cause = GateEvaluation.Cause
Asked = tuple[int, str]  # the environment, and the milestones asked about
# In plain SQL: mostly there are none, and Django would take ten times as long to write the question.
_KEPT = f"""
SELECT {columns_of(GateEvaluation, "evaluation", without=["answer"])} FROM roadmap_gateevaluation AS evaluation
WHERE environment_id = ANY(%s) AND cause = ANY(%s) AND at <= %s ORDER BY at, id
"""  # noqa: S608  the names of columns


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
    causes = [Cause.OVERRIDE.value, Cause.LAUNCH.value]
    kept = read_rows(GateEvaluation, _KEPT, [list(environments), causes, at], without=["answer"])
    prefetch_related_objects([each for each in kept if each.cause == Cause.OVERRIDE], "override__person")
    for each in kept:
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
