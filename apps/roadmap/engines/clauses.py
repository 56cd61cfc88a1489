"""The clauses of a criterion: what is to be proven each on its own.

A semicolon separates for certain. " and " and the end of a sentence may, so that such a split is only proposed:
a person decides, and the clauses they chose are then given as `chosen`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from apps.roadmap.engines.certainty import GUESS
from apps.roadmap.engines.measures import read_measures, read_placeholders

# A semicolon inside code or inside brackets separates nothing.
_CLAUSE = re.compile(r"(?:`[^`]*`|\([^()]*\)|[^;])+")
_OPAQUE = re.compile(r"`[^`]*`|\([^()]*\)")
_SEPARATOR = re.compile(r",?\s+(?:and|und|et|y)\s+|(?<=\w{2}|.[%)`])[.!]\s+(?=[A-ZÄÖÜÉÈÀ])|(?P<comma>,)\s+(?=\S)")
_PREDICATE = re.compile(
    r"\b(?:is|are|was|were|has|have|can|cannot|must|will|does|do|stays?|pass(?:es)?|works?|runs?|builds?|starts?|stops?"
    r"|restores?|succeeds?|exists?|completes?|reach(?:es)?|fires?|returns?|responds?|recovers?|rolls?|shows?|meets?"
    r"|survives?|rotates?|alerts?(?= (?:the|on|a)\b)|covers?|holds?|green|live|clean|ready"
    r"|ist|sind|wird|werden|wurden?|est|sont|es|son|está|están|[a-z]{3,}(?:ed|ten|tes|iert))\b",
    re.IGNORECASE,
)
_SHORTEST_WORDS = 2
_LONGEST = 2_000  # characters; further on nothing is proposed


@dataclass(frozen=True)
class Split:
    """The clauses of a text, and how sure it is that they are separate: 1.0 where semicolons say so."""

    clauses: tuple[str, ...]
    confidence: float


def split_clauses(text: str) -> tuple[str, ...]:
    """The clauses that are separate for certain, in order; one when there is no semicolon."""
    return tuple(clause.strip() for clause in _CLAUSE.findall(text) if _normalise(clause))


def propose_clauses(text: str) -> Split:
    """The finest split that makes sense. Each clause is measurable, or says something of its own."""
    certain = split_clauses(text)
    finest = tuple(part for clause in certain for part in _parts(clause))
    return Split(certain, 1.0) if finest == certain else Split(finest, GUESS + 0.2)


def uncovered_clauses(text: str, covered: Iterable[str], chosen: Sequence[str] = ()) -> tuple[str, ...]:
    """The clauses that no binding covers, of those a person chose if any. An empty one in `covered` is the whole."""
    names = {_normalise(clause) for clause in covered}
    if "" in names or _normalise(text) in names:
        return ()
    return tuple(clause for clause in chosen or split_clauses(text) if _normalise(clause) not in names)


def _parts(clause: str) -> Iterator[str]:
    """Cut at each separator that leaves on both sides what stands alone."""
    masked = _OPAQUE.sub(lambda found: "·" * len(found.group()), clause[:_LONGEST])
    start = 0
    cuts = list(_SEPARATOR.finditer(masked))
    for at, cut in enumerate(cuts, start=1):
        stop = cuts[at].start() if at < len(cuts) else len(clause)
        is_alone = _is_measurable if cut["comma"] else _stands_alone
        if is_alone(clause[start : cut.start()]) and is_alone(clause[cut.end() : stop]):
            yield clause[start : cut.start()].strip()
            start = cut.end()
    yield clause[start:].strip()


def _stands_alone(part: str) -> bool:
    is_phrase = len(part.split()) >= _SHORTEST_WORDS and _PREDICATE.search(part)
    return bool(is_phrase) or _is_measurable(part)


def _is_measurable(part: str) -> bool:
    return bool(read_measures(part) or read_placeholders(part))


def _normalise(clause: str) -> str:
    return " ".join(clause.split()).strip(" .;").casefold()
