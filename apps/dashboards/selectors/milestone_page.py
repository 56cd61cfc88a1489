"""How a milestone stands, for the head of its page."""

from dataclasses import dataclass
from datetime import datetime

from apps.catalog.exceptions import UnknownEnvironment
from apps.catalog.selectors import find_environment
from apps.roadmap.models import Milestone
from apps.roadmap.selectors.readiness import readiness
from apps.roadmap.selectors.statuses import Contradiction, MilestoneStatus


@dataclass(frozen=True)
class MilestonePage:
    """A milestone on its three axes, and what is said of it but not so."""

    status: MilestoneStatus
    contradictions: tuple[Contradiction, ...]


def milestone_page(milestone: Milestone, *, at: datetime) -> MilestonePage | None:
    """The milestone in its service's default environment. None for one that vanished, or has nowhere to stand."""
    try:
        known = readiness(environment=find_environment(milestone.service), at=at)
    except UnknownEnvironment:
        return None
    status = next((each for each in known.milestones if each.milestone == milestone), None)
    contradictions = tuple(each for each in known.contradictions if each.milestone == milestone)
    return MilestonePage(status, contradictions) if status else None
