"""What is said, but not so: pure over the statuses, the gravest first."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from apps.common.wording import about, counted
from apps.evidence.freshness import EvidenceState
from apps.roadmap.engines.entries import CriterionKind
from apps.roadmap.engines.standing import Standing, is_open
from apps.roadmap.engines.wording import quote
from apps.roadmap.models import Criterion, Task
from apps.roadmap.selectors.statuses import Contradiction, CriterionStatus, MilestoneStatus

FAILS, OPEN_PARTS, DECAYED, NOT_APPLICABLE = "fails", "open-parts", "decayed", "not-applicable-fails"
WAIVED = "waived"
_GRAVEST_FIRST = (FAILS, NOT_APPLICABLE, OPEN_PARTS, DECAYED, WAIVED)
_LISTED_TASKS = 3


def find_contradictions(
    milestones: Sequence[MilestoneStatus], criteria: Sequence[CriterionStatus], at: datetime
) -> tuple[Contradiction, ...]:
    """Every contradiction between claims, and between a claim and its evidence."""
    found = [*_of_milestones(milestones), *_of_criteria(criteria, at)]
    return tuple(sorted(found, key=lambda each: _GRAVEST_FIRST.index(each.kind)))


def _of_milestones(milestones: Sequence[MilestoneStatus]) -> Iterator[Contradiction]:
    for status in milestones:
        if not status.milestone.is_claimed_done:
            continue
        criteria = [each for each in status.criteria if is_open(each.claim) and not each.is_waived]
        tasks = [task for task in status.tasks if is_open(task.claim)]
        if criteria or tasks:
            yield _open_parts(status, criteria, tasks)


def _open_parts(status: MilestoneStatus, criteria: list[CriterionStatus], tasks: list[Task]) -> Contradiction:
    parts = [_name_criteria(status, criteria)] if criteria else []
    parts += [_name_tasks(status, tasks)] if tasks else []
    verb = "are" if len(criteria) + len(tasks) > 1 else "is"
    entries: list[Criterion | Task] = [*(each.criterion for each in criteria), *tasks]
    return Contradiction(
        kind=OPEN_PARTS,
        sentence=f"{status.milestone} is marked done; {' and '.join(parts)} {verb} still open.",
        detail=" ".join(quote(entry.text) for entry in entries[:_LISTED_TASKS]),
        action="Prove and close what is open, or reopen the milestone.",
        milestone=status.milestone,
        criterion=criteria[0].criterion if criteria else None,
        lines=tuple(sorted(entry.line for entry in entries if entry.line)),
    )


def _name_criteria(status: MilestoneStatus, criteria: list[CriterionStatus]) -> str:
    if status.criteria[1:]:
        return f"{len(criteria)} of its {len(status.criteria)} criteria"
    acceptance = criteria[0].criterion.kind == CriterionKind.ACCEPTANCE
    return "its acceptance criterion" if acceptance else "its criterion"


def _name_tasks(status: MilestoneStatus, tasks: list[Task]) -> str:
    return "its task" if not status.tasks[1:] else f"{len(tasks)} of its {counted(len(status.tasks), 'task')}"


def _of_criteria(criteria: Sequence[CriterionStatus], at: datetime) -> Iterator[Contradiction]:
    for status in criteria:
        milestone_is_done = bool(status.milestone and status.milestone.is_claimed_done)
        if status.standing is Standing.NOT_APPLICABLE:
            if status.evidence is EvidenceState.FAILING:
                yield _contradiction(NOT_APPLICABLE, status, "is marked not applicable; its evidence fails.")
        elif status.claim == "done" or milestone_is_done:
            yield from _claimed(status, at)


def _claimed(status: CriterionStatus, at: datetime) -> Iterator[Contradiction]:
    says = "is marked done" if status.claim == "done" else "belongs to a milestone that is marked done"
    until = f", waived until {status.waiver.until}." if status.waiver else "."
    if status.evidence is EvidenceState.FAILING:
        yield _contradiction(WAIVED if status.is_waived else FAILS, status, f"{says}; its evidence fails{until}")
    elif status.evidence is EvidenceState.STALE and status.expired_at:
        ago = about(at - status.expired_at)
        kind = WAIVED if status.is_waived else DECAYED
        yield _contradiction(kind, status, f"was proven; its proof ran out {ago} ago{until}")
    elif status.is_waived and is_open(status.claim):
        yield _contradiction(WAIVED, status, f"{says}; it is still open{until}")


def _contradiction(kind: str, status: CriterionStatus, says: str) -> Contradiction:
    subject = quote(status.criterion.text)
    if status.milestone:
        subject = f"{status.milestone}: {subject}"
    return Contradiction(
        kind=kind,
        sentence=f"{subject} {says}",
        detail=status.reason,
        action=status.action,
        milestone=status.milestone,
        criterion=status.criterion,
        lines=(status.criterion.line,) if status.criterion.line else (),
    )
