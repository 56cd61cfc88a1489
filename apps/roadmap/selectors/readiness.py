"""How ready a service is: computed from claims and evidence when it is asked, in a constant number of queries."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from django.db.models import QuerySet

from apps.catalog.models import Environment
from apps.common.clock import now
from apps.common.columns import columns_of, read_rows
from apps.evidence.freshness import EvidenceState, worst_state
from apps.evidence.register import trust_of
from apps.evidence.selectors import Newest, newest_observations
from apps.roadmap.engines.chosen_clauses import clauses_of
from apps.roadmap.engines.clauses import uncovered_clauses
from apps.roadmap.engines.standing import Standing, is_open, milestone_standing, standing
from apps.roadmap.engines.waivers import ActiveWaiver
from apps.roadmap.engines.wording import Circumstances, explain
from apps.roadmap.models import Binding, Conflict, Criterion, DocumentRevision, Milestone, Task, WorkItem
from apps.roadmap.models.entries import EntryQuerySet
from apps.roadmap.selectors.binding_evidence import evidence_of, key_of
from apps.roadmap.selectors.contradictions import find_contradictions
from apps.roadmap.selectors.flags import find_flags
from apps.roadmap.selectors.statuses import BindingEvidence, CriterionStatus, MilestoneStatus, Readiness
from apps.roadmap.selectors.waivers import active_waivers

Entry = TypeVar("Entry")
PLACE_IN_DOCUMENT = ("spans", "imported")  # large, and only an export reads them
UNREAD = [f"work_item__{field}" for field in PLACE_IN_DOCUMENT]

# Plain SQL: of a list of keys Django would make a parameter each, and write the question anew each time.
_UNDECLINED = f"""
SELECT {columns_of(Binding, "binding")} FROM roadmap_binding AS binding
WHERE binding.criterion_id = ANY(%s) AND binding.state <> %s ORDER BY binding.id
"""  # noqa: S608  the names of columns


def readiness(*, environment: Environment, at: datetime | None = None) -> Readiness:
    """Everything that is known of the environment's readiness at the instant."""
    return readiness_of_each([environment], at=at)[0]


def readiness_of_each(environments: Sequence[Environment], *, at: datetime | None = None) -> list[Readiness]:
    """The readiness of several environments, in as many queries as that of one."""
    at = at or now()
    services = {environment.service_id for environment in environments}
    milestones = {each.pk: each for each in _milestones(services).prefetch_related("owners")}
    statuses = _criteria_of_each(environments, milestones, Criterion.objects.current(), at)
    current, tasks = _current_by_service(milestones.values()), _tasks_by_milestone(services)
    revisions, conflicts = _revisions_by_service(services), _conflicts_by_service(services)
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


def criteria_of_each(
    environments: Sequence[Environment], *, chosen: EntryQuerySet, at: datetime
) -> dict[int, tuple[CriterionStatus, ...]]:
    """How the chosen criteria stand in each environment, by its key: without what else is known of them."""
    milestones = {each.pk: each for each in _milestones({each.service_id for each in environments})}
    return _criteria_of_each(environments, milestones, chosen.current(), at)


def _criteria_of_each(
    environments: Sequence[Environment], milestones: Mapping[int, Milestone], chosen: EntryQuerySet, at: datetime
) -> dict[int, tuple[CriterionStatus, ...]]:
    found = _with_work_items(chosen.filter(service__in={environment.service_id for environment in environments}))
    _share(milestones, found)
    return statuses_of(found, environments, at=at)


def statuses_of(
    found: Sequence[Criterion], environments: Sequence[Environment], *, at: datetime
) -> dict[int, tuple[CriterionStatus, ...]]:
    """The same of criteria that were read already."""
    criteria, bindings = _grouped(found, lambda criterion: criterion.service_id), _bindings_by_criterion(found)
    keys = {
        key_of(binding, environment)
        for environment in environments
        for criterion in criteria[environment.service_id]
        for binding in bindings[criterion.pk]
    }
    newest, waivers = newest_observations(keys, at), active_waivers(environments, at=at)
    return {
        environment.pk: tuple(
            _overlaid(
                _criterion_status(criterion, environment, bindings[criterion.pk], newest, at),
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


def _milestones(services: Collection[int]) -> QuerySet[Milestone]:
    """The services' milestones in order. Those that vanished too: what was added below one is there still."""
    return Milestone.objects.filter(service__in=services).in_order().defer(*PLACE_IN_DOCUMENT)


def _current_by_service(milestones: Iterable[Milestone]) -> Mapping[int, list[Milestone]]:
    current = (milestone for milestone in milestones if milestone.orphaned_at is None)
    return _grouped(current, lambda milestone: milestone.service_id)


def _with_work_items(chosen: EntryQuerySet) -> list[Criterion]:
    criteria = chosen.in_order().select_related("owner", "work_item")
    return list(criteria.defer("measures", *PLACE_IN_DOCUMENT, *UNREAD))


def _share(milestones: Mapping[int, Milestone], criteria: Sequence[Criterion]) -> None:
    """Give the criteria and their work items their milestones, each of which is read once."""
    under: list[Criterion | WorkItem] = [*criteria, *(each.work_item for each in criteria if each.work_item)]
    for entry in under:
        if milestone := milestones.get(entry.milestone_id or 0):
            entry.milestone = milestone


def _bindings_by_criterion(criteria: Iterable[Criterion]) -> Mapping[int, list[Binding]]:
    keys = [criterion.pk for criterion in criteria]
    bindings = read_rows(Binding, _UNDECLINED, [keys, Binding.State.DECLINED.value])
    return _grouped(bindings, lambda binding: binding.criterion_id)


def _revisions_by_service(services: Collection[int]) -> Mapping[int, list[DocumentRevision]]:
    """The newest revision of each of the services' documents, without its text."""
    revisions = DocumentRevision.objects.filter(document__service__in=services).select_related("document").defer("raw")
    newest = revisions.order_by("document_id", "-pk").distinct("document_id")
    return _grouped(newest, lambda revision: revision.document.service_id)


def _conflicts_by_service(services: Collection[int]) -> Mapping[int, list[Conflict]]:
    """What is in conflict with the services' documents, in as many queries as there are kinds of entries."""
    still_open = Conflict.objects.open().filter(document__service__in=services).select_related("document")
    return _grouped(still_open.prefetch_related("entry"), lambda conflict: conflict.document.service_id)


def _grouped(entries: Iterable[Entry], key: Callable[[Entry], int]) -> Mapping[int, list[Entry]]:
    groups: dict[int, list[Entry]] = defaultdict(list)
    for entry in entries:
        groups[key(entry)].append(entry)
    return groups


def _criterion_status(
    criterion: Criterion, environment: Environment, bindings: Sequence[Binding], newest: Newest, at: datetime
) -> CriterionStatus:
    for binding in bindings:
        binding.criterion = criterion  # known here, and otherwise a query for each
    accepted = tuple(evidence_of(binding, environment, newest, at) for binding in bindings if binding.is_accepted)
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
    inside = _grouped(criteria, lambda status: status.milestone.pk if status.milestone else 0)
    return tuple(_milestone_status(each, inside[each.pk], tasks[each.pk], at) for each in milestones)


def _milestone_status(
    milestone: Milestone, criteria: Sequence[CriterionStatus], tasks: Sequence[Task], at: datetime
) -> MilestoneStatus:
    parts = [*tasks, *(status.criterion for status in criteria if not status.is_waived)]
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
        standing(
            milestone.claim if status.claim == "unknown" else status.claim,
            status.evidence,
            is_waived=status.is_waived,
        )
        for status in criteria
        if status.criterion.requirement == Criterion.Requirement.REQUIRED
    ]


def _tasks_by_milestone(services: Collection[int]) -> Mapping[int, list[Task]]:
    tasks = Task.objects.roadmap_of_each(services).select_related("work_item").defer(*PLACE_IN_DOCUMENT, *UNREAD)
    return _grouped(
        tasks, lambda task: task.milestone_id or (task.work_item.milestone_id if task.work_item else 0) or 0
    )
