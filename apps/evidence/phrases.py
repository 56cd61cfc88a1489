"""Finding in a criterion's words what a verifier can answer. Each app keeps its own phrases beside its verifier."""

import re
from collections.abc import Iterable
from functools import cache


def find_phrase(text: str, phrases: Iterable[str]) -> str | None:
    """The first words of the text that one of the phrases describes, as they stand there; None without any.

    A phrase is plain words, in any case of letters: `restore drill`. Between two words may stand up to four
    others: "restore … test" is written `restore ~ test`. A final `*` takes any ending: `uptime*`.
    """
    found = [match for phrase in phrases if (match := _pattern(phrase).search(text))]
    return min(found, key=lambda match: match.start()).group() if found else None


@cache
def _pattern(phrase: str) -> re.Pattern[str]:
    parts = [_part(word) for word in phrase.split()]
    return re.compile(rf"(?<!\w){_GAP.join(parts)}(?!\w)".replace(f"{_GAP}~{_GAP}", _BETWEEN), re.IGNORECASE)


_GAP = r"[\s\-_/]+"
_BETWEEN = r"[\s\-_/]+(?:[^\s;]+\s+){0,4}?"


def _part(word: str) -> str:
    if word == "~":
        return word
    return re.escape(word.removesuffix("*")) + (r"\w*" if word.endswith("*") else "")
