"""Cuts a document into blocks that tile it: every line belongs to exactly one block.

The Markdown parser only says where blocks lie. It never renders, so nothing it normalises is lost.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING

from apps.roadmap.engines.front_matter import read_front_matter
from apps.roadmap.engines.source import Limits, Source, too_many_blocks
from apps.roadmap.exceptions import DocumentRefused

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token


class BlockKind(StrEnum):
    """What a block is as Markdown."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    TABLE = "table"
    FENCE = "fence"
    CODE = "code"
    HTML = "html"
    RULE = "rule"
    FRONT_MATTER = "front_matter"
    OTHER = "other"
    BLANK = "blank"


KIND_BY_TOKEN = {
    "heading_open": BlockKind.HEADING,
    "paragraph_open": BlockKind.PARAGRAPH,
    "table_open": BlockKind.TABLE,
    "fence": BlockKind.FENCE,
    "code_block": BlockKind.CODE,
    "html_block": BlockKind.HTML,
    "hr": BlockKind.RULE,
}

ITEM_MARKER = re.compile(r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)+")
ANNOUNCEMENT = re.compile(r"(?P<indent>[ \t>]*)(?:\*\*|__)?[^\W\d_][^:*_]{1,60}(?:\*\*|__)?:(?:\*\*|__)?[ \t]*")
DEEPEST = 60  # a list is two levels: itself and its item
CONTAINERS = frozenset({"blockquote_open", "bullet_list_open", "ordered_list_open", "list_item_open"})


@dataclass(frozen=True)
class Item:
    """A list item, as the chain of items it stands in."""

    ordinal: int
    parent: "Item | None"
    number: str

    @property
    def chain(self) -> Iterator["Item"]:
        """This item and those around it, innermost first."""
        item: Item | None = self
        while item:
            yield item
            item = item.parent


@dataclass(frozen=True)
class Block:
    """A run of whole lines of one kind. Lines are 1-based, the last one included."""

    ordinal: int
    kind: BlockKind
    start_line: int
    end_line: int
    level: int = 0
    item: Item | None = None
    info: str = ""


@dataclass(frozen=True, eq=False)
class _Leaf:
    """What the parser said of a run of lines."""

    kind: BlockKind
    lines: tuple[int, int]
    level: int = 0
    item: Item | None = None
    info: str = ""


BLANK = _Leaf(BlockKind.BLANK, (0, 0))
OTHER = _Leaf(BlockKind.OTHER, (0, 0))


def split_blocks(source: Source, limits: Limits | None = None) -> tuple[Block, ...]:
    """The blocks of the document, in order, without a gap."""
    limits = limits or Limits()
    blocks: list[Block] = []
    start = 0
    owners = _owners(source)
    for leaf, run in groupby(owners):
        end = start + sum(1 for _ in run)
        if len(blocks) >= limits.blocks:
            raise too_many_blocks(start + 1, limits)
        blocks.append(Block(len(blocks), leaf.kind, start + 1, end, leaf.level, leaf.item, leaf.info))
        start = end
    return tuple(blocks)


def _owners(source: Source) -> list[_Leaf]:
    """The owner of each line: the first leaf that claims it, or what the line looks like."""
    owners: list[_Leaf | None] = [None] * source.line_count
    for leaf in _leaves(source):
        for line in range(leaf.lines[0], min(leaf.lines[1], source.line_count)):
            owners[line] = owners[line] or leaf
    return [owner or _look_of(source, line) for line, owner in enumerate(owners, start=1)]


def _look_of(source: Source, line: int) -> _Leaf:
    start, end = source.line_span(line)
    return OTHER if source.text[start:end].strip() else BLANK


def _leaves(source: Source) -> Iterator[_Leaf]:
    front_matter = _front_matter_lines(source)
    if front_matter:
        yield _Leaf(BlockKind.FRONT_MATTER, (0, front_matter))
    for leaf in _leaves_of(_tokens(source, front_matter)):
        yield from _without_announcement(source, leaf)


def _without_announcement(source: Source, leaf: _Leaf) -> Iterator[_Leaf]:
    """Markdown lets an item go on without its indent: "Done when:" there is about what follows, not the item's end."""
    first, end = leaf.lines
    if leaf.kind != BlockKind.LIST_ITEM or not leaf.item or end - first == 1 or not _announces(source, first + 1, end):
        yield leaf
        return
    yield replace(leaf, lines=(first, end - 1))
    yield _Leaf(BlockKind.PARAGRAPH, (end - 1, end), item=leaf.item.parent)


def _announces(source: Source, first: int, last: int) -> bool:
    marker, label = ITEM_MARKER.match(_line(source, first)), ANNOUNCEMENT.fullmatch(_line(source, last))
    return bool(marker and label) and label.end("indent") < marker.end()  # type: ignore[union-attr]


def _line(source: Source, number: int) -> str:
    start, end = source.line_span(number)
    return source.text[start:end].rstrip("\r\n")


def _tokens(source: Source, skipped_lines: int) -> "list[Token]":
    body = source.text[source.line_starts[skipped_lines] :] if skipped_lines < source.line_count else ""
    return _parser().parse("\n" * skipped_lines + body)


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # late: most processes read no document

    parser = MarkdownIt("commonmark", {"maxNesting": DEEPEST}).enable("table")
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


def _leaves_of(tokens: "Sequence[Token]") -> Iterator[_Leaf]:
    item: Item | None = None
    opened = 0
    for token in tokens:
        if token.type in CONTAINERS and token.level >= DEEPEST - 1 and token.map:
            # Markdown reads no further there, and would hide the rest of the document.
            raise DocumentRefused(f"Line {token.map[0] + 1}: lists or quotes are nested too deep: flatten them.")
        if token.type == "list_item_open":
            opened += 1
            item = Item(opened, item, token.info)
            fresh = True
        elif token.type == "list_item_close" and item:
            item = item.parent
        elif token.type in KIND_BY_TOKEN and token.map:
            kind = KIND_BY_TOKEN[token.type]
            level = int(token.tag[1]) if kind == BlockKind.HEADING else 0
            if kind == BlockKind.PARAGRAPH and item and fresh:
                kind = BlockKind.LIST_ITEM
            fresh = False
            yield _Leaf(kind, (token.map[0], token.map[1]), level, item, token.info)


def _front_matter_lines(source: Source) -> int:
    """How many lines a YAML header takes; Markdown itself would read it as a rule and a heading."""
    header = read_front_matter(source.text)
    return header.line_count if header else 0
