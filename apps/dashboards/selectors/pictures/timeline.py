"""When milestones are due, were due before, and which waits for which."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from apps.common.statuses import look_of
from apps.common.wording import counted, date_in_words, lateness_in_words
from apps.dashboards.engines.plan import Plan, Stage, draw_plan
from apps.roadmap.models import Dependency, Milestone, Precision
from apps.roadmap.selectors.statuses import MilestoneStatus, Readiness
from apps.roadmap.selectors.targets import PastTarget, targets_over_time


@dataclass(frozen=True)
class Wait:
    """A milestone that another one waits for; in conflict when it is due later and not finished."""

    predecessor: Milestone
    is_conflict: bool


@dataclass(frozen=True)
class PlannedMilestone:
    """A milestone with its targets, the first one first, and what it waits for."""

    milestone: Milestone
    name: str
    standing: str
    targets: tuple[PastTarget, ...]
    waits_for: tuple[Wait, ...]
    at: datetime

    @property
    def moves(self) -> int:
        """How often its target was moved."""
        return max(len(self.targets) - 1, 0)

    @property
    def days_moved(self) -> int:
        """From the first target to the present one; negative when it is due earlier than at first."""
        return (self.targets[-1].on - self.targets[0].on).days if self.targets else 0

    @property
    def slippage(self) -> str:
        """How its target was moved, in words; empty when it never was."""
        if not self.moves:
            return ""
        days = abs(self.days_moved)
        distance = f"{counted(days, 'day')} {'later' if self.days_moved > 0 else 'earlier'}" if days else "and back"
        return f"moved {'once' if self.moves == 1 else f'{self.moves} times'}, {distance}"

    @property
    def lateness(self) -> str:
        """How far past its target it is; empty when it is not, or is said to be finished."""
        target = self.milestone.target_on
        return lateness_in_words(target, at=self.at) if target and self.milestone.is_overdue(self.at) else ""

    @property
    def has_conflict(self) -> bool:
        return any(wait.is_conflict for wait in self.waits_for)


@dataclass(frozen=True)
class TimelinePicture:
    """All milestones of a service; those of others that they wait for come last."""

    milestones: tuple[PlannedMilestone, ...]
    awaited: tuple[PlannedMilestone, ...]
    at: datetime

    @property
    def dated(self) -> tuple[PlannedMilestone, ...]:
        return tuple(each for each in (*self.milestones, *self.awaited) if each.targets)

    @property
    def undated(self) -> tuple[PlannedMilestone, ...]:
        return tuple(each for each in self.milestones if not each.targets)

    @property
    def conflicts(self) -> int:
        return sum(wait.is_conflict for each in self.milestones for wait in each.waits_for)

    @property
    def moved(self) -> int:
        return sum(bool(each.moves) for each in self.dated)

    @property
    def drawing(self) -> Plan | None:
        return draw_plan([_stage(each) for each in self.dated], today=self.at.date())

    @property
    def summary(self) -> str:
        """The picture in words."""
        late = sum(bool(each.lateness) for each in self.dated)
        said = [f"{counted(len(self.dated), 'milestone')} with a target", f"{self.moved} moved", f"{late} late"]
        if self.conflicts:
            said.append(f"{self.conflicts} due before what they wait for")
        return f"{', '.join(said)}; today is {date_in_words(self.at.date())}."


def timeline_picture(known: Readiness) -> TimelinePicture:
    """The timeline of a service, in two queries."""
    own = {status.milestone.pk: status for status in known.milestones}
    waits = _waits(own)
    foreign = {each.pk: each for found in waits.values() for each in found if each.pk not in own}
    targets = targets_over_time([*(status.milestone for status in own.values()), *foreign.values()], at=known.at)
    return TimelinePicture(
        milestones=tuple(_planned(status, targets, waits.get(pk, []), known.at) for pk, status in own.items()),
        awaited=tuple(_awaited(each, targets, known.at) for each in foreign.values()),
        at=known.at,
    )


def _waits(milestones: Iterable[int]) -> dict[int, list[Milestone]]:
    """The present predecessors of each milestone."""
    found: dict[int, list[Milestone]] = {}
    known = Dependency.objects.filter(successor__in=list(milestones), predecessor__orphaned_at__isnull=True)
    for dependency in known.select_related("predecessor__service").order_by("pk"):
        found.setdefault(dependency.successor_id, []).append(dependency.predecessor)
    return found


def _planned(
    status: MilestoneStatus,
    targets: Mapping[int, tuple[PastTarget, ...]],
    predecessors: Sequence[Milestone],
    at: datetime,
) -> PlannedMilestone:
    milestone = status.milestone
    return PlannedMilestone(
        milestone=milestone,
        name=str(milestone),
        standing=str(status.standing),
        targets=targets.get(milestone.pk, ()),
        waits_for=tuple(Wait(each, _is_conflict(each, milestone)) for each in predecessors),
        at=at,
    )


def _awaited(milestone: Milestone, targets: Mapping[int, tuple[PastTarget, ...]], at: datetime) -> PlannedMilestone:
    name = f"{milestone.service}: {milestone}"
    return PlannedMilestone(milestone, name, milestone.claim, targets.get(milestone.pk, ()), (), at)


def _is_conflict(predecessor: Milestone, successor: Milestone) -> bool:
    if predecessor.is_finished or not (predecessor.target_on and successor.target_on):
        return False
    return successor.target_on < predecessor.target_on


def _stage(planned: PlannedMilestone) -> Stage:
    present, look = planned.targets[-1], look_of(planned.standing)
    return Stage(
        key=planned.milestone.pk,
        name=planned.name,
        title=", ".join(_said(planned, present)),
        symbol=look.symbol,
        tone=look.tone,
        starts_on=_start(present),
        ends_on=present.on,
        earlier=tuple(target.on for target in planned.targets[:-1]),
        note=planned.slippage,
        waits_for=tuple(wait.predecessor.pk for wait in planned.waits_for),
        conflicts=tuple(wait.predecessor.pk for wait in planned.waits_for if wait.is_conflict),
    )


def _start(target: PastTarget) -> date:
    """The first day of the target's period, where nobody said it."""
    match target.precision:
        case _ if target.starts_on:
            return target.starts_on
        case Precision.WEEK:
            return target.on - timedelta(days=target.on.weekday())
        case Precision.MONTH:
            return target.on.replace(day=1)
        case Precision.QUARTER:
            return date(target.on.year, (target.on.month - 1) // 3 * 3 + 1, 1)
    return target.on


def _said(planned: PlannedMilestone, present: PastTarget) -> Iterator[str]:
    yield f"{planned.name}: {look_of(planned.standing).word.lower()}"
    yield f"due {date_in_words(present.on, present.precision)}"
    if planned.lateness:
        yield planned.lateness
    if planned.moves:
        yield f"first due {date_in_words(planned.targets[0].on, planned.targets[0].precision)}, {planned.slippage}"
