"""Which backups stay, which go, and why. Pure: a list, a policy and an instant in, reasons out."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from apps.common.wording import about, size_in_words

PERIODS: dict[str, Callable[[datetime], str]] = {
    "hourly": lambda at: f"{at:%Y-%m-%d %H}:00",
    "daily": lambda at: f"{at:%Y-%m-%d}",
    "weekly": lambda at: "{}-W{:02}".format(*at.isocalendar()[:2]),
    "monthly": lambda at: f"{at:%Y-%m}",
    "yearly": lambda at: f"{at:%Y}",
}
REFUTED = "refuted, so it is no copy"
UNKEPT = "no rule keeps it"


@dataclass(frozen=True)
class Candidate:
    """One stored backup, as far as retention cares."""

    identifier: int
    snapshot_at: datetime
    size_bytes: int = 0
    is_proven: bool = False
    is_refuted: bool = False
    is_in_use: bool = False
    held_until: datetime | None = None
    hold_reason: str = ""


@dataclass(frozen=True)
class Policy:
    """How many of which kind are kept. `periods` counts hours, days, weeks, months and years by their names."""

    newest: int = 1
    periods: dict[str, int] = field(default_factory=dict)
    within: timedelta | None = None
    largest_size_bytes: int | None = None
    proven_floor: int = 1


@dataclass(frozen=True)
class Decision:
    """What becomes of one backup: the rules that keep it, or the sentence that says why it goes."""

    candidate: Candidate
    kept_by: tuple[str, ...]
    goes_because: str = ""

    @property
    def stays(self) -> bool:
        return not self.goes_because


def decide(candidates: Iterable[Candidate], policy: Policy, *, now: datetime) -> list[Decision]:
    """A decision on each backup, the newest first.

    What was refuted is no copy and counts nowhere. The newest proven ones and the newest copy stay, whatever the rest
    of the policy says; so does what is held, being drilled, or dated ahead of the clock.
    """
    newest_first = sorted(candidates, key=lambda one: (one.snapshot_at, one.identifier), reverse=True)
    copies = [one for one in newest_first if not one.is_refuted]
    firm = _firm(newest_first, copies, policy, now)
    ruled = _collected([*_by_count(copies, policy), *_by_period(copies, policy), *_by_age(copies, policy, now)])
    ruled |= _refuted_yet_new(newest_first, copies, policy, ruled)
    too_much = _above_the_largest_size(newest_first, policy, firm, ruled)
    return [_decision(one, firm, ruled, too_much, policy) for one in newest_first]


Reasons = dict[int, tuple[str, ...]]


def _decision(one: Candidate, firm: Reasons, ruled: Reasons, too_much: set[int], policy: Policy) -> Decision:
    if one.identifier in too_much:
        return Decision(one, (), f"all together are larger than {size_in_words(policy.largest_size_bytes or 0)}")
    kept_by = firm.get(one.identifier, ()) + ruled.get(one.identifier, ())
    return Decision(one, kept_by, "" if kept_by else REFUTED if one.is_refuted else UNKEPT)


def _firm(newest_first: list[Candidate], copies: list[Candidate], policy: Policy, now: datetime) -> Reasons:
    """What stays however large it is."""
    proven = [one for one in newest_first if one.is_proven]
    pairs = [(one, "proven floor") for one in proven[: max(1, policy.proven_floor)]]
    pairs += [(one, "the newest copy") for one in copies[:1]]
    for one in newest_first:
        if one.held_until is not None and one.held_until > now:
            pairs.append((one, f"held until {one.held_until.astimezone(UTC):%Y-%m-%d %H:%M}: {one.hold_reason}"))
        if one.is_in_use:
            pairs.append((one, "being drilled"))
        if one.snapshot_at > now:
            pairs.append((one, "dated ahead of the clock"))
    return _collected(pairs)


def _by_count(copies: list[Candidate], policy: Policy) -> Iterator[tuple[Candidate, str]]:
    for number, one in enumerate(copies[: policy.newest], start=1):
        yield one, f"newest {number} of {policy.newest}"


def _by_period(copies: list[Candidate], policy: Policy) -> Iterator[tuple[Candidate, str]]:
    """The newest proven one of each period, or its newest while none of it is proven."""
    for name in [name for name, count in policy.periods.items() if count]:
        of_period: dict[str, Candidate] = {}
        for one in copies:
            period = PERIODS[name](one.snapshot_at.astimezone(UTC))
            best = of_period.setdefault(period, one)
            if one.is_proven and not best.is_proven:
                of_period[period] = one
        for period in list(of_period)[: policy.periods[name]]:
            yield of_period[period], f"{name} {period}"


def _by_age(copies: list[Candidate], policy: Policy, now: datetime) -> Iterator[tuple[Candidate, str]]:
    """What is younger than the window, and the one before it: without that, its beginning could not be recovered."""
    if policy.within is None:
        return
    words = about(policy.within)
    for one in copies:
        if one.snapshot_at < now - policy.within:
            yield one, f"the last one before {words} ago"
            return
        yield one, f"younger than {words}"


def _refuted_yet_new(newest_first: list[Candidate], copies: list[Candidate], policy: Policy, ruled: Reasons) -> Reasons:
    """A refuted backup is left to be looked at until enough newer copies are there."""
    if len(copies) < policy.newest:
        return _collected((one, "refuted, and there are too few copies") for one in newest_first if one.is_refuted)
    oldest = copies[policy.newest - 1].snapshot_at
    young = (one for one in newest_first if one.is_refuted and one.snapshot_at >= oldest)
    return _collected((one, "refuted, left to be looked at") for one in young)


def _above_the_largest_size(newest_first: list[Candidate], policy: Policy, firm: Reasons, ruled: Reasons) -> set[int]:
    """The oldest ones beyond the size, what was refuted before all others."""
    if policy.largest_size_bytes is None:
        return set()
    staying = [one for one in newest_first if one.identifier in firm or one.identifier in ruled]
    excess = sum(one.size_bytes for one in staying) - policy.largest_size_bytes
    gone: set[int] = set()
    for one in sorted(staying, key=lambda one: (not one.is_refuted, one.snapshot_at, one.identifier)):
        if excess <= 0:
            break
        if one.identifier not in firm:
            gone.add(one.identifier)
            excess -= one.size_bytes
    return gone


def _collected(pairs: Iterable[tuple[Candidate, str]]) -> Reasons:
    reasons: Reasons = {}
    for one, reason in pairs:
        reasons[one.identifier] = (*reasons.get(one.identifier, ()), reason)
    return reasons
