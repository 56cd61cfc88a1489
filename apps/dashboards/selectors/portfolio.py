"""All services at a glance."""

from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Page, Paginator

from apps.catalog.models import Environment, Service
from apps.roadmap.engines.gate import LETS_GO, WORST_FIRST, GateAnswer
from apps.roadmap.selectors.gate import gates_of
from apps.roadmap.selectors.readiness import readiness_of_each
from apps.roadmap.selectors.statuses import MilestoneStatus, Readiness

SERVICES_ON_A_PAGE = 20


@dataclass(frozen=True)
class ServiceRow:
    """One service: the gate's answer, and the figures behind it."""

    readiness: Readiness
    gate: GateAnswer

    @property
    def service(self) -> Service:
        return self.readiness.service

    @property
    def next_target(self) -> MilestoneStatus | None:
        """The unfinished milestone whose target comes first; it may be past."""
        unfinished = [each for each in self.readiness.milestones if not each.milestone.is_finished]
        dated = [(each.milestone.target_on, number, each) for number, each in enumerate(unfinished)]
        return min(((day, number, each) for day, number, each in dated if day), default=(None, 0, None))[2]


@dataclass(frozen=True)
class Portfolio:
    """The services of one page, the worst first, and those that cannot be asked."""

    rows: tuple[ServiceRow, ...]
    without_environment: tuple[Service, ...]
    page: Page[Service]

    @property
    def go(self) -> int:
        """How many of the page's services may go."""
        return sum(row.gate.decision in LETS_GO for row in self.rows)

    @property
    def contradictions(self) -> int:
        return sum(len(row.readiness.contradictions) for row in self.rows)


def portfolio(*, at: datetime, page_number: str | None = None) -> Portfolio:
    """The services of a page, in a number of queries that does not grow with them."""
    services = Service.objects.select_related("owner").prefetch_related("environments").order_by("tier", "name")
    page = Paginator(services, SERVICES_ON_A_PAGE).get_page(page_number)
    environments = {service: _default_environment(service) for service in page}
    asked = [environment for environment in environments.values() if environment]
    known = readiness_of_each(asked, at=at)
    rows = [ServiceRow(each, answer) for each, answer in zip(known, gates_of(known), strict=True)]
    return Portfolio(
        rows=tuple(sorted(rows, key=_badness)),
        without_environment=tuple(service for service, environment in environments.items() if not environment),
        page=page,
    )


def _default_environment(service: Service) -> Environment | None:
    chosen = next((each for each in service.environments.all() if each.is_default), None)
    if chosen:
        chosen.service = service
    return chosen


def _badness(row: ServiceRow) -> tuple[int, int, int, str]:
    return (
        WORST_FIRST.index(row.gate.decision),
        -len(row.readiness.contradictions),
        -len(row.gate.blocking),
        row.service.name,
    )
