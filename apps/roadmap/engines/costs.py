"""Amounts of money as documents write them: "$26/month", "~$130-200/month", "Free (50 monitors)"."""

import re
from dataclasses import dataclass
from decimal import Decimal

CURRENCIES = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "USD": "USD", "EUR": "EUR", "GBP": "GBP", "CHF": "CHF"}
FIGURE = (
    r"(?<![\d.,])(?:\d{1,3}(?:\.\d{3}){1,2},\d{2}|\d{1,3}(?:[ \u00a0\u202f]\d{3}){1,2}(?:,\d{2})?|\d{1,6},\d{1,2}"
    r"|(?:\d{1,3}(?:,\d{3}){1,2}|\d{1,9})(?:\.\d{1,4})?)(?![\d])"
)
SIGN = r"[$€£¥]|\b(?:USD|EUR|GBP|CHF)\b"
TO = r"\s*(?:-|–|—|to|bis|à)\s*"
TIME = (
    r"(?:mo(?:nth)?s?|monat|mois|mes|years?|yr|jahr|an(?:née)?|año|weeks?|woche|semaine|semana"
    r"|days?|tag|jour|día|hours?)\b"
)
PERIOD = (
    r"/\s*[^\s,;|)]*(?:\s(?:requests?|tokens?|users?))?(?:\s+per\s+\w+)?"
    rf"|\b(?:per|pro|par|por|al|im) \w+(?:(?:\s+|\s*/\s*)(?:(?:per|pro|par|por|a|im)\s+)?{TIME})?|\ba (?:month|year)\b"
    r"|\b(?:monthly|yearly|annually|monatlich|jährlich|mensuel|annuel|mensual|anual)\b"
)
AMOUNT = re.compile(
    rf"(?:(?P<about>~|about |approx\.? |ca\.? |etwa |environ |unos )\s*)?(?:"
    rf"(?P<sign>{SIGN})\s*(?P<low>{FIGURE})(?P<low_k>k\b)?(?:{TO}(?:{SIGN})?\s*(?P<high>{FIGURE})(?P<high_k>k\b)?)?"
    rf"|(?P<low_before>{FIGURE})(?P<low_before_k>k)?(?:{TO}(?P<high_before>{FIGURE})(?P<high_before_k>k)?)?"
    rf"\s*(?P<sign_after>[€£]|\b(?:USD|EUR|GBP|CHF)\b))\s*(?P<period>{PERIOD})?",
    re.I,
)
EUROPEAN = re.compile(r"\d{1,3}(?:\.\d{3})+")
CENTS = re.compile(r",\d{1,2}$")
PER_HEAD = re.compile(r"\b(?:user|seat|head|person|nutzer|platz|utilisateur|poste|usuario)s?\b", re.I)
FREE = re.compile(r"\bfree\b|\bno cost\b", re.I)
PERIODS = (
    ("month", re.compile(r"\bmo(?:nth)?s?(?:ly)?\b|\bmonat|\bmois\b|\bmensu|\bmes\b", re.I)),
    ("year", re.compile(r"\by(?:ea)?rs?(?:ly)?\b|\bannual|\bannuel|\bjahr|\bjährlich|\ban\b|\baño|\banual", re.I)),
    ("week", re.compile(r"\bweek|\bwoche|\bsemaine|\bsemana", re.I)),
    ("day", re.compile(r"\bday|\bdaily|\btag\b|\bjour\b|\bdía", re.I)),
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
    sign = CURRENCIES[(found["sign"] or found["sign_after"]).upper()]
    low = _figure(found["low"] or found["low_before"], found["low_k"] or found["low_before_k"], sign) or Decimal(0)
    high = _figure(found["high"] or found["high_before"], found["high_k"] or found["high_before_k"], sign)
    period = _period(found["period"] or "") if found["period"] else _period(context)
    low, high = sorted((low, low if high is None else high))
    return Amount(low, high, sign, period, False, bool(found["about"]))


def read_kind(text: str, context: str, amount: Amount | None) -> str:
    """What sort of line it is: total, saving, addition, comparison, free or paid."""
    for kind, pattern in KINDS:
        if pattern.search(context) or (kind == "total" and pattern.search(text)):
            return kind
    return "free" if amount and amount.is_free else "paid"


def _figure(figure: str | None, thousands: str | None, currency: str) -> Decimal | None:
    if figure is None:
        return None
    plain = "".join(figure.split())
    if CENTS.search(plain) or (currency in ("EUR", "CHF") and EUROPEAN.fullmatch(plain)):
        plain = plain.replace(".", "").replace(",", ".")  # 1.840,00 and 12.500
    return Decimal(plain.replace(",", "")) * (1000 if thousands else 1)


def _period(words: str) -> str:
    named = next((name for name, pattern in PERIODS if pattern.search(words)), "")
    if PER_HEAD.search(words):  # not a sum: how many there are is not known
        return f"user/{named}" if named else "user"
    # "/1000 requests" is a unit of use, not of time: keep the words.
    return named or words.strip().removeprefix("/").strip()[:40] if words.strip().startswith("/") else named


def write_amount(text: str, minimum: Decimal, maximum: Decimal) -> str | None:
    """The text with other figures in its first amount; None where it has no figures for them."""
    found = AMOUNT.search(text)
    if not found:
        return None
    low, high = ("low", "high") if found["low"] else ("low_before", "high_before")
    if (found[high] is None and minimum != maximum) or found[f"{low}_k"] or found[f"{high}_k"]:
        return None
    figures = [(found.span(low), minimum)] + ([(found.span(high), maximum)] if found[high] else [])
    for (start, end), figure in reversed(figures):
        text = f"{text[:start]}{_plain_figure(figure)}{text[end:]}"
    return text


def _plain_figure(figure: Decimal) -> str:
    return f"{figure:f}".rstrip("0").rstrip(".") if "." in f"{figure:f}" else f"{figure:f}"
