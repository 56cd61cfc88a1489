"""A plan in a sentence, before anybody has to wait a year to see what it keeps."""

from datetime import datetime, timedelta

from apps.common.wording import about, counted, size_in_words

from .retention import Candidate, Policy, decide

NOUNS = {"hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month", "yearly": "year"}
LENGTHS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(days=7),
    "monthly": timedelta(days=31),
    "yearly": timedelta(days=366),
}
MOST_CANDIDATES = 5000


def what_is_kept(policy: Policy) -> str:
    """The rules as one sentence: the 14 newest, one for each of 8 weeks, …"""
    parts = [f"the {policy.newest} newest" if policy.newest > 1 else "the newest"]
    parts += [
        f"one for each of {counted(count, NOUNS[name])}" if count > 1 else f"one for the last {NOUNS[name]}"
        for name, count in policy.periods.items()
        if count
    ]
    if policy.within is not None:
        parts.append(f"all of the last {about(policy.within)}")
    kept = ", ".join(parts[:-1]) + f" and {parts[-1]}" if len(parts) > 1 else parts[0]
    floor = f"{policy.proven_floor} newest proven ones" if policy.proven_floor > 1 else "newest proven one"
    return f"Keeps {kept}. The {floor} never go{'' if policy.proven_floor > 1 else 'es'}."


def kept_in_the_end(policy: Policy, *, interval: timedelta, now: datetime) -> int:
    """How many backups there are once every rule has had its time, with one backup each interval."""
    reach = max(
        policy.newest * interval,
        (policy.within or timedelta(0)) + interval,
        *(count * LENGTHS[name] for name, count in policy.periods.items() if name == "hourly"),
    )
    near = min(reach // interval + 1, MOST_CANDIDATES)
    instants = {now - number * interval for number in range(near)}
    step = max(interval, timedelta(days=1))
    longest = max((count * LENGTHS[name] for name, count in policy.periods.items()), default=timedelta(0))
    instants |= {now - number * step for number in range(min(longest // step + 1, MOST_CANDIDATES))}
    candidates = [Candidate(number, instant) for number, instant in enumerate(sorted(instants))]
    return sum(one.stays for one in decide(candidates, policy, now=now))


def size_sentence(count: int, *, size_bytes: int, storages: int, largest_size_bytes: int | None) -> str:
    """What that comes to, at the size of the newest backup."""
    total = count * size_bytes
    if largest_size_bytes is not None and total > largest_size_bytes:
        wanted = f"{counted(count, 'backup')} of {size_in_words(total)}"
        return f"In time that would be {wanted}; the largest size keeps it at {size_in_words(largest_size_bytes)}."
    where = f" in each of {storages} storages" if storages > 1 else ""
    return f"In time that is {counted(count, 'backup')}; at today's size {size_in_words(total)}{where}."
