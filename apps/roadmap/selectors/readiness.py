"""How ready a service is: computed from claims and evidence when it is asked, in a constant number of queries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from apps.catalog.models import Environment
from apps.common.clock import now
from apps.evidence.freshness import EvidenceState, worst_state
from apps.evidence.register import trust_of
from apps.evidence.selectors import Key, Newest, newest_observations
from apps.roadmap.engines.chosen_clauses import clauses_of
from apps.roadmap.engines.clauses import uncovered_clauses
from apps.roadmap.engines.standing import Standing, is_open, milestone_standing, standing
from apps.roadmap.engines.waivers import ActiveWaiver
from apps.roadmap.engines.wording import Circumstances, explain
from apps.roadmap.models import Binding, Conflict, Criterion, DocumentRevision, Milestone, Task
from apps.roadmap.selectors.binding_evidence import evidence_of, key_of
from apps.roadmap.selectors.contradictions import find_contradictions
from apps.roadmap.selectors.flags import find_flags
from apps.roadmap.selectors.roadmaps import (
    bindings_by_criterion,
    conflicts_by_service,
    criteria_of,
    grouped,
    milestones_of,
    revisions_by_service,
    tasks_by_milestone,
)
from apps.roadmap.selectors.statuses import BindingEvidence, CriterionStatus, MilestoneStatus, Readiness
from apps.roadmap.selectors.waivers import active_waivers


def readiness(*, environment: Environment, at: datetime | None = None) -> Readiness:
    """Everything that is known of the environment's readiness at the instant."""
    return readiness_of_each([environment], at=at)[0]


def readiness_of_each(environments: Sequence[Environment], *, at: datetime | None = None) -> list[Readiness]:
    """The readiness of several environments, in as many queries as that of one."""
    at = at or now()
    services = {environment.service_id for environment in environments}
    milestones = {each.pk: each for each in milestones_of(services)}
    statuses = statuses_of(criteria_of(services, milestones), environments, at=at)
    current, tasks = _current_by_service(milestones.values()), tasks_by_milestone(services)
    revisions, conflicts = revisions_by_service(services), conflicts_by_service(services)
    return [
        _readiness(
            environment,
            statuses[environment.pk],
            _milestone_statuses(current[environment.service_id], statuses[environment.pk], tasks, at),
            tuple(revisions[environment.service_id]),
            conflicts[environment.service_id],
            at,
        )
        for environment in environments
    ]


def statuses_of(
    found: Sequence[Criterion], environments: Sequence[Environment], *, at: datetime
) -> dict[int, tuple[CriterionStatus, ...]]:
    """How the criteria stand in each environment, by its key: without what else is known of them."""
    criteria, bindings = grouped(found, lambda criterion: criterion.service_id), bindings_by_criterion(found)
    keys = {
        environment.pk: {
            binding.pk: key_of(binding, environment)
            for criterion in criteria[environment.service_id]
            for binding in bindings[criterion.pk]
        }
        for environment in environments
    }
    newest = newest_observations({key for of_bindings in keys.values() for key in of_bindings.values()}, at)
    waivers = active_waivers(environments, at=at)
    return {
        environment.pk: tuple(
            _overlaid(
                _criterion_status(criterion, bindings[criterion.pk], keys[environment.pk], newest, at),
                waivers.get((criterion.pk, environment.pk)),
            )
            for criterion in criteria[environment.service_id]
        )
        for environment in environments
    }


def _readiness(
    environment: Environment,
    criteria: tuple[CriterionStatus, ...],
    milestones: tuple[MilestoneStatus, ...],
    revisions: tuple[DocumentRevision, ...],
    conflicts: Sequence[Conflict],
    at: datetime,
) -> Readiness:
    return Readiness(
        environment=environment,
        at=at,
        milestones=milestones,
        criteria=criteria,
        contradictions=find_contradictions(milestones, criteria, at),
        flags=find_flags(milestones, criteria, conflicts),
        revisions=revisions,
    )


def _current_by_service(milestones: Iterable[Milestone]) -> Mapping[int, list[Milestone]]:
    current = (milestone for milestone in milestones if milestone.orphaned_at is None)
    return grouped(current, lambda milestone: milestone.service_id)


def _criterion_status(
    criterion: Criterion, bindings: Sequence[Binding], keys: Mapping[int, Key], newest: Newest, at: datetime
) -> CriterionStatus:
    for binding in bindings:
        binding.criterion = criterion  # known here, and otherwise a query for each
    accepted = tuple(evidence_of(binding, keys[binding.pk], newest, at) for binding in bindings if binding.is_accepted)
    suggestions = tuple(binding for binding in bindings if not binding.is_accepted)
    clauses = clauses_of(criterion.text, criterion.clauses)
    uncovered = uncovered_clauses(criterion.text, (evidence.clause for evidence in accepted), clauses)
    states = [evidence.state for evidence in accepted] + [EvidenceState.UNBOUND for _ in uncovered]
    evidence, expired_at = worst_state(states), _expired_at(accepted)
    derived = standing(criterion.claim, evidence)
    explanation = explain(derived, evidence, _circumstances(accepted, evidence, suggestions, uncovered, expired_at, at))
    return CriterionStatus(
        criterion=criterion,
        evidence=evidence,
        standing=derived,
        underlying=derived,
        bindings=accepted,
        suggestions=suggestions,
        uncovered=uncovered,
        reason=explanation.reason,
        action=explanation.action,
        expired_at=expired_at,
    )


def _overlaid(status: CriterionStatus, waiver: ActiveWaiver | None) -> CriterionStatus:
    """The status below the waiver, which covers neither a proof nor what does not apply."""
    if waiver is None or standing(status.claim, status.evidence, is_waived=True) is not Standing.WAIVED:
        return status
    return replace(status, standing=Standing.WAIVED, waiver=waiver, reason=f"{waiver.sentence} {status.reason}")


def _circumstances(
    accepted: Sequence[BindingEvidence],
    state: EvidenceState,
    suggestions: Sequence[Binding],
    uncovered: Sequence[str],
    expired_at: datetime | None,
    at: datetime,
) -> Circumstances:
    decisive = [evidence for evidence in accepted if evidence.state is state] or accepted
    return Circumstances(
        checks=[evidence.verifier_key for evidence in decisive],
        trusts=[trust_of(evidence.verifier_key) for evidence in decisive],
        reasons=[reason for evidence in decisive for reason in evidence.reasons],
        uncovered=uncovered,
        suggested=[binding.verifier_key for binding in suggestions],
        summaries=[evidence.summary for evidence in accepted if evidence.summary],
        expired_for=at - expired_at if expired_at else None,
    )


def _expired_at(accepted: Iterable[BindingEvidence]) -> datetime | None:
    stale = [each.expires_at for each in accepted if each.state is EvidenceState.STALE and each.expires_at]
    return min(stale, default=None)


def _milestone_statuses(
    milestones: Sequence[Milestone],
    criteria: Sequence[CriterionStatus],
    tasks: Mapping[int, Sequence[Task]],
    at: datetime,
) -> tuple[MilestoneStatus, ...]:
    inside = grouped(criteria, lambda status: status.milestone.pk if status.milestone else 0)
    return tuple(_milestone_status(each, inside[each.pk], tasks[each.pk], at) for each in milestones)


def _milestone_status(
    milestone: Milestone, criteria: Sequence[CriterionStatus], tasks: Sequence[Task], at: datetime
) -> MilestoneStatus:
    parts = [*tasks, *(status.criterion for status in criteria if not status.is_waived)]
    is_overdue = milestone.is_overdue(at)
    return MilestoneStatus(
        milestone=milestone,
        owners=tuple(milestone.owner_names),  # type: ignore[attr-defined]
        standing=milestone_standing(
            milestone.claim, _required(milestone, criteria), has_open_parts=any(is_open(part.claim) for part in parts)
        ),
        criteria=tuple(criteria),
        tasks=tuple(tasks),
        is_overdue=is_overdue,
        days_late=(at.date() - milestone.target_on) // timedelta(days=1) if is_overdue and milestone.target_on else 0,
    )


def _required(milestone: Milestone, criteria: Iterable[CriterionStatus]) -> list[Standing]:
    # Of a criterion without a mark of its own, the milestone's mark speaks.
    return [
        standing(
            milestone.claim if status.claim == "unknown" else status.claim,
            status.evidence,
            is_waived=status.is_waived,
        )
        for status in criteria
        if status.criterion.requirement == Criterion.Requirement.REQUIRED
    ]
