"""All services at a glance, from their summaries: ask `bring_up_to_date` first."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, IntegerField, Q, QuerySet, Sum, Value, When

from apps.catalog.models import Environment, Service, Team, Tier
from apps.common.columns import columns_of
from apps.roadmap.engines.gate_answer import LETS_GO, WORST_FIRST
from apps.roadmap.models import Milestone, ServiceSummary
from apps.roadmap.models.entries import FINISHED_CLAIMS

SERVICES_ON_A_PAGE = 50
_MAY_GO = Q(decision__in=LETS_GO)
_WITHOUT_ENVIRONMENT = f"""
SELECT {columns_of(Service, "service")} FROM catalog_service AS service WHERE NOT EXISTS (
    SELECT FROM catalog_environment AS environment WHERE environment.service_id = service.id AND environment.is_default
) ORDER BY service.name
"""  # noqa: S608  the names of columns


@dataclass(frozen=True)
class Choice:
    """Which services are asked about. What is empty chooses all."""

    team: str = ""
    tier: str = ""
    decision: str = ""
    milestone: str = ""
    search: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "Choice":
        """The choice of an address's query. It takes no NUL, which the database would not."""
        return cls(**{name: query.get(name, "").replace("\0", "").strip() for name in cls.__dataclass_fields__})

    @property
    def query(self) -> str:
        """What an address carries for it."""
        return urlencode({name: value for name, value in asdict(self).items() if value})


@dataclass(frozen=True)
class Target:
    """A milestone as a summary has it, with the day that it is to be reached."""

    name: str
    standing: str
    target_on: date | None
    precision: str
    is_finished: bool


@dataclass(frozen=True)
class ServiceRow:
    """One service: the gate's decision, the figures behind it, and the milestone that is looked at."""

    summary: ServiceSummary
    target: Target | None

    @property
    def service(self) -> Service:
        return self.summary.environment.service


@dataclass(frozen=True)
class Totals:
    """Sums over all services that were chosen, not only those of the page."""

    services: int
    may_go: int
    contradictions: int
    criteria_proven: int
    criteria_total: int


@dataclass(frozen=True)
class Portfolio:
    """A page of the chosen services, the worst first, and those that cannot be asked."""

    choice: Choice
    rows: tuple[ServiceRow, ...]
    totals: Totals
    page: Page[ServiceSummary]
    without_environment: tuple[Service, ...]
    teams: tuple[str, ...]
    milestones: tuple[str, ...]

    tiers = Tier.choices
    decisions = tuple((str(decision), decision.label) for decision in WORST_FIRST)


def portfolio(*, choice: Choice, page_number: str | None = None) -> Portfolio:
    """A page of the chosen services, in a number of queries that does not grow with them."""
    chosen = chosen_summaries(choice)
    totals = totals_of(chosen)
    pages = Paginator(chosen, SERVICES_ON_A_PAGE)
    pages.count = totals.services  # counted already
    page = pages.get_page(page_number)
    return Portfolio(
        choice=choice,
        rows=tuple(ServiceRow(summary, _target(summary, choice.milestone)) for summary in page),
        totals=totals,
        page=page,
        without_environment=() if choice.query else _services_without_environment(),
        teams=tuple(Team.objects.filter(services__isnull=False).distinct().values_list("name", flat=True)),
        milestones=tuple(_milestone_codes()),
    )


def chosen_rows(choice: Choice) -> Iterator[ServiceRow]:
    """All chosen services, the worst first."""
    return (ServiceRow(summary, _target(summary, choice.milestone)) for summary in chosen_summaries(choice))


def chosen_summaries(choice: Choice) -> QuerySet[ServiceSummary]:
    """The summaries of the chosen services' default environments, the worst first."""
    wanted = {
        "environment__service__owner__name": choice.team,
        "environment__service__tier": choice.tier,
        "decision": choice.decision,
        "environment__service__name__icontains": choice.search,
        "milestones__contains": [{"code": choice.milestone}] if choice.milestone else "",
    }
    summaries = ServiceSummary.objects.filter(environment__is_default=True)
    chosen = summaries.filter(**{lookup: value for lookup, value in wanted.items() if value})
    related = chosen.select_related("environment__service__owner")
    return related.order_by(_badness(), "-contradictions", "-blocking", "environment__service__name")


def totals_of(summaries: QuerySet[ServiceSummary]) -> Totals:
    """The sums over the summaries."""
    sums = summaries.order_by().aggregate(
        services=Count("pk"),
        may_go=Count("pk", _MAY_GO),
        contradictions=Sum("contradictions", default=0),
        criteria_proven=Sum("criteria_proven", default=0),
        criteria_total=Sum("criteria_total", default=0),
    )
    return Totals(**sums)


def _services_without_environment() -> tuple[Service, ...]:
    """Those that nothing can be asked about."""
    return tuple(Service.objects.raw(_WITHOUT_ENVIRONMENT))


def _badness() -> Case:
    ranks = [When(decision=decision, then=Value(rank)) for rank, decision in enumerate(WORST_FIRST)]
    return Case(*ranks, default=Value(0), output_field=IntegerField())


def _milestone_codes() -> QuerySet[Milestone, str]:
    # Only of services that the page shows: others change without another name for it (`figures_of_all`).
    shown = Environment.objects.filter(is_default=True).values("service")
    codes = Milestone.objects.current().filter(service__in=shown).exclude(code="").order_by("code")
    return codes.values_list("code", flat=True).distinct()


def _target(summary: ServiceSummary, code: str) -> Target | None:
    """The milestone of the code; without one, the unfinished milestone whose target comes first: it may be past."""
    targets = [_read_target(values) for values in summary.milestones if code in {"", values["code"]}]
    dated = [each for each in targets if each.target_on and not each.is_finished]
    return min(dated, key=lambda each: each.target_on or date.max, default=targets[0] if code and targets else None)


def _read_target(values: Mapping[str, Any]) -> Target:
    return Target(
        name=values["code"] or values["title"],
        standing=values["standing"],
        target_on=date.fromisoformat(values["target_on"]) if values["target_on"] else None,
        precision=values["target_precision"],
        is_finished=values["claim"] in FINISHED_CLAIMS,
    )
