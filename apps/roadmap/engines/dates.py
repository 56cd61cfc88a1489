"""Target dates as documents write them: a day, a week, a month or a quarter."""

import re
from calendar import month_name, monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import TextChoices

from apps.roadmap.engines.source import Span


class Precision(TextChoices):
    """How exact a target date is."""

    DAY = "day", "Day"
    WEEK = "week", "Week"
    MONTH = "month", "Month"
    QUARTER = "quarter", "Quarter"


@dataclass(frozen=True)
class Target:
    """A period of time, its precision, and where it stands in the text."""

    start: date
    end: date
    precision: Precision
    span: Span = (0, 0)


MONTHS = {name[:3].lower(): number for number, name in enumerate(month_name) if name}
MONTH = r"(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
YEAR = r"(?P<year>(?:19|20)\d\d)"
DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"


def _quarter(year: int, number: int) -> Target:
    first = number * 3 - 2
    return Target(date(year, first, 1), _month(year, first + 2).end, Precision.QUARTER)


def _month(year: int, month: int) -> Target:
    return Target(date(year, month, 1), date(year, month, monthrange(year, month)[1]), Precision.MONTH)


def _week(year: int, week: int) -> Target:
    monday = date.fromisocalendar(year, week, 1)
    return Target(monday, monday + timedelta(days=6), Precision.WEEK)


def _day(year: int, month: int, day: int) -> Target:
    return Target(date(year, month, day), date(year, month, day), Precision.DAY)


def _named_month(found: re.Match[str]) -> int:
    return MONTHS[found["month"][:3].lower()]


Reader = Callable[[re.Match[str]], Target]
FORMS: tuple[tuple[re.Pattern[str], Reader], ...] = (
    (
        re.compile(rf"\b{YEAR}[-/](?P<number>\d{{1,2}})[-/]{DAY}\b"),
        lambda found: _day(int(found["year"]), int(found["number"]), int(found["day"])),
    ),
    (
        re.compile(rf"\b{YEAR}-?W(?P<number>\d{{1,2}})\b", re.I),
        lambda found: _week(int(found["year"]), int(found["number"])),
    ),
    (
        re.compile(rf"\bQ(?P<number>[1-4])[ ,/-]*{YEAR}\b", re.I),
        lambda found: _quarter(int(found["year"]), int(found["number"])),
    ),
    (
        re.compile(rf"\b{YEAR}[ ,/-]*Q(?P<number>[1-4])\b", re.I),
        lambda found: _quarter(int(found["year"]), int(found["number"])),
    ),
    (
        re.compile(rf"\b{MONTH}\s+{DAY},?\s+{YEAR}\b", re.I),
        lambda found: _day(int(found["year"]), _named_month(found), int(found["day"])),
    ),
    (
        re.compile(rf"\b{DAY}\s+{MONTH},?\s+{YEAR}\b", re.I),
        lambda found: _day(int(found["year"]), _named_month(found), int(found["day"])),
    ),
    (re.compile(rf"\b{MONTH},?\s+{YEAR}\b", re.I), lambda found: _month(int(found["year"]), _named_month(found))),
    (
        re.compile(rf"\b{YEAR}-(?P<number>0[1-9]|1[0-2])\b(?!-)"),
        lambda found: _month(int(found["year"]), int(found["number"])),
    ),
)


def read_target(text: str, offset: int = 0) -> Target | None:
    """The first target the text names. A day that no calendar has is not one."""
    for pattern, read in FORMS:
        found = pattern.search(text)
        if not found:
            continue
        try:
            target = read(found)
        except ValueError:
            continue
        start, end = found.span()
        return Target(target.start, target.end, target.precision, (start + offset, end + offset))
    return None


def write_target(start: date, precision: Precision) -> str:
    """The target in the form an import reads back."""
    year, week, _ = start.isocalendar()
    return {
        Precision.DAY: start.isoformat(),
        Precision.WEEK: f"{year}-W{week:02}",
        Precision.MONTH: f"{start:%Y-%m}",
        Precision.QUARTER: f"Q{(start.month + 2) // 3} {start.year}",
    }[precision]
