"""Target dates as documents write them: a day, a week, a month, a quarter, or a range of them.

A date that can be read in two ways, or whose year is taken from a heading, comes with a doubt. What no calendar has,
and what lacks a year that the document does not tell, is no target: never a wrong date.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.db.models import TextChoices

from apps.roadmap.engines.months import MONTH, number_of_month
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


@dataclass(frozen=True)
class DateStyle:
    """What the document itself tells of its dates: their year, and whether 03/05 is in March or in May."""

    year: int | None = None
    is_day_first: bool = False
    is_order_known: bool = False


@dataclass(frozen=True)
class Reading:
    """What a text says of a date, and what a person should look at, in a sentence."""

    target: Target | None = None
    doubt: str = ""


DIGIT = re.compile(r"\d")
LONGEST_TEXT = 2_000  # characters; a date further on is not looked for
YEAR = r"(?P<year>(?:19|20)\d\d|['’]\d\d)(?!\d)"
DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|º|\.)?"
PART = (
    r"(?:(?:early|mid|late|(?:the )?(?:end|beginning|start|middle))[ -](?:of )?"
    r"|(?:Anfang|Mitte|Ende|début|fin|mi)[ -](?:de )?|(?:a )?(?:principios|mediados|finales|fines) de )?"
)
OF = r"(?:\s+(?:of|de|del)|,)?\s*"
WEEK = r"(?:KW|CW|W|week|Woche|semaine|semana|sem\.)\s*(?P<week>\d{1,2})"
QUARTER = (
    r"(?:[QT](?P<quarter>[1-4])|(?P<nth>[1-4])(?:\.|er|e|ème|º|st|nd|rd|th)?\s*(?:Quartal|trimestre|quarter))(?!\w)"
)
HALF = r"(?:H(?P<half>[12])|(?P<nth_half>[12])(?:\.|er|e|º|st|nd)?\s*(?:Halbjahr|semestre|half))(?!\w)"
RANGE = re.compile(r"\s*(?:-|–|—|→|\bto\b|\buntil\b|\bthrough\b|\bbis\b|\bau\b|\bal?\b|\bhasta\b)\s*", re.I)
SLASHED = re.compile(r"(?<![\d/.])(?P<one>\d{1,2})/(?P<other>\d{1,2})/(?P<year>(?:19|20)?\d\d)(?![\d/])")


def _quarter(year: int, number: int) -> Target:
    first = number * 3 - 2
    return Target(date(year, first, 1), _month(year, first + 2).end, Precision.QUARTER)


def _half(year: int, number: int) -> Target:
    return Target(_quarter(year, number * 2 - 1).start, _quarter(year, number * 2).end, Precision.QUARTER)


def _month(year: int, month: int) -> Target:
    return Target(date(year, month, 1), date(year, month, monthrange(year, month)[1]), Precision.MONTH)


def _week(year: int, week: int) -> Target:
    monday = date.fromisocalendar(year, week, 1)
    return Target(monday, monday + timedelta(days=6), Precision.WEEK)


def _day(year: int, month: int, day: int) -> Target:
    return Target(date(year, month, day), date(year, month, day), Precision.DAY)


def _named_day(found: re.Match[str], year: int) -> Target:
    return _day(year, number_of_month(found["month"]), int(found["day"]))


def _numbered_day(found: re.Match[str], year: int) -> Target:
    return _day(year, int(found["number"]), int(found["day"]))


def _week_of(found: re.Match[str], year: int) -> Target:
    return _week(*_named_day(found, year).start.isocalendar()[:2])


Reader = Callable[[re.Match[str], int], Target]


def _forms(*forms: tuple[str, Reader]) -> tuple[tuple[re.Pattern[str], Reader], ...]:
    return tuple((re.compile(pattern, re.I), read) for pattern, read in forms)


# Each form that names its year. Where several match, the first in the text counts, and of those the longest.
FORMS = _forms(
    (rf"(?<![\d.-])\b{YEAR}[-/.](?P<number>\d{{1,2}})[-/.](?P<day>\d{{1,2}})(?=T\d|\b)(?![-.]\d)", _numbered_day),
    (r"(?<![\d.])(?P<day>\d{1,2})\.\s?(?P<number>\d{1,2})\.\s?(?P<year>(?:19|20)\d\d)(?![\d.]\d)", _numbered_day),
    (r"(?<![\d.])(?P<day>\d\d)\.(?P<number>\d\d)\.(?P<year>\d\d)(?![\d.])", _numbered_day),
    (rf"\b{YEAR}[ -]?(?:W|KW|CW)\s?(?P<week>\d{{1,2}})\b", lambda found, year: _week(year, int(found["week"]))),
    (rf"\b{WEEK}\b[\s,/-]*(?:of |de )?{YEAR}", lambda found, year: _week(year, int(found["week"]))),
    (rf"\b{PART}{QUARTER}[ ,/-]*(?:of |de )?{YEAR}",
     lambda found, year: _quarter(year, _number(found, "quarter", "nth"))),
    (rf"\b{YEAR}[ ,/-]*Q(?P<quarter>[1-4])\b", lambda found, year: _quarter(year, int(found["quarter"]))),
    (rf"\b{PART}{HALF}[ ,/-]*(?:of |de )?{YEAR}", lambda found, year: _half(year, _number(found, "half", "nth_half"))),
    (rf"\b{YEAR}[ ,/-]*H(?P<half>[12])\b", lambda found, year: _half(year, int(found["half"]))),
    (rf"\bweek (?:of|ending|starting) {MONTH}\s+{DAY},?\s*{YEAR}", _week_of),
    (rf"\b(?:week (?:of|ending|starting)|Woche (?:vom|ab)|semaine du|semana del) {DAY}\s*(?:of |de )?{MONTH}{OF}{YEAR}",
     _week_of),
    (rf"\b{MONTH}\s+(?:\d{{1,2}}\s?[-–]\s?)?{DAY},?\s*{YEAR}", _named_day),
    (rf"\b(?:\d{{1,2}}\.?\s?[-–]\s?)?{DAY}[\s-]*(?:of |de )?{MONTH}(?:-|{OF}){YEAR}", _named_day),
    (rf"\b{PART}{MONTH}(?:-|{OF}){YEAR}", lambda found, year: _month(year, number_of_month(found["month"]))),
    (rf"\b{YEAR}-(?P<number>0[1-9]|1[0-2])\b(?!-)", lambda found, year: _month(year, int(found["number"]))),
    (r"\b(?P<number>0[1-9]|1[0-2])/(?P<year>20\d\d)\b(?!/)", lambda found, year: _month(year, int(found["number"]))),
)  # fmt: skip
# The same without a year, where a whole value is nothing else.
WITHOUT_YEAR = _forms(
    (rf"{MONTH}\s+{DAY}", _named_day),
    (rf"{DAY}\s*(?:of |de )?{MONTH}", _named_day),
    (r"(?P<day>\d{1,2})\.\s?(?P<number>\d{1,2})\.", _numbered_day),
    (rf"{PART}{MONTH}", lambda found, year: _month(year, number_of_month(found["month"]))),
)
PERIODS_WITHOUT_YEAR = _forms(
    (QUARTER, lambda found, year: _quarter(year, _number(found, "quarter", "nth"))),
    (HALF, lambda found, year: _half(year, _number(found, "half", "nth_half"))),
    (r"(?:KW|CW|W)\s*(?P<week>\d{1,2})", lambda found, year: _week(year, int(found["week"]))),
)
LEAD = re.compile(r"(?:by|before|until|on|in|around|ca\.|~|bis(?: zum)?|am|ab|le|avant|el|antes del?)\s+", re.I)
NOT_DAY_FIRST_LANGUAGES = re.compile(r"\b(?:the|and|of|for|with|to)\b", re.I)
DAY_FIRST_LANGUAGES = re.compile(r"\b(?:der|die|das|und|für|mit|les|des|et|pour|avec|los|las|del|para|con)\b", re.I)
PLAIN = DateStyle()


def read_style(text: str, year_texts: Iterable[str] = ()) -> DateStyle:
    """How a document writes dates. The year is the only one that the texts about it as a whole name."""
    years = {year for words in year_texts for year in read_years(words)}
    dates = list(SLASHED.finditer(text)) if "/" in text else []
    orders = {int(found["one"]) > 12 for found in dates if (int(found["one"]) > 12) != (int(found["other"]) > 12)}
    year = years.pop() if len(years) == 1 else None
    if len(orders) == 1:
        return DateStyle(year, orders.pop(), is_order_known=True)
    return DateStyle(year, bool(dates) and _is_day_first_language(text[:20_000]))


def _is_day_first_language(text: str) -> bool:
    return len(DAY_FIRST_LANGUAGES.findall(text)) > len(NOT_DAY_FIRST_LANGUAGES.findall(text))


def read_years(text: str) -> set[int]:
    """The years that a heading names."""
    return {int(year) for year in re.findall(r"(?<!\d)20\d\d(?!\d)", text[:LONGEST_TEXT])}


def read_target(text: str, offset: int = 0, style: DateStyle = PLAIN) -> Target | None:
    """The first target the text names."""
    return read_date(text, offset, style).target


def read_date(text: str, offset: int = 0, style: DateStyle = PLAIN, *, is_whole: bool = False) -> Reading:
    """The first target the text names, or the two ends of a range. A whole text may be a date without its year."""
    text = text[:LONGEST_TEXT]
    reading = _read_first(text, 0, style)
    if reading is None:
        reading = _read_without_year(text, style, is_whole)
    elif reading.target and (to := RANGE.match(text, reading.target.span[1])):
        reading = _extended(reading, _read_first(text, to.end(), style), to.end())
    if not reading or not reading.target:
        return reading or Reading()
    start, end = reading.target.span
    return replace(reading, target=replace(reading.target, span=(start + offset, end + offset)))


def _read_first(text: str, position: int, style: DateStyle) -> Reading | None:
    if not DIGIT.search(text, position):
        return None
    found = [(each, read) for pattern, read in FORMS if (each := pattern.search(text, position))]
    slashed = SLASHED.search(text, position)
    if slashed:
        found.append((slashed, lambda each, year: _slashed_day(each, year, style)))
    if not found:
        return None
    first, read = min(found, key=lambda each: (each[0].start(), -each[0].end()))
    target = _target(first, read, _year(first["year"]))
    if target is None:
        return Reading(doubt=f"“{first.group().strip()}” is in no calendar, so the target stays open.")
    return Reading(target, _doubt_of_order(first, target, style) if first is slashed else "")


def _read_without_year(text: str, style: DateStyle, is_whole: bool) -> Reading | None:
    value = text.strip()
    lead = LEAD.match(value) if is_whole else None
    start = text.find(value) + (lead.end() if lead else 0)
    for pattern, read in (*PERIODS_WITHOUT_YEAR, *WITHOUT_YEAR) if is_whole else PERIODS_WITHOUT_YEAR:
        found = pattern.fullmatch(text, start, start + len(value) - (lead.end() if lead else 0))
        if found and style.year is None:
            return Reading(doubt=f"“{value}” names no year, nor does a heading above it, so the target stays open.")
        if found and style.year:
            doubt = f"“{value}” names no year: {style.year} is the document's."
            return Reading(_target(found, read, style.year), doubt)
    return None


def _extended(first: Reading, last: Reading | None, position: int) -> Reading:
    """The range from one date to another that stands directly after it."""
    if not first.target or not last or not last.target or last.target.span[0] != position:
        return first
    if last.target.end < first.target.start:
        return Reading(doubt="The end of the target's range is before its start, so the target stays open.")
    span = (first.target.span[0], last.target.span[1])
    return Reading(replace(last.target, start=first.target.start, span=span), first.doubt or last.doubt)


def _target(found: re.Match[str], read: Reader, year: int) -> Target | None:
    try:
        return replace(read(found, year), span=found.span())
    except ValueError:
        return None


def _slashed_day(found: re.Match[str], year: int, style: DateStyle) -> Target:
    one, other = int(found["one"]), int(found["other"])
    is_day_first = one > 12 or (style.is_day_first and other <= 12)
    return _day(year, other, one) if is_day_first else _day(year, one, other)


def _doubt_of_order(found: re.Match[str], target: Target, style: DateStyle) -> str:
    one, other = int(found["one"]), int(found["other"])
    if style.is_order_known or one == other or max(one, other) > 12:
        return ""
    return f"“{found.group()}” can be two days; it is read as {target.start:%-d %B %Y} ({target.start.isoformat()})."


def _year(written: str) -> int:
    return int(written[-2:]) + 2000 if len(written) < 4 else int(written)


def _number(found: re.Match[str], *names: str) -> int:
    return int(next(found[name] for name in names if found[name]))


def write_target(start: date, precision: Precision) -> str:
    """The target in the form an import reads back."""
    year, week, _ = start.isocalendar()
    return {
        Precision.DAY: start.isoformat(),
        Precision.WEEK: f"{year}-W{week:02}",
        Precision.MONTH: f"{start:%Y-%m}",
        Precision.QUARTER: f"Q{(start.month + 2) // 3} {start.year}",
    }[precision]
