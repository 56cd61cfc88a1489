"""A text as its lines in plain words: what stands around a line, and whether something is said at all."""

import re
from functools import cached_property

from apps.roadmap.engines.source import LINE_END

NOT_WORDS = re.compile(r"[\W_]+")
MOST_LEADING_WORDS = 2  # a number or code before a title, such as "2." or "Phase 2:"


def plain_words(text: str) -> str:
    """The text without case, marks and punctuation; as it is where it has nothing else."""
    return NOT_WORDS.sub(" ", text.casefold()).strip() or text.strip()


class Surroundings:
    """The lines of one text."""

    def __init__(self, text: str = "") -> None:
        self._lines = [plain_words(line) for line in LINE_END.split(text)]

    def around(self, line: int | None) -> tuple[str, str]:
        """The nearest lines above and below that are not blank, or "" at the text's ends."""
        if line is None:
            return "", ""
        above, below = reversed(self._lines[: line - 1]), self._lines[line:]
        return next(filter(None, above), ""), next(filter(None, below), "")

    def says(self, words: str) -> bool:
        """A line says nothing but these plain words, apart from a number or a code in front of them."""
        return words in self._said

    @cached_property
    def _said(self) -> frozenset[str]:
        return frozenset(
            line.split(" ", leading)[-1] for line in self._lines for leading in range(MOST_LEADING_WORDS + 1)
        )
