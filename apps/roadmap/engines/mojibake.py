"""Repairs text that was decoded wrongly somewhere on its way, for display only.

A run of non-ASCII characters is repaired when taking the wrong decoding back gives symbols and
punctuation. Letters are never touched: they are far more often meant than damaged.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from apps.roadmap.engines.source import Span

NON_ASCII_RUN = re.compile(r"[^\x00-\x7f]+")

# Bytes that Windows-1252 leaves undefined. Some decoders drop them, others pass them through as C1 controls.
UNDEFINED_IN_CP1252 = {chr(byte): bytes([byte]) for byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D)}
# Symbols of roadmaps that lose such a byte. What is left of them decodes to nothing, so it is looked up.
SYMBOLS_WITH_A_LOST_BYTE = (
    "❌",
    "❎",
    "❗",
    "❓",
    "⏳",
    "⏱",
    "”",
    "⚠️",
    "❤️",
    "ℹ️",
    "✔️",
    "☑️",
    "➡️",
    "⬅️",
    "⚙️",
    "✏️",
    "☁️",
    "⭐️",
)
ACCEPTED_CATEGORIES = frozenset({"Mn", "Cf", "Zs", "Co"})  # variation selectors, joiners, spaces, Apple's logo
JOINING_CATEGORIES = ACCEPTED_CATEGORIES - {"Co"}


@dataclass(frozen=True)
class Repair:
    """One damaged run, what it was meant to be, and how that was found."""

    span: Span
    original: str
    repaired: str
    method: str


def find_repairs(text: str) -> tuple[Repair, ...]:
    """Every damaged run of the text, in order. Genuine characters are left out."""
    if text.isascii():
        return ()
    repairs = (_repair_run(found) for found in NON_ASCII_RUN.finditer(text))
    return tuple(repair for repair in repairs if repair)


def _repair_run(found: re.Match[str]) -> Repair | None:
    run = found.group()
    for method, repair in METHODS.items():
        repaired = repair(run)
        if repaired and _is_symbolic(repaired):
            return Repair(found.span(), run, repaired, method)
    return None


def _from_mac_roman(run: str) -> str | None:
    try:
        return run.encode("mac_roman").decode("utf-8")
    except UnicodeError:
        return None


def _from_cp1252(run: str) -> str | None:
    try:
        return b"".join(UNDEFINED_IN_CP1252.get(char) or char.encode("cp1252") for char in run).decode("utf-8")
    except UnicodeError:
        return None


def _from_truncated_cp1252(run: str) -> str | None:
    return TRUNCATED.get(run)


def _is_symbolic(text: str) -> bool:
    categories = [unicodedata.category(char) for char in text]
    meant = [category for category in categories if category not in JOINING_CATEGORIES]
    return bool(meant) and all(category[0] in "SP" or category in ACCEPTED_CATEGORIES for category in categories)


def _damage(symbol: str) -> str:
    return symbol.encode("utf-8").decode("cp1252", errors="ignore")


TRUNCATED = {_damage(symbol): symbol for symbol in SYMBOLS_WITH_A_LOST_BYTE}
METHODS: dict[str, Callable[[str], str | None]] = {
    "mac_roman": _from_mac_roman,
    "cp1252": _from_cp1252,
    "truncated cp1252": _from_truncated_cp1252,
}
