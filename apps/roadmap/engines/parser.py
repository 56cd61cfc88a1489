"""One document in, everything it holds out. What no rule takes stays prose; nothing is dropped."""

from collections.abc import Callable, Sequence

from apps.roadmap.engines.blocks import Block, BlockKind, split_blocks
from apps.roadmap.engines.corrections import Correction, find_corrected
from apps.roadmap.engines.draft import LONGEST_BLOCK, Draft
from apps.roadmap.engines.entries import Owner, ParsedDocument
from apps.roadmap.engines.grouping import find_groups
from apps.roadmap.engines.mojibake import find_repairs
from apps.roadmap.engines.rules.corrected import offer_corrected
from apps.roadmap.engines.rules.fences import take_risks
from apps.roadmap.engines.rules.header import take_header
from apps.roadmap.engines.rules.items import take_item
from apps.roadmap.engines.rules.paragraphs import take_legend, take_paragraph
from apps.roadmap.engines.rules.put_right import put_right
from apps.roadmap.engines.rules.sections import read_heading_line, take_heading
from apps.roadmap.engines.rules.tables import take_table
from apps.roadmap.engines.source import Limits, Source, read_source, too_many
from apps.roadmap.engines.titles import read_heading

PARSER_VERSION = 3  # goes up when the same bytes give other entries
Rule = Callable[[Draft, Block], bool]
RULES: dict[BlockKind, tuple[Rule, ...]] = {
    BlockKind.FRONT_MATTER: (take_header,),
    BlockKind.HEADING: (take_heading,),
    BlockKind.LIST_ITEM: (take_legend, take_item),
    BlockKind.PARAGRAPH: (take_risks, take_legend, take_paragraph),
    BlockKind.FENCE: (take_risks,),
    BlockKind.CODE: (take_risks,),
    BlockKind.TABLE: (take_table,),
}
STRUCTURE = frozenset({BlockKind.BLANK, BlockKind.RULE})
LONG_BY_NATURE = frozenset({BlockKind.TABLE, BlockKind.FENCE, BlockKind.CODE})


def parse_document(raw: bytes, limits: Limits | None = None, corrections: Sequence[Correction] = ()) -> ParsedDocument:
    """Read a roadmap, or refuse it with a sentence that names the line. What people corrected stays corrected."""
    source = read_source(raw, limits)
    draft = Draft(source, find_repairs(source.text), split_blocks(source, limits))
    draft.heading_codes = _heading_codes(draft)
    draft.corrected = find_corrected(source, draft.blocks, corrections)
    for block in draft.blocks:
        if draft.corrected and any(line in draft.corrected for line in range(block.start_line, block.end_line + 1)):
            offer_corrected(draft, block, _offer)
        else:
            _offer(draft, block)
        _refuse_too_many_entries(draft, block, limits or Limits())
    put_right(draft)
    for ordinal in list(find_groups(draft.blocks, draft.owners, draft.label_blocks)):
        if draft.owners.get(ordinal, Owner.PROSE) == Owner.PROSE:
            draft.owners[ordinal] = Owner.SECTION
    return _finish(draft)


def _refuse_too_many_entries(draft: Draft, block: Block, limits: Limits) -> None:
    """A line may hold hundreds of boxes after semicolons, so that blocks alone bound nothing."""
    if len(draft.tasks) + len(draft.criteria) + len(draft.risks) + len(draft.cost_lines) > limits.blocks:
        raise too_many(limits.blocks, "tasks, criteria, risks and costs", block.start_line)


def _offer(draft: Draft, block: Block) -> None:
    if block.kind == BlockKind.RULE:
        draft.close_label(block)
    if block.kind in STRUCTURE:
        draft.take(block, Owner.STRUCTURE)
    elif block.kind in LONG_BY_NATURE or _length(draft.source, block) <= LONGEST_BLOCK:
        any(rule(draft, block) for rule in RULES.get(block.kind, ()))


def _length(source: Source, block: Block) -> int:
    return source.line_span(block.end_line)[1] - source.line_span(block.start_line)[0]


def _heading_codes(draft: Draft) -> frozenset[str]:
    """The codes that headings give to milestones, so that a list of them is known as an overview."""
    headings = (
        read_heading(read_heading_line(draft, block)[1].text)
        for block in draft.blocks
        if block.kind == BlockKind.HEADING and _length(draft.source, block) <= LONGEST_BLOCK
    )
    return frozenset(heading.code.lower() for heading in headings if heading.code)


def _finish(draft: Draft) -> ParsedDocument:
    source = draft.source
    return ParsedDocument(
        source=source,
        title=draft.title or draft.header_title,
        encoding=source.encoding,
        newline=source.newline,
        final_newline=source.final_newline,
        repairs=draft.repairs,
        blocks=draft.blocks,
        owners=tuple(draft.owners.get(block.ordinal, Owner.PROSE) for block in draft.blocks),
        legend=draft.legend,
        legend_line=draft.legend_line,
        declared_roles=draft.declared_roles,
        declared_roles_line=draft.declared_roles_line,
        sections=tuple(draft.sections),
        milestones=tuple(draft.milestones),
        work_items=tuple(draft.work_items),
        tasks=tuple(draft.tasks),
        criteria=tuple(draft.criteria),
        risks=tuple(draft.risks),
        cost_lines=tuple(draft.cost_lines),
        fields=tuple(draft.fields),
        remarks=tuple(draft.remarks),
        notes=tuple(draft.notes),
        corrected={line: correction.key for line, correction in draft.corrected.items()},
    )
