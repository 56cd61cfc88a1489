"""What is known while a document is read: the scopes that are open and the entries found so far."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from apps.roadmap.engines.blocks import Block, BlockKind, Item
from apps.roadmap.engines.corrections import Correction
from apps.roadmap.engines.dates import DateStyle, read_style, read_years
from apps.roadmap.engines.display import Shown, show
from apps.roadmap.engines.entries import (
    CostLine,
    Criterion,
    FieldLine,
    Finding,
    Milestone,
    Owner,
    Remark,
    Risk,
    Section,
    Task,
    WorkItem,
)
from apps.roadmap.engines.marks import Claim, read_mark
from apps.roadmap.engines.mojibake import Repair
from apps.roadmap.engines.risks import read_risks
from apps.roadmap.engines.source import Source, Span
from apps.roadmap.engines.titles import Role

LIST_MARKERS = re.compile(r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])(?:[ \t]+|$))+")
QUOTE_MARKERS = re.compile(r"[ \t>]*")
LONGEST_BLOCK = 10_000  # characters; a longer one is text, and no rule looks at it


@dataclass(frozen=True)
class Scope:
    """Where in the document's meaning a block stands. Each scope holds what it inherits."""

    level: int = 0
    path: tuple[str, ...] = ()
    label: str = ""
    role: Role = Role.NONE
    tier: str = ""
    milestone: int | None = None
    work_item: int | None = None
    task: int | None = None
    risk: int | None = None
    is_inside_entry: bool = False
    holder: str = ""  # which of milestone, work_item and task is the innermost

    def titled(self, title: str, **changes: object) -> "Scope":
        """A scope below this one."""
        return replace(self, path=(*self.path, title), label=title, **changes)  # type: ignore[arg-type]


@dataclass
class Draft:
    """A document being read. Rules look at scopes and add entries."""

    source: Source
    repairs: tuple[Repair, ...]
    blocks: tuple[Block, ...]
    legend: dict[str, Claim] = field(default_factory=dict)
    legend_line: int | None = None
    declared_roles: tuple[str, ...] = ()
    declared_roles_line: int | None = None
    title: str = ""
    owners: dict[int, Owner] = field(default_factory=dict)
    sections: list[Section] = field(default_factory=list)
    milestones: list[Milestone] = field(default_factory=list)
    work_items: list[WorkItem] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    criteria: list[Criterion] = field(default_factory=list)
    risks: list[Risk] = field(default_factory=list)
    cost_lines: list[CostLine] = field(default_factory=list)
    fields: list[FieldLine] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    open_sections: list[Scope] = field(default_factory=lambda: [Scope()])
    labels: dict[int, Scope] = field(default_factory=dict)
    item_scopes: dict[int, Scope] = field(default_factory=dict)
    item_lines: dict[int, int] = field(default_factory=dict)
    label_blocks: set[int] = field(default_factory=set)
    heading_codes: frozenset[str] = frozenset()
    header_title: str = ""
    notes: list[Finding] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)  # of the document as a whole
    corrected: dict[int, Correction] = field(default_factory=dict)  # by line

    def span(self, block: Block) -> Span:
        """The block's content: without list or quote markers in front and blanks behind."""
        text = self.source.text
        start, end = self.source.line_span(block.start_line)
        markers = LIST_MARKERS if block.kind == BlockKind.LIST_ITEM else QUOTE_MARKERS
        found = markers.match(text, start, end)
        start = found.end() if found else start
        end = self.source.line_span(block.end_line)[1]
        while end > start and text[end - 1] in " \t":
            end -= 1
        return start, max(start, end)

    def show(self, span: Span) -> Shown:
        """What a person reads of that span."""
        return show(self.source.text, span, self.repairs)

    def lines(self, block: Block) -> Iterator[tuple[int, int, str]]:
        """Number, position and text of each of the block's lines."""
        for line in range(block.start_line, block.end_line + 1):
            start, end = self.source.line_span(line)
            yield line, start, self.source.text[start:end]

    def take(self, block: Block, owner: Owner) -> bool:
        """Say who owns the block."""
        self.owners[block.ordinal] = owner
        return True

    def scope_of(self, block: Block) -> Scope:
        """The scope a block stands in: its label's, its item's, or its section's."""
        container = block.item
        if block.kind == BlockKind.LIST_ITEM and container:
            container = container.parent
        if container is None:
            return self.labels.get(0, self.open_sections[-1])
        return self.labels.get(container.ordinal) or self.scope_of_item(container)

    def scope_of_item(self, item: Item) -> Scope:
        """The scope that an item's content stands in."""
        scopes = (self.item_scopes[above.ordinal] for above in item.chain if above.ordinal in self.item_scopes)
        return next(scopes, self.open_sections[-1])

    def open_label(self, block: Block, scope: Scope) -> None:
        """Let a scope hold for the list that follows in the same container."""
        self.labels[block.item.ordinal if block.item else 0] = scope
        self.label_blocks.add(block.ordinal)

    def close_label(self, block: Block) -> None:
        """End the label of the block's container."""
        self.labels.pop(block.item.ordinal if block.item else 0, None)

    @cached_property
    def style(self) -> DateStyle:
        """How the document writes dates, and the year that its title or header names."""
        return read_style(self.source.text, [self.title, *self.titles])

    @cached_property
    def has_many_titles(self) -> bool:
        """Whether several headings are of the highest level."""
        return sum(block.kind == BlockKind.HEADING and block.level == 1 for block in self.blocks) > 1

    def style_at(self, scope: Scope) -> DateStyle:
        """The same for what stands there: the nearest heading with a year tells it."""
        years = next((years for title in reversed(scope.path) if (years := read_years(title))), set())
        return replace(self.style, year=min(years)) if len(years) == 1 else self.style

    @cached_property
    def items_with_items(self) -> frozenset[int]:
        """The items that have a list below them."""
        return frozenset(block.item.parent.ordinal for block in self.blocks if block.item and block.item.parent)

    @cached_property
    def items_with_marks(self) -> frozenset[int]:
        """The items that have a checkbox somewhere below them."""
        marked: set[int] = set()
        for block in self.blocks:
            if block.kind == BlockKind.LIST_ITEM and block.item and self._has_mark(block):
                marked.update(item.ordinal for item in list(block.item.chain)[1:])
        return frozenset(marked)

    @cached_property
    def risk_blocks(self) -> frozenset[int]:
        """The blocks that hold a line "Risk: …"."""
        kinds = (BlockKind.FENCE, BlockKind.CODE, BlockKind.PARAGRAPH)
        return frozenset(
            block.ordinal for block in self.blocks if block.kind in kinds and read_risks(self.lines(block))
        )

    @cached_property
    def items_with_risks(self) -> frozenset[int]:
        """The items that have such a block somewhere below them."""
        return frozenset(
            item.ordinal
            for block in self.blocks
            if block.ordinal in self.risk_blocks and block.item
            for item in block.item.chain
        )

    def _has_mark(self, block: Block) -> bool:
        start, end = self.source.line_span(block.start_line)
        line = self.source.text[start:end]
        found = LIST_MARKERS.match(line)
        return bool(found and read_mark(line, (found.end(), len(line)), self.legend))
