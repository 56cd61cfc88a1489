"""Headings and labels that only group: they are no prose when entries stand below them."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from apps.roadmap.engines.blocks import Block, BlockKind
from apps.roadmap.engines.entries import Owner

ENTRIES = frozenset({Owner.MILESTONE, Owner.WORK_ITEM, Owner.TASK, Owner.CRITERION, Owner.RISK, Owner.COST_LINE})
LEVELS = frozenset(range(1, 7))


def find_groups(blocks: Sequence[Block], owners: Mapping[int, Owner], labels: Collection[int]) -> Iterator[int]:
    """The ordinals of headings and labels with entries below them, read from the end of the document."""
    levels_above_entries: frozenset[int] = frozenset()
    is_list_of_entries = False
    for block in reversed(blocks):
        if owners.get(block.ordinal) in ENTRIES:
            levels_above_entries = LEVELS
        if block.kind == BlockKind.LIST_ITEM:
            is_list_of_entries = is_list_of_entries or owners.get(block.ordinal) in ENTRIES
        elif block.kind != BlockKind.BLANK:
            if block.ordinal in labels and is_list_of_entries:
                yield block.ordinal
            is_list_of_entries = False
        if block.kind == BlockKind.HEADING:
            if block.level in levels_above_entries:
                yield block.ordinal
            levels_above_entries = frozenset(level for level in levels_above_entries if level < block.level)
