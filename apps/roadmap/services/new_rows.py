"""Places in the document for all that was added here."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from apps.roadmap.engines.entries import ParsedDocument
from apps.roadmap.models import Milestone, Risk, WorkItem
from apps.roadmap.services.new_items import wish_for_item
from apps.roadmap.services.new_lines import Below
from apps.roadmap.services.new_risks import wish_for_risk
from apps.roadmap.services.new_sections import wish_for_section
from apps.roadmap.services.row_values import Row
from apps.roadmap.services.wishes import Wish, code_of, key_of, parent_of


def wishes_for_added(added: Iterable[Row], rows: Sequence[Row], parsed: ParsedDocument) -> list[Wish]:
    """A wish for each, but one for all that stands under something new. What is inside comes before what is behind."""
    added = list(added)
    new = {key_of(row) for row in added}
    below: dict[Any, list[Row]] = defaultdict(list)
    top: list[Row] = []
    for row in added:
        parent = parent_of(row)
        (below[key_of(parent)] if parent and key_of(parent) in new else top).append(row)
    top.sort(key=lambda row: (parent_of(row) is None, getattr(row, "parent_id", None) is None))
    taken = _taken_codes([*rows, *added])
    opened: set[Any] = set()
    return [_wish(row, below, taken, opened, rows, parsed) for row in top]


def _taken_codes(rows: Iterable[Row]) -> dict[Any, set[str]]:
    taken: dict[Any, set[str]] = defaultdict(set)
    for row in rows:
        if isinstance(row, Milestone | WorkItem):
            taken[type(row), parent_of(row)].add(code_of(row))
    return taken


def _wish(
    row: Row, below: Below, taken: dict[Any, set[str]], opened: set[Any], rows: Sequence[Row], parsed: ParsedDocument
) -> Wish:
    place = type(row), parent_of(row)
    if isinstance(row, Milestone | WorkItem):
        return wish_for_section(row, below=below, taken=taken[place], rows=rows, parsed=parsed)
    is_first = place not in opened
    opened.add(place)
    if isinstance(row, Risk):
        return wish_for_risk(row, rows, parsed, is_first=is_first)
    return wish_for_item(row, below=below, is_first=is_first, rows=rows, parsed=parsed)
