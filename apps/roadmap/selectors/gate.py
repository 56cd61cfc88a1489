"""The gate's question about an environment: readiness in, the engine's answer out."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import datetime

from apps.catalog.models import Environment
from apps.common.wording import counted
from apps.roadmap.engines.gate import GateAnswer, GateCriterion, GateSubject, GateWaiver, evaluate
from apps.roadmap.exceptions import UnknownMilestone
from apps.roadmap.models import Binding, Milestone
from apps.roadmap.selectors.contradictions import OPEN_PARTS, WAIVED
from apps.roadmap.selectors.readiness import readiness
from apps.roadmap.selectors.statuses import CriterionStatus, FlagKind, Readiness

Chosen = dict[int, str]


def gate(*, environment: Environment, milestone: str = "", at: datetime | None = None) -> GateAnswer:
    """The gate's answer at the instant, on the evidence known by then. Raises UnknownMilestone."""
    return gate_of(readiness(environment=environment, at=at), milestone=milestone)


def gate_of(known: Readiness, *, milestone: str = "") -> GateAnswer:
    """The gate's answer to a readiness that was read already."""
    chosen = _find_milestones(known, milestone) if milestone else None
    criteria = [each for each in known.criteria if _is_asked(each.milestone, chosen)]
    subject = GateSubject(
        service=known.service.slug,
        environment=known.environment.name,
        milestone=", ".join((chosen or {}).values()),
        documents=tuple((revision.document.name, revision.sha256) for revision in known.revisions),
    )
    return evaluate(
        subject, [_criterion(each) for each in criteria], warnings=tuple(_warnings(known, chosen, criteria))
    )


def _find_milestones(known: Readiness, name: str) -> Chosen:
    milestones = [status.milestone for status in known.milestones]
    found = {each.pk: str(each) for each in milestones if name.casefold() in _names(each)}
    if found:
        return found
    codes = [each.code or each.title for each in milestones]
    known_ones = f"There are: {', '.join(codes[:20])}." if codes else "Its roadmap names none."
    raise UnknownMilestone(f"The service {known.service.slug!r} has no milestone {name!r}. {known_ones}")


def _names(milestone: Milestone) -> set[str]:
    return {name.casefold() for name in (milestone.code, milestone.title, str(milestone)) if name}


def _criterion(status: CriterionStatus) -> GateCriterion:
    return GateCriterion(
        id=status.criterion.pk,
        text=status.criterion.text,
        milestone=str(status.milestone) if status.milestone else "",
        requirement=status.criterion.requirement,
        claim=status.claim,
        evidence=str(status.evidence),
        standing=status.standing,
        reason=status.reason,
        action=status.action,
        observations=tuple(each.observation_id for each in status.bindings if each.observation_id),
        bindings=tuple(_binding_digest(each.binding) for each in status.bindings),
        waiver=_waiver(status),
    )


def _waiver(status: CriterionStatus) -> GateWaiver | None:
    if not status.waiver or not status.is_waived:
        return None
    return GateWaiver(status.waiver.id, status.waiver.ends_at.isoformat())


def _binding_digest(binding: Binding) -> str:
    ttl = binding.ttl.total_seconds() if binding.ttl else None
    values = [binding.verifier_key, binding.clause, binding.parameters, binding.rule, ttl]
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def _warnings(known: Readiness, chosen: Chosen | None, criteria: Iterable[CriterionStatus]) -> Iterator[str]:
    for contradiction in known.contradictions:
        if contradiction.kind in {OPEN_PARTS, WAIVED} and _is_asked(contradiction.milestone, chosen):
            yield contradiction.sentence
    for flag in known.flags:
        if flag.kind is not FlagKind.SUGGESTION and _is_asked(flag.milestone, chosen):
            yield flag.sentence
    unneeded = sum(not status.applies for status in criteria)
    if unneeded:
        yield f"{counted(unneeded, 'criterion', 'criteria')} marked not applicable; nobody has to prove that."


def _is_asked(milestone: Milestone | None, chosen: Chosen | None) -> bool:
    return chosen is None or (milestone is not None and milestone.pk in chosen)
