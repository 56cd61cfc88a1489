"""The gate's question about an environment: readiness, policy and decisions in, the engine's answer out."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from apps.catalog.models import Environment
from apps.common.wording import counted
from apps.roadmap.engines.gate import conclude, evaluate
from apps.roadmap.engines.gate_answer import Concern, GateAnswer, GateCriterion, GateSubject, GateWaiver
from apps.roadmap.engines.gate_rules import GateRules
from apps.roadmap.exceptions import UnknownMilestone
from apps.roadmap.models import Binding, Milestone
from apps.roadmap.selectors.concerns import concern_of, unmitigated_risks, weak_trust
from apps.roadmap.selectors.contradictions import OPEN_PARTS, WAIVED
from apps.roadmap.selectors.decisions import decided_about
from apps.roadmap.selectors.policies import policies_of, rules_of
from apps.roadmap.selectors.readiness import readiness
from apps.roadmap.selectors.statuses import CriterionStatus, FlagKind, Readiness

Chosen = dict[int, str]


def gate(*, environment: Environment, milestone: str = "", at: datetime | None = None) -> GateAnswer:
    """The gate's answer at the instant, on the evidence known by then. Raises UnknownMilestone."""
    return gate_of(readiness(environment=environment, at=at), milestone=milestone)


def gate_of(known: Readiness, *, milestone: str = "") -> GateAnswer:
    """The gate's answer to a readiness that was read already."""
    return gates_of([known], milestone=milestone)[0]


def gates_of(readinesses: Sequence[Readiness], *, milestone: str = "") -> list[GateAnswer]:
    """The gate's answer to each readiness of one instant, in as many queries as for one."""
    if not readinesses:
        return []
    at = readinesses[0].at
    policies = policies_of([known.environment for known in readinesses], at)
    risks = unmitigated_risks({known.service.pk for known in readinesses}, at)
    answers = [
        _unsigned(known, milestone, rules_of(policies[known.environment.pk]), risks.get(known.service.pk, []))
        for known in readinesses
    ]
    keys = [
        (known.environment.pk, answer.subject.milestone) for known, answer in zip(readinesses, answers, strict=True)
    ]
    decided = decided_about(dict(zip(keys, answers, strict=True)), at)
    return [conclude(answer, decided[key]) for key, answer in zip(keys, answers, strict=True)]


def _unsigned(known: Readiness, milestone: str, rules: GateRules, risks: Iterable[Concern]) -> GateAnswer:
    chosen = _find_milestones(known, milestone) if milestone else None
    criteria = [each for each in known.criteria if _is_asked(each.milestone, chosen)]
    subject = GateSubject(
        service=known.service.slug,
        environment=known.environment.name,
        milestone=", ".join((chosen or {}).values()),
        documents=tuple((revision.document.name, revision.sha256) for revision in known.revisions),
    )
    return evaluate(
        subject,
        [_criterion(each) for each in criteria],
        concerns=[*risks, *_concerns(known, chosen), *weak_trust(criteria, rules)],
        warnings=tuple(_warnings(known, chosen, criteria)),
        rules=rules,
    )


def _find_milestones(known: Readiness, name: str) -> Chosen:
    milestones = [status.milestone for status in known.milestones]
    wanted = name.casefold()
    found = {each.pk: str(each) for each in milestones if wanted in _names(each)}
    # The name of an earlier answer, which was about several.
    found = found or {each.pk: str(each) for each in milestones if str(each).casefold() in wanted.split(", ")}
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
        kind=status.criterion.kind,
    )


def _waiver(status: CriterionStatus) -> GateWaiver | None:
    return GateWaiver(status.waiver.id, status.waiver.ends_at.isoformat()) if status.waiver else None


def _binding_digest(binding: Binding) -> str:
    ttl = binding.ttl.total_seconds() if binding.ttl else None
    values = [binding.verifier_key, binding.clause, binding.parameters, binding.rule, ttl]
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def _concerns(known: Readiness, chosen: Chosen | None) -> Iterator[Concern]:
    for flag in known.flags:
        if _is_asked(flag.milestone, chosen) and (concern := concern_of(flag)):
            yield concern


def _warnings(known: Readiness, chosen: Chosen | None, criteria: Iterable[CriterionStatus]) -> Iterator[str]:
    for contradiction in known.contradictions:
        if contradiction.kind in {OPEN_PARTS, WAIVED} and _is_asked(contradiction.milestone, chosen):
            yield contradiction.sentence
    for flag in known.flags:
        is_weighed = flag.kind is FlagKind.SUGGESTION or concern_of(flag) is not None
        if not is_weighed and _is_asked(flag.milestone, chosen):
            yield flag.sentence
    unneeded = sum(not status.applies for status in criteria)
    if unneeded:
        yield f"{counted(unneeded, 'criterion', 'criteria')} marked not applicable; nobody has to prove that."


def _is_asked(milestone: Milestone | None, chosen: Chosen | None) -> bool:
    return chosen is None or (milestone is not None and milestone.pk in chosen)
