"""What a person reads of a piece of source, and how a change they make to it is written back.

Shown text is the source with damage repaired, strong emphasis taken off and soft line breaks made spaces.
Every shown character remembers the source it stands for, so that an edit touches only what was edited.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile

from apps.roadmap.engines.mojibake import Repair
from apps.roadmap.engines.source import Span

CODE_SPAN = r"(?<!`)(`++).{1,300}?(?<!`)\1(?!`)"  # bounded, so that unmatched marks cost no more than others
STRONG = re.compile(rf"{CODE_SPAN}|(?P<mark>\*\*|__)(?=\S).{{1,300}}?(?<=\S)(?P=mark)", re.DOTALL)
SOFT_BREAK = re.compile(r"(?<![ \t])[ \t]*(?:\r\n|\r|\n)[ \t>]*")


Piece = tuple[str, Span, bool]  # shown text, the source it stands for, whether it is that source verbatim


@dataclass(frozen=True)
class Shown:
    """Shown text, and which source it stands for."""

    text: str
    span: Span
    pieces: tuple[Piece, ...] = ()

    @cached_property
    def spans(self) -> tuple[Span, ...]:
        """For each shown character, the source it stands for."""
        places: list[Span] = []
        for shown, (start, end), is_verbatim in self.pieces or ((self.text, self.span, True),):
            places += [(at, at + 1) for at in range(start, end)] if is_verbatim else [(start, end)] * len(shown)
        return tuple(places)

    def rewrite(self, changed: str) -> tuple[Span, str] | None:
        """The smallest replacement in the source that makes it show the changed text."""
        if changed == self.text:
            return None
        head = _common_start(self.text, changed)
        longest_tail = min(len(self.text), len(changed)) - head
        tail = min(longest_tail, _common_start(self.text[::-1], changed[::-1]))
        return self._source_of(head, len(self.text) - tail), changed[head : len(changed) - tail]

    def _source_of(self, start: int, end: int) -> Span:
        if start < end:
            return self.spans[start][0], self.spans[end - 1][1]
        # An insertion: directly after the character before it, or at the very start.
        position = self.spans[start - 1][1] if start else self.span[0]
        return position, position


def show(text: str, span: Span, repairs: Sequence[Repair]) -> Shown:
    """Show the source between two positions."""
    hidden = _hidden_spans(text, span, repairs)
    if not hidden:
        return Shown(text[slice(*span)], span)
    pieces: list[Piece] = []
    position = span[0]
    for (start, end), instead in hidden:
        pieces += [(text[position:start], (position, start), True), (instead, (start, end), False)]
        position = max(position, end)
    pieces.append((text[position : span[1]], (position, span[1]), True))
    return Shown("".join(shown for shown, _, _ in pieces), span, tuple(pieces))


def _hidden_spans(text: str, span: Span, repairs: Sequence[Repair]) -> list[tuple[Span, str]]:
    start, end = span
    piece = text[start:end]
    hidden = [(repair.span, repair.repaired) for repair in _repairs_within(span, repairs)]
    if "\n" in piece or "\r" in piece:
        hidden += [((start + found.start(), start + found.end()), " ") for found in SOFT_BREAK.finditer(piece)]
    if "**" in piece or "__" in piece:
        for found in STRONG.finditer(piece):
            if found["mark"]:
                hidden.append(((start + found.start(), start + found.start() + 2), ""))
                hidden.append(((start + found.end() - 2, start + found.end()), ""))
    return sorted(hidden)


def _repairs_within(span: Span, repairs: Sequence[Repair]) -> list[Repair]:
    first = bisect_left(repairs, span[0], key=lambda repair: repair.span[0])
    within = []
    for repair in repairs[first:]:
        if repair.span[1] > span[1]:
            break
        within.append(repair)
    return within


def _common_start(one: str, other: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
