"""Phrases of criteria, and limits such as RTO < 1 hour in them."""

import re
from typing import Any

from apps.evidence.contract import Suggestion

UNITS = {"s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60, "h": 3600, "hr": 3600, "hour": 3600}
UNITS |= {"d": 86400, "day": 86400}
LIMIT = r"(?P<operator>[<>]=?|≤|under|within|below|of|at most)?\s*(?P<number>\d+(?:\.\d+)?)\s*-?(?P<unit>{units})s?\b"
BEFORE, AFTER = r"\b{name}\b[^.;,]{{0,20}}?{limit}", r"{limit}\s*\b{name}\b"


def suggestion_from(text: str, *patterns: str) -> Suggestion | None:
    """The first phrase of the text that a pattern finds."""
    for pattern in patterns:
        if found := re.search(pattern, text, re.IGNORECASE):
            return Suggestion(found[0])
    return None


def read_limit(text: str, name: str) -> dict[str, Any] | None:
    """The rule of a phrase such as `RTO < 1 hour` or `< 24 hour RPO`."""
    limit = LIMIT.format(units="|".join(sorted(UNITS, key=len, reverse=True)))
    for pattern in (AFTER, BEFORE):
        found = re.search(pattern.format(name=name, limit=limit), text, re.IGNORECASE)
        if found and found["operator"] not in {">", ">="}:
            operator = "<" if found["operator"] in {"<", "under", "below"} else "<="
            seconds = float(found["number"]) * UNITS[found["unit"].lower()]
            return {"fact": f"{name.lower()}_seconds", "operator": operator, "value": seconds, "unit": "s"}
    return None
