"""What a reader gets to see of a roadmap: claims, evidence and standings at one instant. Nothing of it is stored."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from apps.catalog.models import Environment, Service
from apps.evidence.freshness import EvidenceState, worst_state
from apps.roadmap.engines.standing import Standing
from apps.roadmap.engines.waivers import ActiveWaiver
from apps.roadmap.models import Binding, Conflict, Criterion, DocumentRevision, Milestone, Task, WorkItem


@dataclass(frozen=True)
class BindingEvidence:
    """One accepted binding, with the newest observation behind it."""

    binding: Binding
    verifier_title: str
    state: EvidenceState
    observation_id: int | None = None
    observed_at: datetime | None = None
    expires_at: datetime | None = None
    summary: str = ""
    source: str = ""
    reasons: tuple[str, ...] = ()
    trust: str = ""

    @property
    def clause(self) -> str:
        return self.binding.clause

    @property
    def verifier_key(self) -> str:
        return self.binding.verifier_key


@dataclass(frozen=True)
class CriterionStatus:
    """A criterion on its three axes: claim, evidence, standing. Below a waiver lies what follows without it."""

    criterion: Criterion
    evidence: EvidenceState
    standing: Standing
    underlying: Standing
    bindings: tuple[BindingEvidence, ...]
    suggestions: tuple[Binding, ...]
    uncovered: tuple[str, ...]
    reason: str
    action: str
    expired_at: datetime | None = None
    waiver: ActiveWaiver | None = None

    @property
    def work_item(self) -> WorkItem | None:
        return self.criterion.work_item

    @property
    def milestone(self) -> Milestone | None:
        """The one it stands in, itself or by its work item."""
        return self.criterion.milestone or (self.work_item.milestone if self.work_item else None)

    @property
    def claim(self) -> str:
        return self.criterion.claim

    @property
    def owners(self) -> tuple[str, ...]:
        """The names of its own teams, where it was read as a part of a whole roadmap."""
        return tuple(self.criterion.owner_names)  # type: ignore[attr-defined]

    @property
    def is_waived(self) -> bool:
        """An active waiver covers it. What is proven needs none."""
        return self.waiver is not None

    @property
    def applies(self) -> bool:
        return self.standing is not Standing.NOT_APPLICABLE

    @property
    def is_proven(self) -> bool:
        """The evidence passes, whatever people say."""
        return self.applies and self.evidence is EvidenceState.PASSING


class WithCriteria:
    """Counts its criteria."""

    criteria: tuple[CriterionStatus, ...]

    @property
    def criteria_proven(self) -> int:
        """How many of them their evidence proves."""
        return sum(status.is_proven for status in self.criteria)

    @property
    def criteria_total(self) -> int:
        """How many there are to prove."""
        return sum(status.applies for status in self.criteria)


@dataclass(frozen=True)
class MilestoneStatus(WithCriteria):
    """A milestone with its criteria and tasks, and what follows from them."""

    milestone: Milestone
    owners: tuple[str, ...]
    standing: Standing
    criteria: tuple[CriterionStatus, ...]
    tasks: tuple[Task, ...]
    is_overdue: bool
    days_late: int

    @property
    def claim(self) -> str:
        return self.milestone.claim

    @property
    def evidence(self) -> EvidenceState:
        """The worst evidence of the criteria that apply."""
        return worst_state([status.evidence for status in self.criteria if status.applies])

    @property
    def open_tasks(self) -> tuple[Task, ...]:
        return tuple(task for task in self.tasks if not task.is_finished)

    @property
    def tasks_done(self) -> int:
        return len(self.tasks) - len(self.open_tasks)

    @property
    def tasks_total(self) -> int:
        return len(self.tasks)


@dataclass(frozen=True)
class Contradiction:
    """Something that is said, but not so: in a sentence, with the details and the one action that mends it."""

    kind: str
    sentence: str
    detail: str
    action: str
    milestone: Milestone | None = None
    criterion: Criterion | None = None
    lines: tuple[int, ...] = ()


class FlagKind(StrEnum):
    """What a lead should know of."""

    OVERDUE = "overdue"
    OWNER_MISSING = "owner-missing"
    PLACEHOLDER = "placeholder"
    THRESHOLD = "threshold"
    WORDS_CHANGED = "words-changed"
    CONFLICT = "conflict"
    SUGGESTION = "suggestion"


@dataclass(frozen=True)
class Flag:
    """Something a lead should know that is no contradiction: an owner missing, a placeholder, a date gone by."""

    kind: FlagKind
    sentence: str
    action: str
    milestone: Milestone | None = None
    criterion: Criterion | None = None
    conflict: Conflict | None = None


@dataclass(frozen=True)
class Readiness(WithCriteria):
    """All that is known of a service's readiness in an environment at an instant."""

    environment: Environment
    at: datetime
    milestones: tuple[MilestoneStatus, ...]
    criteria: tuple[CriterionStatus, ...]
    contradictions: tuple[Contradiction, ...]
    flags: tuple[Flag, ...]
    revisions: tuple[DocumentRevision, ...]

    @property
    def service(self) -> Service:
        return self.environment.service

    @property
    def loose_criteria(self) -> tuple[CriterionStatus, ...]:
        """The criteria that belong to no milestone."""
        return tuple(status for status in self.criteria if status.milestone is None)

    @property
    def milestones_claimed_done(self) -> int:
        return sum(status.milestone.is_claimed_done for status in self.milestones)

    @property
    def milestones_total(self) -> int:
        return len(self.milestones)

    def criteria_by_standing(self) -> dict[Standing, int]:
        """How many criteria have each standing, the worst first, without those that none has."""
        counts = {each: sum(status.standing is each for status in self.criteria) for each in Standing}
        return {each: count for each, count in counts.items() if count}
