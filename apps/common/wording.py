"""Durations, ages, sizes, dates and counts in words that a person can use."""

from datetime import date, datetime, timedelta
from decimal import Decimal

DAY = 86400
UNITS = (("day", DAY), ("h", 3600), ("min", 60), ("s", 1))
COARSE_UNITS = (("year", 365), ("month", 30), ("week", 7), ("day", 1))


def duration_in_words(duration: timedelta) -> str:
    """A length of time by its two greatest units: `3 h 12 min`, `2 days 4 h`, `11 s`, `0.4 s`."""
    seconds = abs(duration.total_seconds())
    if 0 < seconds < 0.05:
        return "under 0.1 s"
    if seconds < 10:
        return _few_seconds(seconds)
    parts: list[str] = []
    rest = round(seconds)
    for name, length in UNITS:
        count, rest = divmod(rest, length)
        if count or parts:
            parts.append(counted(count, name, "" if name == "day" else name))
        if len(parts) == 2:
            break
    return " ".join(part for part in parts if not part.startswith("0 "))


def about(duration: timedelta) -> str:
    """A length of time by its greatest unit only: `20 h`, `4 days`, `8 weeks`."""
    seconds = abs(duration.total_seconds())
    if seconds >= DAY:
        return days_in_words(int(seconds // DAY))
    if seconds < 10:
        return _few_seconds(seconds)
    rest = round(seconds)
    name, length = next(unit for unit in UNITS if rest >= unit[1])
    return counted(rest // length, name, "" if name == "day" else name)


def days_in_words(days: int) -> str:
    """A number of days by the greatest unit of which there are two: `13 days`, `8 weeks`, `5 months`."""
    for name, length in COARSE_UNITS:
        if days >= 2 * length:
            return counted(days // length, name)
    return counted(days, "day")


def age_in_words(instant: datetime, *, at: datetime) -> str:
    """How long ago, or how soon: `4 days ago`, `in 20 h`, `just now`."""
    distance = at - instant
    if abs(distance) < timedelta(seconds=5):
        return "just now"
    return f"{about(distance)} ago" if distance > timedelta(0) else f"in {about(distance)}"


def lateness_in_words(target_on: date, *, at: datetime) -> str:
    """How far past its day a target is: `8 weeks late`; empty while the day is not over."""
    days = (at.date() - target_on).days
    return f"{days_in_words(days)} late" if days > 0 else ""


def date_in_words(day: date, precision: str = "day") -> str:
    """A date as exact as it was said: `22 Sep 2025`, `week of 22 Sep 2025`, `Sep 2025`, `Q3 2025`."""
    match precision:
        case "quarter":
            return f"Q{(day.month + 2) // 3} {day.year}"
        case "month":
            return f"{day:%b} {day.year}"
        case "week":
            return f"week of {date_in_words(day - timedelta(days=day.weekday()))}"
        case _:
            return f"{day.day} {day:%b} {day.year}"


def size_in_words(size_bytes: int) -> str:
    """A size to three figures: `512 B`, `1.21 MB`, `48.3 GB`."""
    size = float(size_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 999.5:
            return f"{size:.{0 if unit == 'B' else _decimals(size)}f} {unit}"
        size /= 1000
    return f"{size:.{_decimals(size)}f} TB"


def amount_in_words(amount: Decimal) -> str:
    """An amount without needless zeros: `12`, `0.025`, `26.5`."""
    return f"{amount.normalize():f}"


def instant_in_words(instant: datetime) -> str:
    """An instant to the second, in UTC: `20 Nov 2025, 14:02:11 UTC`."""
    return f"{date_in_words(instant.date())}, {instant:%H:%M:%S} UTC"


def counted(count: int, noun: str, plural: str = "") -> str:
    """A count with its noun: `1 task`, `2,000 tasks`."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def shortened(text: str, longest: int) -> str:
    """The text, cut to so many characters: the last of them says that there was more."""
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def _few_seconds(seconds: float) -> str:
    return f"{seconds:.1f} s".replace(".0 ", " ")


def _decimals(size: float) -> int:
    return 2 if size < 9.995 else 1 if size < 99.95 else 0
