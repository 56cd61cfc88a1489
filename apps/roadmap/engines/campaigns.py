"""When a campaign runs, at which instants it is looked back at, and what a service lacks for it. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum, StrEnum

from apps.evidence.freshness import EvidenceState
from apps.roadmap.engines.standing import Standing
from apps.roadmap.engines.wording import Circumstances, Explanation, explain

WEEKS_SHOWN = 12
_DAY = timedelta(days=1)
_WEEK = timedelta(weeks=1)


class CampaignPhase(StrEnum):
    """Where a campaign is at an instant."""

    UPCOMING = "upcoming"
    RUNNING = "running"
    ENDED = "ended"


class Weekday(IntEnum):
    """The days of a week, numbered as ISO 8601 does."""

    MONDAY = 1
    TUESDAY = 2
    WEDNESDAY = 3
    THURSDAY = 4
    FRIDAY = 5
    SATURDAY = 6
    SUNDAY = 7

    @property
    def label(self) -> str:
        """The day's name."""
        return self.name.capitalize()


def first_instant(day: date) -> datetime:
    """When the day begins, in UTC."""
    return datetime.combine(day, time.min, UTC)


def last_instant(target_on: date, ended_at: datetime | None) -> datetime:
    """When it is over: with its last day, unless somebody ended it before."""
    by_date = first_instant(target_on + _DAY)
    return min(ended_at, by_date) if ended_at else by_date


def phase_at(at: datetime, *, starts_on: date, ends_at: datetime) -> CampaignPhase:
    """The phase at the instant. One that was ended before its first day has ended."""
    if at >= ends_at:
        return CampaignPhase.ENDED
    return CampaignPhase.UPCOMING if at < first_instant(starts_on) else CampaignPhase.RUNNING


def look_backs(starts_on: date, until: datetime) -> tuple[datetime, ...]:
    """The Mondays since the start, in UTC, the latest of them; then the instant itself."""
    monday = first_instant(until.date() - timedelta(days=until.weekday()))
    mondays = [monday - number * _WEEK for number in range(WEEKS_SHOWN)]
    return (*(each for each in reversed(mondays) if first_instant(starts_on) <= each < until), until)


def week_of(at: datetime) -> str:
    """The week as ISO 8601 writes it: `2026-W09`."""
    year, week, _ = at.isocalendar()
    return f"{year}-W{week:02}"


def explain_service(state: EvidenceState, known: Circumstances, *, asked: str, has_environment: bool) -> Explanation:
    """Why a service has or lacks what a campaign asks for, and what to do; `asked` is what would have to be bound."""
    if not has_environment:
        return Explanation("It has no default environment, so nothing can be seen.", "Give it one.")
    if state is EvidenceState.UNBOUND and not known.suggested:
        return Explanation("No accepted check proves it.", f"Bind {asked}.")
    return explain(Standing.VERIFIED if state is EvidenceState.PASSING else Standing.OPEN, state, known)
