"""When work rests, and how far apart backups can lie because of it. Pure: times and slots in, answers out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise, takewhile

from apps.common.slots import Slots

LOOK_AHEAD = timedelta(days=32)  # long enough for a monthly slot
MOST_SLOTS = 2000


@dataclass(frozen=True)
class QuietHours:
    """A window of each day in UTC, across midnight when it ends before it begins."""

    begins: time
    ends: time

    def __contains__(self, instant: datetime) -> bool:
        clock = instant.astimezone(UTC).time()
        if self.begins <= self.ends:
            return self.begins <= clock < self.ends
        return clock >= self.begins or clock < self.ends

    def over_at(self, instant: datetime) -> datetime:
        """The instant itself, or the end of the window that it lies in."""
        if instant not in self:
            return instant
        instant = instant.astimezone(UTC)
        end = datetime.combine(instant.date(), self.ends, tzinfo=UTC)
        return end if end > instant else end + timedelta(days=1)


def longest_wait(slots: Slots, quiet: QuietHours | None, *, now: datetime) -> timedelta | None:
    """The longest time between two starts in the days to come. None when fewer than two are to come."""
    starts = sorted(set(_starts(slots, quiet, now)))
    return max((later - earlier for earlier, later in pairwise(starts)), default=None)


def _starts(slots: Slots, quiet: QuietHours | None, now: datetime) -> Iterable[datetime]:
    coming = takewhile(lambda slot: slot <= now + LOOK_AHEAD, slots.after(now))
    for _, slot in zip(range(MOST_SLOTS), coming, strict=False):
        yield quiet.over_at(slot) if quiet else slot
