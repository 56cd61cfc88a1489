"""Whole numbers as forms and addresses send them."""

from collections.abc import Iterable

_MOST_DIGITS = 18  # every such number fits the key of a row


def read_number(text: object) -> int | None:
    """The number that a text is, of plain digits; None for anything else, and for more than a key can be."""
    words = str(text)
    return int(words) if words.isascii() and words.isdigit() and len(words) <= _MOST_DIGITS else None


def read_numbers(texts: Iterable[object]) -> list[int]:
    """The numbers among the texts."""
    return [number for number in map(read_number, texts) if number is not None]
