"""What people said a line is, and where that line stands in a later text. Pure: values in, places out.

A correction knows its line by the headings above it, its words without list marker and box, and which of several
such lines it is. When there is no such line any more, one with the same words, there only once, is it: it moved.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import TextChoices

from apps.roadmap.engines.blocks import Block, BlockKind, split_blocks
from apps.roadmap.engines.source import Limits, Source, read_source
from apps.roadmap.engines.surroundings import NOT_WORDS

LEADING = re.compile(r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)]|#{1,6})[ \t]+)*(?:\[[^\]\[]{1,3}\][ \t]+)?")
WHOLE = frozenset({BlockKind.HEADING, BlockKind.LIST_ITEM, BlockKind.PARAGRAPH})
LINE_BY_LINE = frozenset({BlockKind.TABLE, BlockKind.FENCE, BlockKind.CODE})
TRAILING_VALUES = re.compile(r"[ \t]*\([^()]*:[^()]*\)[ \t]*$")  # "(owner: X, due: D)"
PIPE = re.compile(r"(?<!\\)\|")
LONGEST = 10_000  # characters; a longer line is text that nobody corrects


class Becomes(TextChoices):
    """What a person may say a line is."""

    MILESTONE = "milestone", "Milestone"
    WORK_ITEM = "work_item", "Work item"
    TASK = "task", "Task"
    STEP = "step", "Step of the task above"
    CRITERION = "criterion", "Criterion"
    RISK = "risk", "Risk"
    PROSE = "prose", "Prose"


@dataclass(frozen=True)
class Place:
    """By what a line is known again."""

    section: str
    words: str
    occurrence: int = 0


@dataclass(frozen=True)
class Correction:
    """A line, what it is, and the values that were read wrongly: text, claim, owner, target."""

    place: Place
    becomes: Becomes
    values: Mapping[str, str] = field(default_factory=dict)
    key: int = 0


def find_places(source: Source, blocks: Iterable[Block]) -> dict[int, Place]:
    """The lines that can be corrected: the first of a heading, item or paragraph, and each of a table or fence."""
    headings: list[tuple[int, str]] = []
    seen: Counter[tuple[str, str]] = Counter()
    places: dict[int, Place] = {}
    for block in blocks:
        if block.kind == BlockKind.HEADING and not block.item:
            headings = [each for each in headings if each[0] < block.level]
        section = " › ".join(words for _, words in headings)
        for line, words in _lines(source, block):
            places[line] = Place(section, words, seen[section, words])
            seen[section, words] += 1
        if block.kind == BlockKind.HEADING and not block.item:
            headings.append((block.level, _words(source, block.start_line)))
    return places


def read_places(raw: bytes, limits: Limits | None = None) -> dict[int, Place]:
    """The lines of a document that can be corrected, without what they mean."""
    source = read_source(raw, limits)
    return find_places(source, split_blocks(source, limits))


def match_places(wanted: Sequence[Place], there: Mapping[int, Place]) -> dict[int, int]:
    """For each wanted place that is there, its line: by position in the sequence. No line is given twice."""
    lines = {place: line for line, place in there.items()}
    found = {at: lines[place] for at, place in enumerate(wanted) if place in lines}
    taken = set(found.values())
    once = _once((line, place.words) for line, place in there.items())
    moved = _once((at, place.words) for at, place in enumerate(wanted) if at not in found)
    return found | {at: once[words] for words, at in moved.items() if words in once and once[words] not in taken}


def find_corrected(source: Source, blocks: Iterable[Block], corrections: Sequence[Correction]) -> dict[int, Correction]:
    """The corrections by the lines they are about now; one whose line is gone is left out."""
    if not corrections:
        return {}
    found = match_places([correction.place for correction in corrections], find_places(source, blocks))
    return {line: corrections[at] for at, line in sorted(found.items(), reverse=True)}


def _lines(source: Source, block: Block) -> Iterator[tuple[int, str]]:
    lines: Iterable[int] = ()
    if block.kind in WHOLE:
        lines = (block.start_line,)
    elif block.kind in LINE_BY_LINE:
        rows = block.start_line + 2 if block.kind == BlockKind.TABLE else block.start_line
        lines = range(rows, block.end_line + 1)
    for line in lines:
        start, end = source.line_span(line)
        words = _words(source, line, is_row=block.kind == BlockKind.TABLE) if end - start <= LONGEST else ""
        if words:
            yield line, words


def _words(source: Source, line: int, *, is_row: bool = False) -> str:
    """The words of a line without what people tick, assign and date: those may change, and it is the same line."""
    start, end = source.line_span(line)
    text = source.text[start : min(end, start + LONGEST)]
    if is_row:
        text = next((cell for cell in PIPE.split(text.strip(" \t>")) if cell.strip()), "")
    text = TRAILING_VALUES.sub("", LEADING.sub("", text, count=1))
    return NOT_WORDS.sub(" ", text.casefold()).strip()


def _once(pairs: Iterable[tuple[int, str]]) -> dict[str, int]:
    """What belongs to words that occur once."""
    pairs = list(pairs)
    counts = Counter(words for _, words in pairs)
    return {words: key for key, words in pairs if counts[words] == 1}
