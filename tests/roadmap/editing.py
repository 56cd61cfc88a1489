"""Random edits of a document whose lines are tagged, so that it is known which entry each line was before."""

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass

from apps.roadmap.engines.entries import ParsedDocument
from apps.roadmap.engines.identity import Trait
from apps.roadmap.services.document_values import read_entry
from apps.roadmap.services.merging import entries_by_kind, trait_of

ITEM = re.compile(r"(?P<start>\s*(?:[-*+]|\d+[.)])\s+(?:\[[^\]]\]\s+)?)(?P<words>\S.*)$")
HEADING = re.compile(r"(?P<start>#{2,6}\s+(?:\W*\s)?(?:M\d+:?\s+|\d+[.)]\s+|Phase \d+:?\s+)?)(?P<words>\w.*)$")
NUMBER = re.compile(r"(#{2,6}\s+)(\d+)(\.\s)")
VOCABULARY = (
    *("ledger", "harbour", "signal", "anchor", "tide", "beacon", "compass", "mast"),
    *("rudder", "cargo", "pilot", "dock", "lantern", "rope", "keel"),
)


@dataclass(frozen=True)
class Line:
    """A line, and the number of the line it was before; None for a new one."""

    text: str
    tag: int | None


Lines = list[Line]


def tagged(text: str) -> Lines:
    return [Line(line, number) for number, line in enumerate(text.split("\n"), start=1)]


def text_of(lines: Lines) -> str:
    return "\n".join(line.text for line in lines)


def edit(lines: Lines, dice: random.Random) -> tuple[str, Lines]:
    """One random edit, and its name."""
    name = dice.choice(list(EDITS))
    return name, EDITS[name](list(lines), dice)


def _places(lines: Lines, pattern: re.Pattern[str]) -> list[int]:
    """The lines that look so, outside fences."""
    inside, places = False, []
    for at, line in enumerate(lines):
        inside ^= line.text.lstrip().startswith("```")
        if not inside and pattern.match(line.text):
            places.append(at)
    return places


def _some(lines: Lines, dice: random.Random, pattern: re.Pattern[str] = ITEM) -> int:
    return dice.choice(_places(lines, pattern))


def _words(dice: random.Random, count: int = 5) -> str:
    return " ".join(dice.choice(VOCABULARY) for _ in range(count)).capitalize()


def _insert(lines: Lines, dice: random.Random) -> Lines:
    at = _some(lines, dice)
    lines.insert(at + 1, Line(ITEM.match(lines[at].text)["start"] + _words(dice), None))
    return lines


def _delete(lines: Lines, dice: random.Random) -> Lines:
    del lines[_some(lines, dice)]
    return lines


def _reorder(lines: Lines, dice: random.Random) -> Lines:
    at = _some(lines, dice)
    start = ITEM.match(lines[at].text)["start"]
    below = at + 1
    if below < len(lines) and (found := ITEM.match(lines[below].text)) and len(found["start"]) == len(start):
        lines[at], lines[below] = lines[below], lines[at]
    return lines


def _move(lines: Lines, dice: random.Random) -> Lines:
    line = lines.pop(_some(lines, dice))
    to = _some(lines, dice)
    start = re.sub(r"\[.\]", re.search(r"\[.\]|$", line.text)[0] or "[ ]", ITEM.match(lines[to].text)["start"])
    lines.insert(to + 1, Line(start + ITEM.match(line.text)["words"], line.tag))
    return lines


def _rename_heading(lines: Lines, dice: random.Random) -> Lines:
    at = _some(lines, dice, HEADING)
    found = HEADING.match(lines[at].text)
    lines[at] = Line(found["start"] + dice.choice([_words(dice, 3), _otherwise(found["words"], dice)]), lines[at].tag)
    return lines


def _reword(lines: Lines, dice: random.Random) -> Lines:
    at = _some(lines, dice)
    found = ITEM.match(lines[at].text)
    lines[at] = Line(found["start"] + _otherwise(found["words"], dice), lines[at].tag)
    return lines


def _otherwise(words: str, dice: random.Random) -> str:
    pieces = words.split(" ")
    pieces[dice.randrange(len(pieces))] = dice.choice(VOCABULARY)
    return " ".join(pieces)


def _toggle(lines: Lines, dice: random.Random) -> Lines:
    boxes = _places(lines, re.compile(r".*\[[ x~]\]"))
    if boxes:
        at = dice.choice(boxes)
        lines[at] = Line(re.sub(r"\[[ x~]\]", f"[{dice.choice(' x~')}]", lines[at].text, count=1), lines[at].tag)
    return lines


def _renumber(lines: Lines, dice: random.Random) -> Lines:
    return [
        Line(NUMBER.sub(lambda found: f"{found[1]}{int(found[2]) + 1}{found[3]}", line.text), line.tag)
        for line in lines
    ]


EDITS = {
    "insert": _insert,
    "delete": _delete,
    "reorder": _reorder,
    "move": _move,
    "rename heading": _rename_heading,
    "reword": _reword,
    "toggle": _toggle,
    "renumber": _renumber,
}


def traits_of(parsed: ParsedDocument) -> list[Trait]:
    entries = (entry for several in entries_by_kind(parsed).values() for entry in several)
    return [trait_of(entry, read_entry(entry)) for entry in entries]


def places_of(parsed: ParsedDocument, tags: Iterable[int | None]) -> list[tuple[type, int, int] | None]:
    """For each entry its kind, the tag of its line, and which of that line's entries it is."""
    known = list(tags)
    counts: dict[tuple[type, int], int] = {}
    places: list[tuple[type, int, int] | None] = []
    for kind, several in entries_by_kind(parsed).items():
        for entry in several:
            tag = known[entry.line - 1]
            key = (kind, tag or 0)
            places.append(None if tag is None else (*key, counts.get(key, 0)))
            counts[key] = counts.get(key, 0) + 1
    return places
