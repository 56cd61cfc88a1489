"""The clauses of a criterion: what stands between its semicolons, each to be proven."""

import re
from collections.abc import Iterable

# A semicolon inside code or inside brackets separates nothing.
_CLAUSE = re.compile(r"(?:`[^`]*`|\([^()]*\)|[^;])+")


def split_clauses(text: str) -> tuple[str, ...]:
    """The clauses of a criterion, in order; one when it has no semicolon."""
    return tuple(clause.strip() for clause in _CLAUSE.findall(text) if _normalise(clause))


def uncovered_clauses(text: str, covered: Iterable[str]) -> tuple[str, ...]:
    """The clauses that no binding covers. An empty clause in `covered` stands for the whole criterion."""
    names = {_normalise(clause) for clause in covered}
    if "" in names or _normalise(text) in names:
        return ()
    return tuple(clause for clause in split_clauses(text) if _normalise(clause) not in names)


def _normalise(clause: str) -> str:
    return " ".join(clause.split()).strip(" .;").casefold()
