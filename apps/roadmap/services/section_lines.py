"""The lines of a new milestone or work item: its title, its values, and what stands under it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from apps.roadmap.engines import additions
from apps.roadmap.engines.blocks import BlockKind
from apps.roadmap.engines.entries import MilestoneKind, ParsedDocument
from apps.roadmap.engines.marks import Claim, mark_for
from apps.roadmap.engines.titles import read_heading
from apps.roadmap.models import Criterion, Task, WorkItem
from apps.roadmap.services.new_lines import Below, Line, labelled_values, listed, values_to_say, written_like
from apps.roadmap.services.row_values import Row
from apps.roadmap.services.wishes import key_of, span_of, words_of

LONG = ("Objectives", "Business Impact", "Current State")
DEEPEST_HEADING = 6


@dataclass(frozen=True)
class Section:
    """A new milestone or work item, what it is written like, and all that stands under it."""

    row: Any
    model: Any
    code: str
    below: Below
    parsed: ParsedDocument
    rows: Sequence[Row]

    @property
    def names(self) -> tuple[str, ...]:
        """Its values, but for a kind that its code does not say."""
        kind = read_heading(f"{self.code} {words_of(self.row)}").kind or MilestoneKind.MILESTONE
        names = values_to_say(self.row)
        return names if kind == getattr(self.row, "kind", kind) else tuple(name for name in names if name != "kind")


def titles_of(section: Section, block: Any, level: int) -> Iterator[str]:
    """Like that of a sibling, which stands in the block, and a plain one."""
    # An underlined heading has two lines, and so no line to be like.
    if block is not None and block.kind == BlockKind.HEADING and block.start_line == block.end_line:
        yield written_like(section.row, section.model, section.names, section.parsed, section.code)
    yield plain_title(section.row, section.code, level)


def plain_title(row: Any, code: str, level: int) -> str:
    """A heading of a rank, from 1 to 6."""
    separator = ". " if isinstance(row, WorkItem) else ": "
    return f"{'#' * level} {code}{separator if code else ''}{words_of(row)}"


def values_of(
    row: Any, names: Sequence[str], section: Section, *, is_bold: bool, is_marked: bool = False
) -> list[Line]:
    """Labelled values below a title: short ones together, each long one on a line of its own."""
    is_boxed = row is section.row and not is_bold and bool({"owners", "target"} & {*names})
    box = _box(row, section) if is_boxed else ""
    is_claimed = is_marked or box or row.claim == Claim.TODO
    parts = labelled_values(row, [name for name in names if name != "claim" or not is_claimed])
    short = {label: words for label, words in parts.items() if label not in LONG}
    written = [additions.labelled(short, is_bold=is_bold)] if short else []
    if box:
        written = [f"- {box}{each.removeprefix('- ')}" for each in written]
    written += [additions.labelled({label: parts[label]}, is_bold=is_bold) for label in LONG if label in parts]
    lines = [Line(words) for each in written for words in each.split("\n")]
    is_apart = is_bold or _is_gap_below(section)
    return [Line(""), *lines] if lines and is_apart else lines


def _box(row: Any, section: Section) -> str:
    """The box that stands in front of the owner of its siblings, as the row's claim."""
    source, legend = section.parsed.source, section.parsed.legend
    for each in section.rows:
        span = span_of(each, "mark", source) if type(each) is type(row) else None
        if span and source.line_at(span[0]) != each.line:
            return f"[{mark_for(Claim(row.claim), instead_of=source.text[slice(*span)], legend=legend)}] "
    return ""


def _is_gap_below(section: Section) -> bool:
    model, source = section.model, section.parsed.source
    if model is None or model.line >= source.line_count:
        return True
    start, end = source.line_span(model.line + 1)
    return start == end


def children_of(section: Section, row: Row, level: int, *, is_bold: bool) -> list[Line]:
    """The new tasks, criteria and work items under a new row."""
    inner = section.below.get(key_of(row), ())
    tasks, criteria, items = ([each for each in inner if type(each) is kind] for kind in (Task, Criterion, WorkItem))
    indent = "" if is_bold else "  "
    lines = [line for each in tasks for line in listed(each, section.below, indent, section.parsed)]
    acceptance = [line for each in criteria for line in listed(each, section.below, indent, section.parsed)]
    if is_bold:
        lines = [Line(""), *lines] if lines else []
        lines += [Line(""), Line("**Acceptance criteria:**"), Line(""), *acceptance] if acceptance else []
    else:
        lines = [Line("- Tasks"), *lines] if lines else []
        lines += [Line("- Acceptance"), *acceptance] if acceptance else []
    return lines + [line for at, each in enumerate(items, start=1) for line in _item(section, each, at, level, is_bold)]


def _item(section: Section, row: Any, at: int, level: int, is_bold: bool) -> Iterator[Line]:
    names = values_to_say(row)
    inner = min(level + 1, DEEPEST_HEADING)
    yield Line("")
    yield Line(plain_title(row, row.number or str(at), inner), row, names)
    yield from values_of(row, names, section, is_bold=is_bold)
    yield from children_of(section, row, inner, is_bold=is_bold)
