"""Questions about waivers: which hold, and who should know of them."""

from collections.abc import Iterable
from datetime import datetime

from apps.catalog.models import Environment
from apps.roadmap.engines.waivers import ActiveWaiver
from apps.roadmap.models import Waiver

WaiverKey = tuple[int, int]


def active_waivers(environments: Iterable[Environment], *, at: datetime) -> dict[WaiverKey, ActiveWaiver]:
    """The waivers that held at the instant, by criterion and environment, in one query.

    Those of a criterion that may not be waived do not hold, whoever approved them.
    """
    held = Waiver.objects.active(at).filter(environment__in=environments, criterion__is_waivable=True)
    return {(each.criterion_id, each.environment_id): _active(each) for each in held.select_related("decided_by")}


def _active(waiver: Waiver) -> ActiveWaiver:
    return ActiveWaiver(
        id=waiver.pk,
        ends_at=waiver.ends_at,
        reason_category=waiver.reason_category,
        compensating_control=waiver.compensating_control,
        approved_by=str(waiver.decided_by),
    )
