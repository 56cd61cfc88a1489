"""The measurable part of a criterion: "p95 < 2 seconds", "> 80%", "RTO < 1 hour", "99.9% uptime".

Each clause gives at most one measure. What holds a placeholder ("p95 < X ms") is not measurable yet.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

NUMBER = r"(?<!\d)(?:\d{1,3}(?:,\d{3}){1,4}|\d{1,12})(?:\.\d{1,6}|,\d{1,2}(?=\s?%))?(?!\d)"
UNITS = {
    "percent": r"%|percent\b|per ?cent\b",
    "millisecond": r"ms\b|milliseconds?\b|msecs?\b",
    "second": r"s\b|secs?\b|seconds?\b|sekunden?\b|secondes?\b|segundos?\b",
    "minute": r"min\b|mins\b|minutes?\b|minuten\b|minutos?\b",
    "hour": r"h\b|hrs?\b|hours?\b|stunden?\b|heures?\b|horas?\b",
    "day": r"d\b|days?\b|tage?n?\b|jours?\b|días?\b",
    "week": r"weeks?\b|wochen?\b|semaines?\b|semanas?\b",
    "month": r"months?\b|monate?n?\b|mois\b|mes(?:es)?\b",
    "request_per_second": r"req(?:uest)?s?\s*/\s*s(?:ec(?:ond)?)?\b|rps\b|qps\b|requests? per second\b",
    "times": r"x\b|times\b",
    "megabyte": r"MB\b|megabytes?\b",
    "gigabyte": r"GB\b|gigabytes?\b",
    "kilobyte": r"KB\b|kilobytes?\b",
}
UNIT = "|".join(f"(?P<{name}>{pattern})" for name, pattern in UNITS.items())
OPERATORS = (
    (
        "at_most",
        "<=",
        r"<=|≤|\b(?:at most|no more than|up to|within|max(?:imum)?(?: of)?|höchstens|au plus|como máximo)\b",
    ),
    ("at_least", ">=", r">=|≥|\b(?:at least|no less than|min(?:imum)?(?: of)?|mindestens|au moins|al menos)\b"),
    ("below", "<", r"<|\b(?:less than|fewer than|under|below|weniger als|moins de|menos de)\b"),
    ("above", ">", r">|\b(?:more than|greater than|above|over|mehr als|plus de|más de)\b"),
)
OPERATOR = "|".join(f"(?P<{name}>{pattern})" for name, _, pattern in OPERATORS)

COMPARISON = re.compile(rf"(?:{OPERATOR})\s*(?P<value>{NUMBER})\s*(?:{UNIT})?", re.I)
AT_LEAST = re.compile(rf"(?<![\w.$€£-])(?P<value>{NUMBER})\s*(?:{UNIT})?\+(?!\w)", re.I)
STATED = re.compile(rf"(?<![\w.<>≤≥$€£-])(?P<value>{NUMBER})\s*(?:{UNIT})(?!\s*[-–])", re.I)
CLAUSE_END = re.compile(r";|,\s+(?=\D)|\s+and\s+|\.\s")
PERCENTILE = re.compile(r"\bp(?P<value>\d{2}(?:\.\d+)?|99\.9+|999)\b", re.I)
PLACEHOLDER = re.compile(
    r"(?<![\w.])(?:"
    r"[NXYZ] ?%|[NXYZ] ?(?:ms|s|secs?|seconds?|min|minutes?|hours?|h|days?|req/s|req|rps|qps|users?|x)\b(?!/)"
    r"|XX+%?(?!\w)|TB[DAC]\b|FIXME\b|\?{2,}|_{3,}(?!\w)|<(?:number|value|target|n|x)>)"
)
METRICS = (
    ("rto", r"\bRTO\b|recovery time|\brestor(?:e[sd]?|able|ation)\b|wiederherstell|restauration"),
    ("rpo", r"\bRPO\b|recovery point"),
    ("error_rate", r"error[- ]rate|errors?\b"),
    ("coverage", r"coverage|testabdeckung"),
    ("uptime", r"uptime|availability|available|verfügbarkeit|disponibilité|disponibilidad"),
    ("detection_time", r"detect"),
    ("alert_response_time", r"(?:alert|incident|support).{0,20}respon"),
    ("latency", r"latency|antwortzeit|latenz|temps de réponse|response[- ]time|load time|duration|\bp\d{2}"),
    ("throughput", r"req(?:uest)?s?\s*/\s*s|\brps\b|\bqps\b|throughput"),
    ("response_time", r"\brespon[sd]"),
)
UNITS_OF_PEOPLE = ("minute", "hour", "day", "week")  # "< 24 hour response time" is a promise of support
UNITS_OF_TIME = {"second", "minute", "hour", "day", "week", "month"}
SHARES = ("uptime", "coverage", "error_rate")  # "99.9% availability over 30 days": the days are the window
# Without a comparator a figure is a measure only of something that is better when higher.
BETTER_HIGHER = ("uptime", "coverage")


@dataclass(frozen=True)
class Measure:
    """One threshold: the metric it is about, the comparison, and the words it was read from."""

    metric: str
    operator: str
    value: Decimal
    unit: str
    percentile: Decimal | None
    text: str


def read_measures(text: str) -> tuple[Measure, ...]:
    """Every threshold the text states, clause by clause."""
    clauses = (clause.strip() for clause in CLAUSE_END.split(text))
    found = (_read_clause(clause, text) for clause in clauses if clause)
    return tuple(measure for measure in found if measure)


def read_placeholders(text: str) -> tuple[str, ...]:
    """The stand-ins that somebody still has to replace by a figure, such as the X of "X ms"."""
    return tuple(found.group() for found in PLACEHOLDER.finditer(text))


def _read_clause(clause: str, whole: str) -> Measure | None:
    metric = _metric(clause, whole)
    comparison = _first(COMPARISON, clause, metric)
    if comparison:
        sign = next(sign for name, sign, _ in OPERATORS if comparison[name])
        return _measure(comparison, sign, clause, whole)
    at_least = _first(AT_LEAST, clause, metric)
    if at_least:
        return _measure(at_least, ">=", clause, whole)
    stated = _first(STATED, clause, metric)
    if stated and metric in BETTER_HIGHER:
        return _measure(stated, ">=", clause, whole)
    return None


def _first(pattern: re.Pattern[str], clause: str, metric: str) -> re.Match[str] | None:
    """The first figure that can be the metric's own: a share is never a time."""
    found = pattern.finditer(clause)
    return next((each for each in found if metric not in SHARES or _unit(each) not in UNITS_OF_TIME), None)


def _unit(found: re.Match[str]) -> str:
    return next((name for name in UNITS if found[name]), "")


def _measure(found: re.Match[str], sign: str, clause: str, whole: str) -> Measure:
    unit = _unit(found)
    percentile = PERCENTILE.search(clause)
    metric = _metric(clause, whole)
    if metric == "latency" and unit in UNITS_OF_PEOPLE:
        metric = "response_time"
    return Measure(
        metric=metric,
        operator=sign,
        value=_number(found["value"]),
        unit=unit,
        percentile=Decimal(percentile["value"]) if percentile else None,
        text=clause,
    )


def _number(figure: str) -> Decimal:
    """A comma separates thousands, or the last one or two digits: "99,9 %"."""
    whole, comma, rest = figure.rpartition(",")
    return Decimal(f"{whole}.{rest}" if comma and len(rest) < len("000") else figure.replace(",", ""))


def _metric(clause: str, whole: str) -> str:
    for text in (clause, whole):
        for name, pattern in METRICS:
            if re.search(pattern, text, re.I):
                return name
    return ""
