"""What a person may do about lines that stayed prose, in a sentence by kind."""

from apps.common.wording import shortened
from apps.roadmap.engines.blocks import Block, BlockKind
from apps.roadmap.engines.draft import LONGEST_BLOCK
from apps.roadmap.engines.entries import ParsedDocument

HINTS = {
    BlockKind.TABLE: "a table without a column of states, or of owners and dates",
    BlockKind.FENCE: "code, which is left alone",
    BlockKind.CODE: "code, which is left alone",
    BlockKind.HTML: "HTML, which is left alone and never shown as such",
    BlockKind.HEADING: "a heading with nothing below it that was taken",
    BlockKind.FRONT_MATTER: "a header that is not plain YAML",
}


def hint_for(parsed: ParsedDocument, block: Block) -> str:
    """Why a block stayed prose and what it could be; nothing for plain words."""
    source = parsed.source
    if source.line_span(block.end_line)[1] - source.line_span(block.start_line)[0] > LONGEST_BLOCK:
        return f"more than {LONGEST_BLOCK:,} characters in one block, which nothing reads"
    if block.kind == BlockKind.LIST_ITEM:
        label = parsed.labels_of_prose.get(block.start_line, "")
        place = f" under “{shortened(label, 60)}”" if label else ""
        return f"a list without boxes{place}: could be tasks; make them so in the review"
    return HINTS.get(block.kind, "")
