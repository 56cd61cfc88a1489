"""How many criteria were claimed done and how many were proven, day by day."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import dropwhile

from apps.dashboards.engines.burn_up import BurnUp, DayCounts, draw_burn_up
from apps.evidence.freshness import EvidenceState
from apps.roadmap.engines.standing import Standing, standing
from apps.roadmap.selectors.over_time import Claims, claims_at_each, evidence_at_each
from apps.roadmap.selectors.statuses import Readiness
from apps.roadmap.selectors.waivers import waived_at_each

USUAL_DAYS, LONGEST_DAYS = 90, 180
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class BurnUpPicture:
    """The counts at the end of each day, the last one as it is at the instant of the picture."""

    days: tuple[DayCounts, ...]

    @property
    def drawing(self) -> BurnUp | None:
        return draw_burn_up(self.days)

    @property
    def summary(self) -> str:
        """The picture in words."""
        if not self.days:
            return ""
        first, last = self.days[0], self.days[-1]
        return f"From {first.sentence}. To {last.sentence}."

    @property
    def changes(self) -> tuple[DayCounts, ...]:
        """The days on which a count changed, the newest first."""
        before: Sequence[DayCounts | None] = (None, *self.days)
        pairs = zip(before, self.days, strict=False)
        return tuple(day for earlier, day in pairs if earlier is None or earlier.counts != day.counts)[::-1]


def burn_up_picture(known: Readiness, *, days: int = USUAL_DAYS) -> BurnUpPicture:
    """The last so many days, from the first with a criterion on, in a number of queries that no day adds to.

    Evidence is judged as the checks ask now, and known as it was known then.
    """
    instants = list(_ends_of_days(known.at, days))
    claims = claims_at_each(known.service, instants)
    evidence = evidence_at_each(known, instants)
    waived = waived_at_each(known.environment, instants)
    counts = [
        _count(at.date(), claimed, states, covered)
        for at, claimed, states, covered in zip(instants, claims, evidence, waived, strict=True)
    ]
    return BurnUpPicture(tuple(dropwhile(lambda each: not each.total, counts)))


def _ends_of_days(at: datetime, days: int) -> Iterator[datetime]:
    """The last instant of each day, today's being the present one."""
    today: date = at.astimezone(UTC).date()
    for before in range(days - 1, 0, -1):
        yield datetime.combine(today - before * _DAY, time.max, UTC)
    yield at


def _count(day: date, claims: Claims, evidence: dict[int, EvidenceState], waived: set[int]) -> DayCounts:
    standings = {
        pk: standing(claim, evidence.get(pk, EvidenceState.UNBOUND), is_waived=pk in waived)
        for pk, claim in claims.items()
        if claim != "not_applicable"
    }
    claimed = {pk for pk in standings if claims[pk] == "done"}
    proven = {pk for pk in standings if evidence.get(pk) is EvidenceState.PASSING}
    return DayCounts(
        day=day,
        total=len(standings),
        claimed=len(claimed),
        proven=len(proven),
        claimed_unproven=len(claimed - proven),
        waived=sum(each is Standing.WAIVED for each in standings.values()),
    )
