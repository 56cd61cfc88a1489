"""Telling people that a waiver ends, and that it has ended. It ends by the clock, whether or not anybody is told."""

from datetime import datetime, timedelta

from apps.accounts.services import notify
from apps.common.addresses import change_address
from apps.common.clock import now
from apps.common.wording import about, instant_in_words
from apps.roadmap.engines.waivers import EndStage, end_stage
from apps.roadmap.models import Waiver
from apps.roadmap.selectors.owners import owners_of

_AHEAD = timedelta(days=7)
_BEHIND = timedelta(days=7)  # after a long silence nobody wants to hear of old ends


def announce_ends(*, at: datetime | None = None) -> int:
    """Tell whoever asked, and the owners, of each end that is near or just past; each of them once.

    Gives the number of people who were told.
    """
    at = at or now()
    near = Waiver.objects.approved().filter(ends_at__gt=at - _BEHIND, ends_at__lte=at + _AHEAD)
    related = ("criterion__service", "criterion__milestone", "criterion__work_item__milestone", "environment__service")
    return sum(_announce(waiver, at) for waiver in near.select_related("requested_by", *related))


def _announce(waiver: Waiver, at: datetime) -> int:
    held_from = max(waiver.starts_at, waiver.decided_at or waiver.starts_at)
    stage = end_stage(held_from=held_from, ends_at=waiver.ends_at, at=at)
    if stage is None:
        return 0
    return notify(
        recipients=[waiver.requested_by, *owners_of(waiver.criterion)],
        key=f"waiver:{waiver.pk}:{stage}",
        subject=_subject(waiver, stage, at),
        text=_text(waiver, stage),
        path=change_address(waiver),
        at=at,
    )


def _subject(waiver: Waiver, stage: EndStage, at: datetime) -> str:
    if stage is EndStage.LAPSED:
        return f"The waiver has lapsed: {waiver.criterion}"
    return f"The waiver ends in {about(waiver.ends_at - at)}: {waiver.criterion}"


def _text(waiver: Waiver, stage: EndStage) -> str:
    end = instant_in_words(waiver.ends_at)
    if stage is EndStage.LAPSED:
        return f"{waiver.environment}: since {end} the criterion counts again as its evidence says."
    return f"{waiver.environment}: it ends at {end}. Prove the criterion by then, or ask for another waiver."
