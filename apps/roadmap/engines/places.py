"""Where a value stands, counted from its entry's line: lines put in above, or ended otherwise, do not move it."""

from collections.abc import Sequence

from apps.roadmap.engines.source import Source, Span

Place = list[int]  # line and column of the start, line and column of the end; lines relative to the entry's


def place_of(span: Span, line: int, source: Source) -> Place:
    """The span of a text as a place of the entry in that line."""
    place = []
    for position in span:
        at = max(1, source.line_at(position))
        place += [at - line, position - source.line_starts[at - 1] if source.line_starts else position]
    return place


def span_at(place: Sequence[int], line: int, source: Source) -> Span:
    """The span of a text that a place stands for."""
    if len(place) == 2:  # a row imported by the first release: positions in the whole text
        return place[0], place[1]
    start_line, start, end_line, end = place
    return source.line_starts[line + start_line - 1] + start, source.line_starts[line + end_line - 1] + end
