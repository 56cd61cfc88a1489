"""Which environments' summaries hold, and what a summary says."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from apps.catalog.models import Environment
from apps.common.since_write import answers_since_write
from apps.roadmap.engines.gate_answer import GateAnswer
from apps.roadmap.engines.origin import origin
from apps.roadmap.models import ServiceSummary
from apps.roadmap.models.summaries import CLUSTER
from apps.roadmap.selectors.gate import gates_of
from apps.roadmap.selectors.readiness import readiness_of_each
from apps.roadmap.selectors.statuses import MilestoneStatus, Readiness
from apps.roadmap.selectors.turning_points import NEVER, next_turning_points

# A summary that a computation at the instant would repeat, apart from changes: made by the same code in the same
# database cluster, and not outlived. Clocks may differ by a minute. In plain SQL, since every page asks.
_CURRENT = f"""
summary.snapshot IS NOT NULL AND summary.made_by = %(made_by)s AND summary.cluster = {CLUSTER}
AND summary.computed_at <= %(at)s + interval '1 minute' AND summary.valid_until > %(at)s
"""
# What was not yet visible then. It may be of an older transaction that was committed later.
_UNSEEN = """
SELECT FROM roadmap_servicechange AS change
WHERE change.service_id = environment.service_id AND NOT pg_visible_in_snapshot(change.transaction, summary.snapshot)
"""
_HELD = f"""
FROM roadmap_servicesummary AS summary
JOIN catalog_environment AS environment ON environment.id = summary.environment_id
WHERE {_CURRENT} AND NOT EXISTS ({_UNSEEN})
"""
_IDENTITY = "concat_ws(' ', summary.id, summary.cluster, summary.snapshot, summary.computed_at, summary.valid_until)"
# Changes are few: the services that have any are read once, and only theirs are looked at.
_OUTDATED = f"""
SELECT array_agg(environment.id ORDER BY environment.id) FILTER (
    WHERE ({_CURRENT}) IS NOT TRUE
       OR environment.service_id IN (SELECT service_id FROM roadmap_servicechange) AND EXISTS ({_UNSEEN})
), min(summary.valid_until)
FROM catalog_environment AS environment
LEFT JOIN roadmap_servicesummary AS summary ON summary.environment_id = environment.id
WHERE environment.is_default
"""  # noqa: S608  constants
_SHOWN = """
SELECT count(*), bit_xor(hash_record_extended(ROW(
    summary.environment_id, summary.decision, summary.regression, summary.blocking, summary.contradictions,
    summary.criteria_proven, summary.criteria_total, summary.milestones_claimed_done, summary.milestones_total,
    summary.standings, summary.milestones, environment.name, service.slug, service.name, service.tier, team.name), 0)),
    count(*) FILTER (WHERE summary.id IS NOT NULL AND summary.snapshot IS NULL)
FROM catalog_service AS service
LEFT JOIN catalog_environment AS environment ON environment.service_id = service.id AND environment.is_default
LEFT JOIN roadmap_servicesummary AS summary ON summary.environment_id = environment.id
LEFT JOIN catalog_team AS team ON team.id = service.owner_id
"""


def currency_of(environment: Environment, at: datetime) -> str:
    """Another text for whatever readiness would be computed otherwise from; empty while no summary holds."""
    return _held(_IDENTITY, environment, at)  # no two computations share it


def current_digest(environment: Environment, at: datetime) -> str:
    """The digest that the gate would answer with, at the cost of one query; empty while no summary holds."""
    return _held("summary.digest", environment, at)


def figures_of_all() -> str:
    """Another text whenever services or the summaries of their default environments, once up to date, say otherwise.

    What was computed again to the same figures leaves it as it is. Empty while figures hold for nobody else.
    """
    answers = answers_since_write()
    if _SHOWN not in answers:
        ((count, mixed, amid_writes),) = _asked(_SHOWN)
        answers[_SHOWN] = "" if amid_writes else f"{count} {mixed}"
    return str(answers[_SHOWN])


def outdated_environments(at: datetime) -> list[int]:
    """The keys of default environments whose summary is missing, or may not hold any more."""
    answers, question = answers_since_write(), (_OUTDATED, origin())
    since, until = answers.get(question, (NEVER, NEVER))  # of an instant at which all were current
    if since <= at < until:
        return []
    ((outdated, turning_point),) = _asked(_OUTDATED, at)
    if not outdated:
        answers[question] = at, turning_point or NEVER
    return outdated or []


def still_outdated(environments: Sequence[int], at: datetime) -> list[int]:
    """Those of the default environments whose summary nobody has computed meanwhile."""
    ((outdated, _),) = _asked(f"{_OUTDATED} AND environment.id = ANY(%(environments)s)", at, environments)
    return outdated or []


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


def _held(value: str, environment: Environment, at: datetime) -> str:
    """A value of the environment's summary; empty where none holds."""
    found = _asked(f"SELECT {value} {_HELD} AND environment.id = ANY(%(environments)s)", at, [environment.pk])
    return str(found[0][0]) if found else ""


def _asked(question: str, at: datetime | None = None, environments: Sequence[int] = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(question, {"at": at, "made_by": origin(), "environments": list(environments)} if at else None)
        return list(cursor.fetchall())
