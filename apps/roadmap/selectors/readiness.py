"""How ready a service is: computed from claims and evidence when it is asked, in a constant number of queries."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from apps.catalog.models import Environment, Service
from apps.common.clock import now
from apps.evidence.freshness import EvidenceState, worst_state
from apps.roadmap.engines.clauses import uncovered_clauses
from apps.roadmap.engines.standing import Standing, is_open, milestone_standing, standing
from apps.roadmap.engines.wording import Circumstances, explain
from apps.roadmap.models import Binding, Criterion, DocumentRevision, Milestone, Task
from apps.roadmap.selectors.binding_evidence import Newest, evidence_of, newest_observations
from apps.roadmap.selectors.contradictions import find_contradictions
from apps.roadmap.selectors.flags import find_flags
from apps.roadmap.selectors.statuses import (
    BindingEvidence,
    Contradiction,
    CriterionStatus,
    Flag,
    MilestoneStatus,
    Readiness,
)

__all__ = [
    "BindingEvidence",
    "Contradiction",
    "CriterionStatus",
    "Flag",
    "MilestoneStatus",
    "Readiness",
    "criterion_statuses",
    "readiness",
]


def readiness(*, environment: Environment, at: datetime | None = None) -> Readiness:
    """Everything that is known of the environment's readiness at the instant."""
    at = at or now()
    criteria = criterion_statuses(environment=environment, at=at)
    milestones = _milestone_statuses(environment.service, criteria, at)
    return Readiness(
        environment=environment,
        at=at,
        milestones=milestones,
        criteria=criteria,
        contradictions=find_contradictions(milestones, criteria, at),
        flags=find_flags(milestones, criteria),
        revisions=newest_revisions(environment.service),
    )


def criterion_statuses(*, environment: Environment, at: datetime) -> tuple[CriterionStatus, ...]:
    """Every criterion of the environment's service, in the order of its documents."""
    related = ("owner", "milestone", "work_item__milestone")
    criteria = list(Criterion.objects.roadmap_of(environment.service).select_related(*related))
    bindings = defaultdict(list)
    for binding in Binding.objects.undeclined().filter(criterion__service=environment.service).order_by("pk"):
        bindings[binding.criterion_id].append(binding)
    newest = newest_observations(environment, at)
    return tuple(_criterion_status(criterion, bindings[criterion.pk], newest, at) for criterion in criteria)


def newest_revisions(service: Service) -> tuple[DocumentRevision, ...]:
    """The newest revision of each of the service's documents, without its text."""
    revisions = DocumentRevision.objects.filter(document__service=service).select_related("document").defer("raw")
    return tuple(revisions.order_by("document_id", "-pk").distinct("document_id"))


def _criterion_status(
    criterion: Criterion, bindings: Sequence[Binding], newest: Newest, at: datetime
) -> CriterionStatus:
    accepted = tuple(evidence_of(binding, newest, at) for binding in bindings if binding.is_accepted)
    suggestions = tuple(binding for binding in bindings if not binding.is_accepted)
    uncovered = uncovered_clauses(criterion.text, (evidence.clause for evidence in accepted))
    states = [evidence.state for evidence in accepted] + [EvidenceState.UNBOUND for _ in uncovered]
    evidence, expired_at = worst_state(states), _expired_at(accepted)
    derived = standing(criterion.claim, evidence)
    explanation = explain(derived, evidence, _circumstances(accepted, evidence, suggestions, uncovered, expired_at, at))
    return CriterionStatus(
        criterion=criterion,
        milestone=criterion.milestone or (criterion.work_item.milestone if criterion.work_item else None),
        work_item=criterion.work_item,
        evidence=evidence,
        standing=derived,
        bindings=accepted,
        suggestions=suggestions,
        uncovered=uncovered,
        reason=explanation.reason,
        action=explanation.action,
        expired_at=expired_at,
    )


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
    service: Service, criteria: Sequence[CriterionStatus], at: datetime
) -> tuple[MilestoneStatus, ...]:
    inside: dict[int, list[CriterionStatus]] = defaultdict(list)
    for status in criteria:
        if status.milestone:
            inside[status.milestone.pk].append(status)
    tasks = _tasks_by_milestone(service)
    milestones = Milestone.objects.roadmap_of(service).prefetch_related("owners")
    return tuple(_milestone_status(each, inside[each.pk], tasks[each.pk], at) for each in milestones)


def _milestone_status(
    milestone: Milestone, criteria: Sequence[CriterionStatus], tasks: Sequence[Task], at: datetime
) -> MilestoneStatus:
    parts = [*tasks, *(status.criterion for status in criteria)]
    is_overdue = milestone.is_overdue(at)
    return MilestoneStatus(
        milestone=milestone,
        owners=tuple(team.name for team in milestone.owners.all()),
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
        standing(milestone.claim if status.claim == "unknown" else status.claim, status.evidence)
        for status in criteria
        if status.criterion.requirement == Criterion.Requirement.REQUIRED
    ]


def _tasks_by_milestone(service: Service) -> dict[int, list[Task]]:
    inside: dict[int, list[Task]] = defaultdict(list)
    for task in Task.objects.roadmap_of(service).select_related("work_item"):
        milestone_id = task.milestone_id or (task.work_item.milestone_id if task.work_item else None)
        if milestone_id:
            inside[milestone_id].append(task)
    return inside
