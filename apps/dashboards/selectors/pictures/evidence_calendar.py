"""What the evidence of a criterion was, day by day."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from apps.catalog.exceptions import UnknownEnvironment
from apps.catalog.selectors import find_environment
from apps.common.wording import counted, date_in_words
from apps.dashboards.engines.calendar import Calendar, Mark, draw_calendar
from apps.evidence.freshness import EvidenceState
from apps.roadmap.models import Criterion
from apps.roadmap.selectors.evidence_phases import EvidencePhases, Phase, evidence_phases
from apps.roadmap.selectors.readiness import readiness
from apps.roadmap.selectors.statuses import Readiness

DAYS = 182
_SHOWN = 60
_DAY = timedelta(days=1)


class DayState(StrEnum):
    """What a day is remembered for, the worst first."""

    FAILED = "failed"
    ERROR = "error"
    WENT_STALE = "went_stale"
    PASSED = "passed"
    NOTHING = "nothing"

    @property
    def word(self) -> str:
        return self.value.replace("_", " ")


LOOKS = {
    DayState.FAILED: ("refuted", "refuted"),
    DayState.ERROR: ("doubt", "broken"),
    DayState.WENT_STALE: ("doubt", "decayed"),
    DayState.PASSED: ("proven", ""),
    DayState.NOTHING: ("none", ""),
}


@dataclass(frozen=True)
class CalendarDay:
    """One day: its worst state, how it turned, and how often somebody looked."""

    day: date
    state: DayState
    turns: tuple[Phase, ...]
    observations: int

    @property
    def sentence(self) -> str:
        """The day in words, with the instants of what turned."""
        said = [f"{_WORDS[turn.state]} at {turn.starts_at:%H:%M:%S}" for turn in self.turns]
        looked = f"looked {counted(self.observations, 'time')}" if self.observations else "nobody looked"
        return f"{date_in_words(self.day)}: {'; '.join([self.state.word, *said, looked])}"


@dataclass(frozen=True)
class EvidenceCalendar:
    """The last half year of a criterion's evidence, in UTC."""

    criterion: Criterion
    days: tuple[CalendarDay, ...]
    phases: tuple[Phase, ...]

    @property
    def drawing(self) -> Calendar | None:
        return draw_calendar([Mark(each.day, *LOOKS[each.state], each.sentence) for each in self.days])

    @property
    def turns(self) -> tuple[Phase, ...]:
        """The newest turns, the newest first."""
        return self.phases[::-1][:_SHOWN]

    @property
    def legend(self) -> tuple[tuple[str, str, str], ...]:
        """The word, tone and symbol of each state."""
        return tuple((state.word, *LOOKS[state]) for state in DayState)

    @property
    def summary(self) -> str:
        """The picture in words."""
        counts = {state: sum(each.state is state for each in self.days) for state in DayState}
        said = ", ".join(f"{state.word} on {count}" for state, count in counts.items() if count)
        return f"Of {counted(len(self.days), 'day')}: {said}."


_WORDS = {
    EvidenceState.PASSING: "passed",
    EvidenceState.FAILING: "failed",
    EvidenceState.ERROR: "could not be seen",
    EvidenceState.STALE: "went stale",
    EvidenceState.PENDING: "waits for a first look",
    EvidenceState.UNBOUND: "a part is bound to no check",
}
_DAY_STATES = {
    EvidenceState.FAILING: DayState.FAILED,
    EvidenceState.ERROR: DayState.ERROR,
    EvidenceState.PASSING: DayState.PASSED,
}


def calendar_of(criterion: Criterion, *, at: datetime) -> EvidenceCalendar | None:
    """The calendar in the service's default environment. None where nothing was asked of any check."""
    try:
        environment = find_environment(criterion.service)
    except UnknownEnvironment:
        return None
    return evidence_calendar(criterion, readiness(environment=environment, at=at))


def evidence_calendar(criterion: Criterion, known: Readiness) -> EvidenceCalendar | None:
    """The criterion's calendar. None where it is bound to no check, or vanished."""
    status = next((each for each in known.criteria if each.criterion.pk == criterion.pk), None)
    if status is None or not status.bindings:
        return None
    first = known.at.astimezone(UTC).date() - (DAYS - 1) * _DAY
    found = evidence_phases(status, known, since=datetime.combine(first, time(), UTC))
    return EvidenceCalendar(criterion, tuple(_days(found, known.at)), found.phases)


def _days(found: EvidencePhases, at: datetime) -> Iterator[CalendarDay]:
    day, today = found.phases[0].starts_at.astimezone(UTC).date(), at.astimezone(UTC).date()
    seen = Counter(record.recorded_at.astimezone(UTC).date() for record in found.observations)
    while day <= today:
        begins = datetime.combine(day, time(), UTC)
        inside = [each for each in found.phases if each.starts_at < begins + _DAY and each.ends_at > begins]
        turns = tuple(each for each in inside if each.starts_at >= begins and each is not found.phases[0])
        yield CalendarDay(day, _state(inside, turns), turns, seen[day])
        day += _DAY


def _state(inside: Sequence[Phase], turns: Sequence[Phase]) -> DayState:
    """The worst of the day. Evidence that was stale all day is nothing; only its first day went stale."""
    states = {_DAY_STATES[each.state] for each in inside if each.state in _DAY_STATES}
    if any(each.state is EvidenceState.STALE for each in turns):
        states.add(DayState.WENT_STALE)
    return min(states, key=list(DayState).index, default=DayState.NOTHING)
