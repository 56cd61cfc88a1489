"""Amounts of money as documents write them: "$26/month", "~$130-200/month", "Free (50 monitors)"."""

import re
from dataclasses import dataclass
from decimal import Decimal

CURRENCIES = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "USD": "USD", "EUR": "EUR", "GBP": "GBP", "CHF": "CHF"}
FIGURE = r"(?<![\d.,])(?:\d{1,3}(?:,\d{3}){1,2}|\d{1,9})(?:\.\d{1,4})?(?!\d)"
SIGN = r"[$€£¥]|\b(?:USD|EUR|GBP|CHF)\b"
AMOUNT = re.compile(
    rf"(?P<about>~|about |approx\.? |ca\.? )?\s*(?:(?P<sign>{SIGN})\s*(?P<low>{FIGURE})(?P<low_k>k\b)?"
    rf"(?:\s*(?:-|–|—|to)\s*(?:{SIGN})?\s*(?P<high>{FIGURE})(?P<high_k>k\b)?)?"
    rf"|(?P<low_before>{FIGURE})(?P<low_before_k>k)?(?:\s*(?:-|–)\s*(?P<high_before>{FIGURE})(?P<high_before_k>k)?)?"
    rf"\s*(?P<sign_after>[€£]|\b(?:USD|EUR|GBP|CHF)\b))"
    r"\s*(?P<period>/\s*[^\s,;|)]*(?:\s(?:requests?|tokens?|users?))?|\bper \w+|\ba (?:month|year)\b"
    r"|\b(?:monthly|yearly|annually)\b)?",
    re.I,
)
FREE = re.compile(r"\bfree\b|\bno cost\b", re.I)
PERIODS = (
    ("month", re.compile(r"\bmo(?:nth)?s?(?:ly)?\b", re.I)),
    ("year", re.compile(r"\by(?:ea)?r(?:ly)?\b|\bannual", re.I)),
    ("week", re.compile(r"\bweek", re.I)),
    ("day", re.compile(r"\bday|\bdaily", re.I)),
    ("hour", re.compile(r"\bh(?:ou)?r", re.I)),
)
KINDS = (
    ("total", re.compile(r"\btotal\b|\bsum\b", re.I)),
    ("saving", re.compile(r"\bsav(?:e|es|ing|ings)\b", re.I)),
    ("addition", re.compile(r"\baddition", re.I)),
    ("comparison", re.compile(r"\bcomparison\b|\bversus\b|\bvs\b", re.I)),
)


@dataclass(frozen=True)
class Amount:
    """What something costs. Both figures are equal when one was given, and zero when it is free."""

    minimum: Decimal
    maximum: Decimal
    currency: str
    period: str
    is_free: bool
    is_approximate: bool


def read_amount(text: str, context: str = "") -> Amount | None:
    """The first amount of the text. The context, such as a column's name, may tell the period."""
    found = AMOUNT.search(text)
    if not found:
        free = FREE.search(text)
        return Amount(Decimal(0), Decimal(0), "", "", True, False) if free else None
    low = _figure(found["low"] or found["low_before"], found["low_k"] or found["low_before_k"]) or Decimal(0)
    high = _figure(found["high"] or found["high_before"], found["high_k"] or found["high_before_k"])
    sign = (found["sign"] or found["sign_after"]).upper()
    period = _period(found["period"] or "") if found["period"] else _period(context)
    low, high = sorted((low, low if high is None else high))
    return Amount(low, high, CURRENCIES[sign], period, False, bool(found["about"]))


def read_kind(text: str, context: str, amount: Amount | None) -> str:
    """What sort of line it is: total, saving, addition, comparison, free or paid."""
    for kind, pattern in KINDS:
        if pattern.search(context) or (kind == "total" and pattern.search(text)):
            return kind
    return "free" if amount and amount.is_free else "paid"


def _figure(figure: str | None, thousands: str | None) -> Decimal | None:
    if figure is None:
        return None
    return Decimal(figure.replace(",", "")) * (1000 if thousands else 1)


def _period(words: str) -> str:
    named = next((name for name, pattern in PERIODS if pattern.search(words)), "")
    # "/1000 requests" is a unit of use, not of time: keep the words.
    return named or words.strip().removeprefix("/").strip()[:40] if words.strip().startswith("/") else named
