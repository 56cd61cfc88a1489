"""Two texts side by side, with the words in which they differ."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

WORD = re.compile(r"\S+\s*")

Run = tuple[str, bool]  # some words, and whether the other text lacks them


def compare_words(one: str, other: str) -> tuple[list[Run], list[Run]]:
    """Each text as runs of words, those that differ marked."""
    words, others = WORD.findall(one), WORD.findall(other)
    matcher = SequenceMatcher(None, [word.strip() for word in words], [word.strip() for word in others], autojunk=False)
    spans = matcher.get_opcodes()
    return (
        list(_runs(words, [(tag != "equal", start, end) for tag, start, end, _, _ in spans])),
        list(_runs(others, [(tag != "equal", start, end) for tag, _, _, start, end in spans])),
    )


def _runs(words: list[str], spans: list[tuple[bool, int, int]]) -> Iterator[Run]:
    for differs, start, end in spans:
        if start < end:
            yield "".join(words[start:end]), differs
