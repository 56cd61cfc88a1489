"""The clauses that a person splits a criterion into: all of its words, in its own order. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from apps.common.wording import shortened
from apps.roadmap.engines.clauses import split_clauses
from apps.roadmap.exceptions import ClausesRefused

WORD = re.compile(r"\w+|[%<>≤≥]")
JOINERS = frozenset({"and", "both", "also", "plus", "und", "sowie", "et", "y", "e"})
MOST_CLAUSES = 20


def check_clauses(text: str, clauses: Sequence[str]) -> None:
    """Raise ClausesRefused, with what is wrong, unless the clauses say what the text says and nothing else."""
    if len(clauses) > MOST_CLAUSES:
        raise ClausesRefused(f"{len(clauses)} clauses are too many: {MOST_CLAUSES} at most.")
    said, spoken = _words(text), [_words(clause) for clause in clauses]
    for clause, words in zip(clauses, spoken, strict=True):
        if not words:
            raise ClausesRefused("A clause is empty.")
        if not _occurs(words, said):
            raise ClausesRefused(f"“{shortened(clause, 60)}” is not in the criterion, or not in that order.")
    if any(one == other for one, other in pairwise(sorted(spoken))):
        raise ClausesRefused("Two clauses are the same.")
    missing = _missing(said, spoken)
    if missing:
        raise ClausesRefused(f"No clause says “{' '.join(missing)}”: together they have to say all of the criterion.")


def clauses_of(text: str, chosen: Sequence[str]) -> tuple[str, ...]:
    """The clauses to prove: those a person chose while they fit the text, else those that its semicolons separate."""
    return tuple(chosen) if chosen and fits(text, chosen) else split_clauses(text)


def fits(text: str, chosen: Sequence[str]) -> bool:
    """Whether chosen clauses still say what the text says."""
    try:
        check_clauses(text, chosen)
    except ClausesRefused:
        return False
    return True


def is_clause_of(clause: str, text: str, chosen: Sequence[str]) -> bool:
    """Whether a binding's clause is one of the criterion's; the empty one is all of it."""
    words = _words(clause)
    return not words or words == _words(text) or any(words == _words(each) for each in clauses_of(text, chosen))


def is_same(one: str, other: str) -> bool:
    """Whether two texts say the same, apart from marks and punctuation."""
    return one == other or _words(one) == _words(other)


def _words(text: str) -> list[str]:
    return WORD.findall(text.casefold())


def _occurs(words: Iterable[str], said: Iterable[str]) -> bool:
    """Whether the words stand in the text in that order; others may stand between."""
    rest = iter(said)
    return all(word in rest for word in words)


def _missing(said: Sequence[str], spoken: Iterable[Sequence[str]]) -> list[str]:
    """The words of the text that too few clauses say, apart from those that only join."""
    left = Counter(word for clause in spoken for word in clause)
    missing = []
    for word in said:
        if left[word]:
            left[word] -= 1
        elif word not in JOINERS:
            missing.append(word)
    return missing
