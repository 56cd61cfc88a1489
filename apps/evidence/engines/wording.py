"""Facts as a person reads them: a name without its unit, and a value with it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from apps.common.wording import duration_in_words, size_in_words

_ACRONYMS = {"rto", "rpo", "http", "tls", "id"}
_UNITS: dict[str, Callable[[Any], str]] = {
    "percent": lambda value: f"{value:g} %",
    "milliseconds": lambda value: f"{value:g} ms",
    "seconds": lambda value: duration_in_words(timedelta(seconds=value)),
    "bytes": lambda value: size_in_words(int(value)),
}
_LONGEST_LIST = 20


def fact_in_words(name: str, value: Any) -> tuple[str, str]:
    """The fact's name and its value in words: `duration_seconds`, 90 is Duration, 1 min 30 s."""
    stem, _, unit = name.rpartition("_")
    if stem and unit in _UNITS and isinstance(value, int | float):
        return label(stem), _UNITS[unit](value)
    return label(name), _plain(value)


def label(name: str) -> str:
    """The name of a fact as people write it: `rto_seconds` is RTO seconds."""
    words = [word.upper() if word in _ACRONYMS else word for word in name.split("_")]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "not known"
    if isinstance(value, list):
        more = [f"and {len(value) - _LONGEST_LIST} more"] if len(value) > _LONGEST_LIST else []
        return ", ".join([*map(str, value[:_LONGEST_LIST]), *more]) or "none"
    return f"{value:,}" if isinstance(value, int) else str(value)
