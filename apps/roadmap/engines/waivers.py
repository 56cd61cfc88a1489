"""Waivers as plain values: how long one may last, and how an active one is read."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from apps.common.wording import date_in_words, instant_in_words


class EndStage(StrEnum):
    """How near the end is, as far as people are told of it."""

    WEEK = "ends-in-a-week"
    DAY = "ends-in-a-day"
    LAPSED = "lapsed"


_NEAREST_FIRST = ((EndStage.DAY, timedelta(days=1)), (EndStage.WEEK, timedelta(days=7)))
_LATEST_START = timedelta(days=365)
LONGEST_BY_TIER = {"A": timedelta(days=30), "B": timedelta(days=60), "C": timedelta(days=90)}


def longest_waiver(tier: str) -> timedelta:
    """The longest time from start to end that a waiver of a service of the tier may last."""
    return LONGEST_BY_TIER.get(tier, min(LONGEST_BY_TIER.values()))


def latest_last_day(starts_at: datetime, tier: str) -> date:
    """The latest day that a waiver from the instant may last through to its end."""
    return (starts_at + longest_waiver(tier)).astimezone(UTC).date() - timedelta(days=1)


def find_problem(*, starts_at: datetime, ends_at: datetime, tier: str, at: datetime) -> str:
    """Why there can be no waiver from start to end, in a sentence that names the field; empty when there can."""
    longest = longest_waiver(tier)
    if starts_at > at + _LATEST_START:
        return f"starts_at: a waiver starts within {_LATEST_START.days} days."
    if ends_at <= at:
        return "ends_at: the end is over already; ask again with a later one."
    if ends_at <= starts_at:
        return "ends_at: a waiver ends after it starts."
    if ends_at - starts_at > longest:
        latest = instant_in_words(starts_at + longest)
        return f"ends_at: a service of tier {tier} may be waived for {longest.days} days, here until {latest}."
    return ""


def end_stage(*, held_from: datetime, ends_at: datetime, at: datetime) -> EndStage | None:
    """What is to be told at the instant. A waiver that is shorter than a warning's time gets no such warning."""
    if at >= ends_at:
        return EndStage.LAPSED
    stages = (stage for stage, before in _NEAREST_FIRST if held_from <= ends_at - before <= at)
    return next(stages, None)


def last_day(ends_at: datetime) -> date:
    """The last day on which something that ends at the instant still holds."""
    return (ends_at.astimezone(UTC) - timedelta.resolution).date()


@dataclass(frozen=True)
class ActiveWaiver:
    """An approved waiver at an instant between its start and its end."""

    id: int
    ends_at: datetime
    reason_category: str
    compensating_control: str
    approved_by: str

    @property
    def until(self) -> str:
        """Its last day, in words."""
        return date_in_words(last_day(self.ends_at))

    @property
    def sentence(self) -> str:
        """That it is waived, until when and on whose word."""
        return f"Waived until {self.until} by {self.approved_by}."
