"""When a schedule is due. Pure: a schedule and two instants in, slots out."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice

from cronsim import CronSim, CronSimError

from apps.common.exceptions import Kind, OperationError

# After a long sleep the older slots are not worth a row each.
SLOTS_KEPT = 100


class CronInvalid(OperationError):
    """A cron expression cannot be read, or never comes due."""

    kind = Kind.INVALID


class Slots(ABC):
    """The instants at which a schedule is due."""

    @abstractmethod
    def after(self, instant: datetime | None) -> Iterator[datetime]:
        """Every slot later than the instant, the earliest first; without one, every slot there ever was."""

    def due(self, *, after: datetime | None, until: datetime) -> list[datetime]:
        """The newest slots later than `after`, up to and including `until`."""
        newest: deque[datetime] = deque(maxlen=SLOTS_KEPT)
        for slot in self.after(after):
            if slot > until:
                break
            newest.append(slot)
        return list(newest)

    def next(self, instant: datetime) -> datetime | None:
        """The first slot later than the instant."""
        return next(self.after(instant), None)

    def length_at(self, instant: datetime) -> timedelta | None:
        """From the next slot to the one after it."""
        slots = list(islice(self.after(instant), 2))
        return slots[1] - slots[0] if len(slots) == 2 else None


@dataclass(frozen=True)
class IntervalSlots(Slots):
    """`starts_at`, and then again and again after the interval: no daylight saving, no drift."""

    starts_at: datetime
    interval: timedelta

    def after(self, instant: datetime | None) -> Iterator[datetime]:
        number = 0
        if instant is not None and instant >= self.starts_at:
            number = (instant - self.starts_at) // self.interval + 1
        while True:
            yield self.starts_at + number * self.interval
            number += 1

    def due(self, *, after: datetime | None, until: datetime) -> list[datetime]:
        if until < self.starts_at:
            return []
        # Straight to the newest ones: a short interval over a long sleep would be walked for minutes.
        last = (until - self.starts_at) // self.interval
        horizon = self.starts_at + (last - SLOTS_KEPT) * self.interval
        return super().due(after=max(after, horizon) if after else max(horizon, self._before_first), until=until)

    @property
    def _before_first(self) -> datetime:
        return self.starts_at - timedelta(microseconds=1)


@dataclass(frozen=True)
class CronSlots(Slots):
    """A cron expression of five fields in its time zone, from `starts_at` on."""

    starts_at: datetime
    expression: str
    time_zone: tzinfo = UTC

    def after(self, instant: datetime | None) -> Iterator[datetime]:
        # The iterator's slots are later than where it starts; the first moment counts too.
        earliest = self.starts_at - timedelta(seconds=1)
        start = max(instant, earliest) if instant else earliest
        yield from CronSim(self.expression, start.astimezone(self.time_zone))


def check_cron(expression: str) -> None:
    """Raise CronInvalid unless the expression has slots."""
    try:
        next(CronSim(expression, datetime.now(UTC)))
    except CronSimError as error:
        raise CronInvalid(f"{expression!r} is no cron expression of five fields: {error}.") from error
    except StopIteration as error:
        raise CronInvalid(f"{expression!r} never comes due.") from error
