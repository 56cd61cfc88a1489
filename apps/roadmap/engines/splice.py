"""Puts changed values into the original text. Nothing else of the text changes."""

from collections.abc import Iterable

from apps.roadmap.engines.source import Span


def splice(text: str, replacements: Iterable[tuple[Span, str]]) -> str:
    """Replace each span of the text. The spans may come in any order and must not overlap.

    What is put in at one position keeps its order.
    """
    pieces: list[str] = []
    position = 0
    for (start, end), replacement in sorted(replacements, key=lambda each: each[0]):
        if not position <= start <= end <= len(text):
            raise ValueError(f"the span {start} to {end} overlaps another or lies outside the text")
        pieces += [text[position:start], replacement]
        position = end
    return "".join([*pieces, text[position:]])
