"""Everything on the readiness page of a service."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from apps.catalog.models import Environment
from apps.catalog.selectors import environments_of
from apps.common.statuses import look_of
from apps.dashboards.engines.timeline import Span, Timeline, draw_timeline
from apps.dashboards.selectors.recovery import Recovery
from apps.roadmap.engines.gate_answer import GateAnswer
from apps.roadmap.models import CostLine, Risk, Task, WorkItem
from apps.roadmap.selectors.gate import gate_of
from apps.roadmap.selectors.readiness import readiness
from apps.roadmap.selectors.roadmaps import current_entries
from apps.roadmap.selectors.statuses import CriterionStatus, Flag, FlagKind, MilestoneStatus, Readiness

FLAG_TITLES = {
    FlagKind.OVERDUE: "past their target date",
    FlagKind.OWNER_MISSING: "without an owner",
    FlagKind.PLACEHOLDER: "with a number that nobody has set",
    FlagKind.THRESHOLD: "with a check that asks less than the criterion says",
    FlagKind.WORDS_CHANGED: "with a check accepted for other words",
    FlagKind.CONFLICT: "changed both here and in their document",
    FlagKind.SUGGESTION: "with a suggested check to accept or decline",
}


@dataclass(frozen=True)
class CriteriaGroup:
    """Criteria outside milestones, under one work item or one heading."""

    title: str
    work_item: WorkItem | None
    criteria: tuple[CriterionStatus, ...]


@dataclass(frozen=True)
class FlagGroup:
    """Flags of one kind."""

    title: str
    flags: tuple[Flag, ...]


@dataclass(frozen=True)
class ServicePage:
    """The page's parts, in the order of reading."""

    readiness: Readiness
    gate: GateAnswer
    recovery: Recovery | None
    environments: tuple[Environment, ...]
    groups: tuple[CriteriaGroup, ...]
    loose_tasks: tuple[Task, ...]
    flags: tuple[FlagGroup, ...]
    risks: tuple[Risk, ...]
    costs: tuple[CostLine, ...]
    timeline: Timeline | None

    @property
    def ground(self) -> str:
        """Why the gate decides so."""
        return self.gate.ground

    @property
    def unproven(self) -> str:
        """What the criteria that are not proven are, in a few words."""
        counts = self.readiness.criteria_by_standing().items()
        return ", ".join(f"{count} {look_of(name).word.lower()}" for name, count in counts if name != "verified")

    @property
    def loose_tasks_done(self) -> int:
        return sum(task.is_finished for task in self.loose_tasks)

    @property
    def is_empty(self) -> bool:
        return not (self.readiness.milestones or self.readiness.criteria or self.loose_tasks)


def service_page(*, environment: Environment, recovery: Recovery | None, at: datetime) -> ServicePage:
    """The page of the environment's service, in a number of queries that does not grow with the roadmap."""
    known, service = readiness(environment=environment, at=at), environment.service
    return ServicePage(
        readiness=known,
        gate=gate_of(known),
        recovery=recovery,
        environments=tuple(environments_of(service)),
        groups=tuple(_groups(known.loose_criteria)),
        loose_tasks=tuple(current_entries(Task, service, "owners", condition="milestone_id IS NULL")),
        flags=tuple(_flag_groups(known.flags)),
        risks=tuple(current_entries(Risk, service, "owners", "mitigations")),
        costs=tuple(current_entries(CostLine, service)),
        timeline=_timeline(known.milestones, at),
    )


def _groups(criteria: Sequence[CriterionStatus]) -> Iterable[CriteriaGroup]:
    for _, members in groupby(criteria, key=lambda status: (status.criterion.work_item_id, status.criterion.section)):
        inside = tuple(members)
        title = str(inside[0].work_item or _last_heading(inside[0].criterion.section) or "The whole service")
        yield CriteriaGroup(title, inside[0].work_item, inside)


def _last_heading(section: str) -> str:
    return section.rsplit(" › ", 1)[-1].strip()


def _flag_groups(flags: Sequence[Flag]) -> Iterable[FlagGroup]:
    by_kind: Mapping[FlagKind, list[Flag]] = {kind: [] for kind in FLAG_TITLES}
    for flag in flags:
        by_kind[flag.kind].append(flag)
    return (FlagGroup(FLAG_TITLES[kind], tuple(found)) for kind, found in by_kind.items() if found)


def _timeline(milestones: Sequence[MilestoneStatus], at: datetime) -> Timeline | None:
    spans = [
        Span(
            name=str(status.milestone),
            starts_on=status.milestone.target_starts_on,
            ends_on=status.milestone.target_on,
            tone=look_of(status.standing).tone,
        )
        for status in milestones
        if status.milestone.target_on
    ]
    return draw_timeline(spans, today=at.date())
