"""Lines that a document does not have yet, in its own manner: put below or behind what they belong to."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from itertools import pairwise, takewhile

from apps.roadmap.engines.blocks import Block, BlockKind
from apps.roadmap.engines.entries import ParsedDocument
from apps.roadmap.engines.source import Source, Span

Replacement = tuple[Span, str]

NUMBER = re.compile(r"^([ \t>]*)(\d{1,9})(?=[.)][ \t])")
NUMBER_PUT_IN = re.compile(r"\A((?:\r\n|\r|\n)+[ \t>]*)(\d{1,9})(?=[.)][ \t])")
LINE_PUT_IN = re.compile(r"(?:\r\n|\r|\n)(?=[ \t>]*\S)")
CELL_END = re.compile(r"(?<!\\)\|")
BOLD_END = re.compile(r"(?:\*\*|__)")
LIST_START = re.compile(r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?")
BOLD_LABEL = re.compile(r"[ \t>]*(?:[-*+][ \t]+)?(?:\*\*|__)")


def newline_of(source: Source) -> str:
    """What ends the document's lines."""
    return source.newline if source.newline in ("\n", "\r\n", "\r") else "\n"


def below(source: Source, line: int, text: str) -> Replacement:
    """Put lines in below a line."""
    end = source.line_span(line)[1]
    newline = newline_of(source)
    return (end, end), newline + text.replace("\n", newline)


def in_place(replacements: Sequence[Replacement]) -> list[Replacement]:
    """As they stand at one place: first what goes on in the line, then lines, whose numbers go on counting."""
    counts: Counter[Span] = Counter()
    return [_counted_on(each, counts) for each in sorted(replacements, key=opens_a_line)]


def opens_a_line(replacement: Replacement) -> bool:
    """It is a line or more of its own."""
    return replacement[1][:1] in ("\n", "\r")


def _counted_on(replacement: Replacement, counts: Counter[Span]) -> Replacement:
    span, text = replacement
    number = NUMBER_PUT_IN.match(text) if span[0] == span[1] else None
    if not number:
        return replacement
    counted = str(int(number[2]) + counts[span])
    counts[span] += 1
    deeper = " " * (len(counted) - len(number[2]))
    below = LINE_PUT_IN.sub(lambda found: found[0] + deeper, text[number.end() :]) if deeper else text[number.end() :]
    return span, f"{number[1]}{counted}{below}"


def behind(span: Span, text: str) -> Replacement:
    """Put text in behind a value."""
    return (span[1], span[1]), text


def last_line_of(parsed: ParsedDocument, line: int) -> int:
    """The last line of what stands on a line: of a list item with all below it, or of a table's row."""
    block = next((each for each in parsed.blocks if each.start_line <= line <= each.end_line), None)
    if block is None or block.kind == BlockKind.TABLE:
        return line
    if block.item is None:
        return block.end_line
    inside = [each.end_line for each in parsed.blocks if _is_within(each, block) and each.kind != BlockKind.BLANK]
    return max(inside, default=block.end_line)


def last_line_of_section(parsed: ParsedDocument, line: int) -> int:
    """The last line of what stands below a heading, up to the next one of its rank."""
    opening = next((each for each in parsed.blocks if each.start_line <= line <= each.end_line), None)
    if opening is None or opening.kind != BlockKind.HEADING:
        return line
    below = parsed.blocks[opening.ordinal + 1 :]
    section = takewhile(lambda each: each.kind != BlockKind.HEADING or each.level > opening.level, below)
    return max((each.end_line for each in section if each.kind != BlockKind.BLANK), default=opening.end_line)


def is_apart(parsed: ParsedDocument, line: int) -> bool:
    """A blank line stands between the item on a line and the one before it."""
    before = [each for each in parsed.blocks if each.end_line < line]
    return len(before) > 1 and before[-1].kind == BlockKind.BLANK and before[-2].item is not None


def last_line(parsed: ParsedDocument) -> int:
    """The last line of the document that is not blank."""
    return max((each.end_line for each in parsed.blocks if each.kind != BlockKind.BLANK), default=1)


def is_table_row(source: Source, line: int) -> bool:
    """The line is a row of a table."""
    start, end = source.line_span(line)
    return source.text[start:end].lstrip(" \t>").startswith("|")


def _is_within(block: Block, outer: Block) -> bool:
    return block.item is not None and any(item is outer.item for item in block.item.chain)


def line_like(source: Source, line: int, changes: Mapping[Span, str]) -> str:
    """A line as another one is written: list marker, box and all, with other values at the given places.

    Of a list item or heading, everything behind the last place is left away, but for the end of what is bold; of a
    table's row, every other cell is emptied.
    """
    start, end = source.line_span(line)
    if is_table_row(source, line):
        return _row_like(source, (start, end), changes)
    pieces, position = [], start
    for (first, last), instead in sorted(changes.items()):
        pieces += [source.text[position:first], instead]
        position = last
    bold_end = BOLD_END.match(source.text, position, end)
    pieces.append(bold_end.group() if bold_end else "")
    written = "".join(pieces)
    number = NUMBER.match(source.text[start:end])
    if number and any(first <= start + number.start(2) < last for first, last in changes):
        return written
    return NUMBER.sub(lambda found: f"{found[1]}{int(found[2]) + 1}", written, count=1)


def _row_like(source: Source, span: Span, changes: Mapping[Span, str]) -> str:
    start, end = span
    edges = [start + found.start() for found in CELL_END.finditer(source.text[start:end])]
    cells = []
    for first, last in pairwise(edges):
        inside = [(place, words) for place, words in changes.items() if first < place[0] <= place[1] <= last]
        cells.append(_cell(source.text, (first + 1, last), inside))
    return f"{source.text[start : edges[0]]}|{'|'.join(cells)}|"


def _cell(text: str, span: Span, inside: Sequence[tuple[Span, str]]) -> str:
    if not inside:
        return " "
    (first, last), words = inside[0]
    words = words.replace("\\|", "|").replace("|", "\\|")
    return text[span[0] : first] + words + text[last : span[1]] if first < last else f" {words} "


def indent_of(line: str) -> str:
    """How far in an item stands that belongs to the item that the line is."""
    found = LIST_START.match(line)
    return " " * found.end() if found else "  "


def indent_below(source: Source, line: int) -> str:
    """The same of a line of the document."""
    return indent_of(source.text[slice(*source.line_span(line))])


def labelled(parts: Mapping[str, str], *, is_bold: bool) -> str:
    """Labelled values as a document writes them: on one line of a list, or bold and one to a line."""
    if is_bold:
        return "\n".join(f"**{label}:** {value}" for label, value in parts.items())
    return "- " + "  ".join(f"{label}: {value}" for label, value in parts.items())


def has_bold_labels(source: Source, spans: Sequence[Span]) -> bool:
    """The document writes the labels of such values in bold."""
    lines = [source.line_span(source.line_at(span[0])) for span in spans]
    return any(BOLD_LABEL.match(source.text, *line) for line in lines)


def rewrite_items(source: Source, items: Sequence[tuple[Span, str]], wanted: Sequence[str]) -> list[Replacement] | None:
    """Make a list of items, each on a line of its own, say what is wanted; None where it has no such lines."""
    lines = [source.line_at(span[0]) for span, _ in items]
    if not items or len(set(lines)) != len(items):
        return None
    replacements: list[Replacement] = []
    matcher = SequenceMatcher(None, [text for _, text in items], list(wanted), autojunk=False)
    for tag, first, last, wanted_first, wanted_last in matcher.get_opcodes():
        if tag == "equal":
            continue
        olds, news = items[first:last], wanted[wanted_first:wanted_last]
        replacements += [(span, words) for (span, _), words in zip(olds, news, strict=False)]
        replacements += [_whole_line(source, span) for span, _ in olds[len(news) :]]
        above = max(first + min(len(olds), len(news)) - 1, 0)
        more = [line_like(source, lines[above], {items[above][0]: words}) for words in news[len(olds) :]]
        if more:
            replacements.append(below(source, lines[above], "\n".join(more)))
    return replacements


def padded(source: Source, replacement: Replacement) -> Replacement:
    """With a space before the end of a table's cell that was empty."""
    (start, end), text = replacement
    is_bare = start == end and text.strip() and source.text[end : end + 1] == "|"
    return ((start, end), f"{text} ") if is_bare and is_table_row(source, source.line_at(start)) else replacement


def _whole_line(source: Source, span: Span) -> Replacement:
    """Take the line away, with what ends it."""
    line = source.line_at(span[0])
    start = source.line_starts[line - 1]
    end = source.line_starts[line] if line < source.line_count else len(source.text)
    return (start, end), ""
