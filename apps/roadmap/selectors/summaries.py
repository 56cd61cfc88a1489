"""Which environments' summaries hold, and what a summary says."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from apps.catalog.models import Environment
from apps.roadmap.engines.gate_answer import GateAnswer
from apps.roadmap.engines.origin import origin
from apps.roadmap.models import ServiceSummary
from apps.roadmap.selectors.gate import gates_of
from apps.roadmap.selectors.readiness import readiness_of_each
from apps.roadmap.selectors.statuses import MilestoneStatus, Readiness
from apps.roadmap.selectors.turning_points import next_turning_points

_IDENTITY = ("pk", "cluster", "snapshot", "computed_at", "valid_until")  # no two computations share them
_SHOWN = """
SELECT count(*), bit_xor(hash_record_extended(ROW(
    summary.environment_id, summary.decision, summary.regression, summary.blocking, summary.contradictions,
    summary.criteria_proven, summary.criteria_total, summary.milestones_claimed_done, summary.milestones_total,
    summary.standings, summary.milestones, environment.name, service.slug, service.name, service.tier, team.name), 0)),
    count(*) FILTER (WHERE summary.snapshot IS NULL)
FROM roadmap_servicesummary AS summary
JOIN catalog_environment AS environment ON environment.id = summary.environment_id AND environment.is_default
JOIN catalog_service AS service ON service.id = environment.service_id
LEFT JOIN catalog_team AS team ON team.id = service.owner_id
"""


def current_summaries(at: datetime) -> QuerySet[ServiceSummary]:
    """The summaries that a computation at the instant would repeat."""
    return ServiceSummary.objects.current(at, origin())


def currency_of(environment: Environment, at: datetime) -> str:
    """Another text for whatever readiness would be computed otherwise from; empty while no summary holds."""
    held = current_summaries(at).filter(environment=environment)
    return " ".join(map(str, held.values_list(*_IDENTITY).first() or ()))


def current_digest(environment: Environment, at: datetime) -> str:
    """The digest that the gate would answer with, at the cost of one query; empty while no summary holds."""
    return current_summaries(at).filter(environment=environment).values_list("digest", flat=True).first() or ""


def figures_of_all() -> str:
    """Another text whenever the summaries of all default environments, once brought up to date, say otherwise.

    What was computed again to the same figures leaves it as it is. Empty while figures hold for nobody else.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SHOWN)
        count, mixed, amid_writes = cursor.fetchone()
    return "" if amid_writes else f"{count} {mixed}"


def outdated_environments(at: datetime) -> QuerySet[Environment]:
    """The default environments whose summary is missing, or may not hold any more."""
    held = current_summaries(at).values("environment")
    return Environment.objects.filter(is_default=True).exclude(pk__in=held).order_by("pk")


def summarise(environments: Iterable[Environment], at: datetime) -> list[ServiceSummary]:
    """The summaries of environments as they are now, not stored."""
    known = readiness_of_each(list(environments), at=at)
    turning_points = next_turning_points(known, at)
    return [
        _summary(each, answer, at, turning_points[each.environment.pk])
        for each, answer in zip(known, gates_of(known), strict=True)
    ]


def _summary(known: Readiness, answer: GateAnswer, at: datetime, valid_until: datetime) -> ServiceSummary:
    return ServiceSummary(
        environment=known.environment,
        decision=str(answer.decision),
        regression=answer.regression,
        digest=answer.digest,
        blocking=len(answer.blocking),
        contradictions=len(known.contradictions),
        criteria_proven=known.criteria_proven,
        criteria_total=known.criteria_total,
        milestones_claimed_done=known.milestones_claimed_done,
        milestones_total=known.milestones_total,
        standings={str(standing): count for standing, count in known.criteria_by_standing().items()},
        milestones=[_milestone(status) for status in known.milestones],
        computed_at=at,
        valid_until=valid_until,
    )


def _milestone(status: MilestoneStatus) -> dict[str, Any]:
    milestone = status.milestone
    return {
        "id": milestone.pk,
        "code": milestone.code,
        "title": milestone.title,
        "claim": milestone.claim,
        "standing": str(status.standing),
        "target_on": milestone.target_on.isoformat() if milestone.target_on else None,
        "target_precision": milestone.target_precision,
        "criteria_proven": status.criteria_proven,
        "criteria_total": status.criteria_total,
    }
