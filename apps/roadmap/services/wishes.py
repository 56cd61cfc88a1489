"""What was changed here and has no place in the document yet, with the lines that could say it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from apps.roadmap.engines import additions
from apps.roadmap.engines.additions import Replacement
from apps.roadmap.engines.dates import Precision, write_target
from apps.roadmap.engines.entries import ParsedDocument
from apps.roadmap.engines.marks import Claim, mark_for
from apps.roadmap.engines.places import span_at
from apps.roadmap.engines.source import Source, Span
from apps.roadmap.engines.status_words import write_status
from apps.roadmap.models import CostLine, Criterion, Milestone, Task, WorkItem
from apps.roadmap.services.row_values import Row, read_row

LABELS = {
    "owners": "Owner",
    "target": "Target",
    "claim": "Status",
    "priority": "Priority",
    "objectives": "Objectives",
    "effort": "Effort",
    "impact": "Business Impact",
    "current_state": "Current State",
}
TEXT = "text"


@dataclass(frozen=True)
class Wish:
    """Values of a row, or the row itself, and what could be put into the document for them: the best first."""

    row: Row
    names: tuple[str, ...]
    candidates: tuple[Replacement, ...]

    @property
    def is_new(self) -> bool:
        """The row itself is not in the document."""
        return self.row.line is None


def span_of(row: Row, name: str, source: Source) -> Span | None:
    """Where a value of the row stands in its document."""
    place = row.spans.get(name)
    return span_at(place, row.line or 1, source) if place else None


def words_of(row: Row) -> str:
    """What the line of a row says."""
    return " ".join(str(getattr(row, TEXT, "") or getattr(row, "title", "") or getattr(row, "label", "")).split())


def wish_for_values(row: Row, names: Sequence[str], rows: Iterable[Row], parsed: ParsedDocument) -> Wish:
    """The labelled values that a row's lines do not have."""
    written = {LABELS[name]: _written(row, name) for name in names if name in LABELS}
    parts = {label: words for label, words in written.items() if words}
    if len(parts) < len(names) or row.line is None:
        return Wish(row, tuple(names), ())
    candidates = _of_titles if isinstance(row, Milestone | WorkItem) else _of_items
    return Wish(row, tuple(names), tuple(candidates(row, parts, rows, parsed)))


def _written(row: Row, name: str) -> str:
    value = read_row(row, name)
    if name == "target":
        return write_target(date.fromisoformat(value[0]), Precision(value[2])) if value else ""
    if name == "claim":
        return "" if value == Claim.UNKNOWN else write_status(Claim(value), instead_of="")
    return " + ".join(value) if isinstance(value, list) else " ".join(str(value).split())


def _of_titles(
    row: Row, parts: Mapping[str, str], rows: Iterable[Row], parsed: ParsedDocument
) -> Iterator[Replacement]:
    """Behind a value that it has, below its title as others have it, or in brackets behind its words."""
    source, line = parsed.source, row.line or 1
    placed = [span_of(row, name, source) for name in ("owner", "target")]
    for span in filter(None, reversed(placed)):
        yield additions.behind(span, "".join(f"  {label}: {words}" for label, words in parts.items()))
    alike = [
        span_of(each, "owner", source) or span_of(each, "target", source) for each in rows if type(each) is type(row)
    ]
    is_bold = additions.has_bold_labels(source, [span for span in alike if span])
    for manner in (is_bold, not is_bold):
        yield additions.below(source, line, additions.labelled(parts, is_bold=manner))
        yield additions.below(source, line, "\n" + additions.labelled(parts, is_bold=manner) + "\n")
    yield from _of_items(row, parts, rows, parsed)


def _of_items(row: Row, parts: Mapping[str, str], rows: Iterable[Row], parsed: ParsedDocument) -> Iterator[Replacement]:
    span = span_of(row, TEXT, parsed.source) or span_of(row, "title", parsed.source)
    shorter = {{"Target": "due"}.get(label, label.lower()): words for label, words in parts.items()}
    inside = ", ".join(f"{label}: {words}" for label, words in shorter.items())
    for name in ("target", "owner"):
        placed = span_of(row, name, parsed.source)
        if placed:
            yield additions.behind(placed, f", {inside}")
    if span:
        yield additions.behind(span, f" ({inside})")
        end = parsed.source.line_span(parsed.source.line_at(span[1]))[1]
        yield (end, end), f" ({inside})"


def wish_for_row(row: Row, rows: Sequence[Row], parsed: ParsedDocument) -> Wish:
    """A line for a row that was added here: as its siblings have theirs, or else below what it belongs to."""
    siblings = [each for each in rows if _are_siblings(row, each) and span_of(each, TEXT, parsed.source)]
    candidates = [_like(row, sibling, parsed) for sibling in sorted(siblings, key=lambda each: each.line or 0)[-1:]]
    parent = parent_of(row)
    if isinstance(row, Task) and row.parent_id:
        candidates = [*_steps(row, siblings, parsed), *candidates]
    elif parent and parent.line:
        candidates += _below_parent(row, parent, rows, parsed)
    return Wish(row, (), tuple(candidates))


def parent_of(row: Any) -> Any:
    """What a row stands under."""
    return next(filter(None, (getattr(row, name, None) for name in ("parent", "work_item", "milestone"))), None)


def _are_siblings(row: Any, other: Any) -> bool:
    if type(row) is not type(other) or other.line is None:
        return False
    parent = parent_of(row)
    return parent_of(other) == parent and (parent is not None or isinstance(row, CostLine))


def _like(row: Row, sibling: Row, parsed: ParsedDocument) -> Replacement:
    source, line = parsed.source, sibling.line or 1
    changes = {span_of(sibling, TEXT, source) or (0, 0): words_of(row)}
    claim = Claim(getattr(row, "claim", Claim.TODO))
    mark, status = span_of(sibling, "mark", source), span_of(sibling, "status", source)
    if mark and mark[0] < mark[1]:
        changes[mark] = mark_for(claim, instead_of=source.text[slice(*mark)], legend=parsed.legend)
    if status:
        changes[status] = write_status(claim, instead_of=source.text[slice(*status)])
    text = additions.line_like(source, line, changes)
    return additions.below(source, additions.last_line_of(parsed, line), text)


def _box(row: Any, parsed: ParsedDocument) -> str:
    return (
        f"[{mark_for(Claim(row.claim), legend=parsed.legend)}] {words_of(row)}"
        if hasattr(row, "claim")
        else words_of(row)
    )


def _steps(row: Any, siblings: Sequence[Row], parsed: ParsedDocument) -> Iterator[Replacement]:
    """Behind the task and its other steps, or as an item below it."""
    task, source = row.parent, parsed.source
    inline = [each for each in (task, *siblings) if each.line == task.line]
    last = max((span_of(each, TEXT, source) or (0, 0) for each in inline), default=(0, 0))
    if len(inline) > 1 or not siblings:
        yield additions.behind(last, f"; {_box(row, parsed)}")
    indent = additions.indent_below(source, task.line)
    yield additions.below(source, additions.last_line_of(parsed, task.line), f"{indent}- {_box(row, parsed)}")


def _below_parent(row: Row, parent: Any, rows: Sequence[Row], parsed: ParsedDocument) -> Iterator[Replacement]:
    """Where nothing of its kind stands under the parent yet."""
    source = parsed.source
    under = [each.line for each in rows if each.line and parent_of(each) == parent]
    own = [source.line_at(span[0]) for name in parent.spans if (span := span_of(parent, name, source))]
    header = max([parent.line, *own])
    last = additions.last_line_of(parsed, max(under)) if under else header
    item = f"- {_box(row, parsed)}"
    if isinstance(row, Criterion):
        yield additions.below(source, last, f"- Acceptance\n  {item}")
        yield additions.below(source, last, f"\n**Acceptance criteria:**\n\n{item}")
    elif isinstance(row, Task):
        yield additions.below(source, header, f"- Tasks\n  {item}")
        yield additions.below(source, header, item)
        yield additions.below(source, header, f"\n{item}")
    elif isinstance(row, CostLine):
        yield additions.below(source, last, f"\n**Cost:** {words_of(row)}")
