"""Questions about waivers: which hold, and who should know of them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import QuerySet, prefetch_related_objects

from apps.catalog.models import Environment
from apps.common.columns import columns_of, read_rows
from apps.roadmap.engines.waivers import ActiveWaiver
from apps.roadmap.models import Criterion, Waiver

WaiverKey = tuple[int, int]

# As it was known at the instant: approved by then, and revoked later or never.
# Plain SQL: mostly there are none, and Django would take ten times as long to write the question.
_ACTIVE = f"""
SELECT {columns_of(Waiver, "waiver")} FROM roadmap_waiver AS waiver
JOIN roadmap_criterion AS criterion ON criterion.id = waiver.criterion_id AND criterion.is_waivable
WHERE waiver.environment_id = ANY(%s) AND waiver.state IN ('approved', 'revoked')
  AND greatest(waiver.decided_at, waiver.starts_at) <= %s AND least(waiver.ends_at, waiver.revoked_at) > %s
"""  # noqa: S608  the names of columns


def active_waivers(environments: Iterable[Environment], *, at: datetime) -> dict[WaiverKey, ActiveWaiver]:
    """The waivers that held at the instant, by criterion and environment, in one query, and one for their people.

    Those of a criterion that may not be waived do not hold, whoever approved them.
    """
    found = read_rows(Waiver, _ACTIVE, [[each.pk for each in environments], at, at])
    prefetch_related_objects(found, "decided_by")
    return {(each.criterion_id, each.environment_id): _active(each) for each in found}


def waived_at_each(environment: Environment, instants: Sequence[datetime]) -> list[set[int]]:
    """The criteria that a waiver covered at each instant, in one query."""
    known = Waiver.objects.filter(environment=environment, criterion__is_waivable=True, decided_at__isnull=False)
    waivers = list(known)
    return [{each.criterion_id for each in waivers if each.held(at)} for at in instants]


def waivers_of(criterion: Criterion, at: datetime) -> QuerySet[Waiver]:
    """The criterion's waivers in all environments, the most urgent first."""
    return criterion.waivers.select_related("environment__service", "requested_by", "decided_by").by_urgency(at)


def waivers_that_end(at: datetime) -> QuerySet[Waiver]:
    """The waivers of all services that hold or will, the next end first."""
    ahead = Waiver.objects.approved().filter(ends_at__gt=at).order_by("ends_at", "pk")
    return ahead.select_related("criterion", "environment__service__owner", "requested_by")


def _active(waiver: Waiver) -> ActiveWaiver:
    return ActiveWaiver(
        id=waiver.pk,
        ends_at=waiver.ends_at,
        reason_category=waiver.reason_category,
        compensating_control=waiver.compensating_control,
        approved_by=str(waiver.decided_by),
    )
