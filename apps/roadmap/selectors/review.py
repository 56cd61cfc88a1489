"""The review of an import: the lines of a document, page by page, for a person who checks them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from apps.roadmap.engines.blocks import BlockKind
from apps.roadmap.models import Correction, CostLine, Criterion, DocumentRevision, Milestone, Risk, Task, WorkItem
from apps.roadmap.selectors.readings import Reading, ReviewLine, Show, review_lines

LINES_OF_A_PAGE = 300
FOLDED_FROM = 3  # lines of prose in a row; fewer stay open
MODELS: dict[str, type[Any]] = {
    "Milestone": Milestone,
    "Work item": WorkItem,
    "Task": Task,
    "Criterion": Criterion,
    "Risk": Risk,
    "Cost line": CostLine,
}


@dataclass(frozen=True)
class Run:
    """Neighbouring lines, folded where nothing was read of them."""

    lines: tuple[ReviewLine, ...]
    is_folded: bool = False

    @property
    def words(self) -> str:
        """Its first words."""
        return next((line.text.strip() for line in self.lines if line.text.strip()), "")

    @property
    def bullets(self) -> tuple[int, ...]:
        """Plain items, which may be tasks that nobody gave a box."""
        items = tuple(line.number for line in self.lines if line.kind == BlockKind.LIST_ITEM and line.can_be_corrected)
        return items if self.is_folded and len(items) > 1 else ()


@dataclass(frozen=True)
class Review:
    """One page of the lines of a document's newest text."""

    revision: DocumentRevision
    runs: tuple[Run, ...]
    page: int
    pages: tuple[tuple[int, int], ...]
    counts: Mapping[str, int]
    waiting: tuple[Correction, ...] = field(default=())


def review(revision: DocumentRevision, *, show: str = "", page: int = 1, line: int | None = None) -> Review:
    """A page of the lines, by number or the one that holds a line."""
    everything = review_lines(revision)
    shown = [each for each in everything if each.is_shown(show)] if show else everything
    pages = tuple(_pages(shown, keeps_sections=not show))
    numbers = [at for at, (first, last) in enumerate(pages, 1) if line and shown[first].number <= line]
    page = min(max(numbers[-1] if numbers else page, 1), max(len(pages), 1))
    chosen = shown[pages[page - 1][0] : pages[page - 1][1]] if pages else []
    return Review(
        revision=revision,
        runs=tuple(_runs(_with_rows(revision, chosen))),
        page=page,
        pages=tuple((shown[first].number, shown[last - 1].number) for first, last in pages),
        counts={each.value: sum(one.is_shown(each) for one in everything) for each in Show},
        waiting=tuple(revision.document.corrections.waiting().select_related("made_by")),
    )


def _pages(lines: Sequence[ReviewLine], *, keeps_sections: bool) -> Iterator[tuple[int, int]]:
    """Where pages begin and end: at a heading where there is one in the second half of a page."""
    start = 0
    while start < len(lines):
        end = min(start + LINES_OF_A_PAGE, len(lines))
        if end < len(lines) and keeps_sections:
            half = range(end, start + LINES_OF_A_PAGE // 2, -1)
            end = next((at for at in half if lines[at].kind == BlockKind.HEADING), end)
        yield start, end
        start = end


def _runs(lines: Iterable[ReviewLine]) -> Iterator[Run]:
    """Prose between two things that were read is folded, section by section, unless there is little of it."""
    sections = 0

    def key(line: ReviewLine) -> tuple[bool, int]:
        nonlocal sections
        sections += line.kind == BlockKind.HEADING
        return _is_quiet(line), sections if _is_quiet(line) else 0

    for (is_quiet, _), group in groupby(lines, key=key):
        run = tuple(group)
        prose = [line for line in run if line.is_prose and line.kind != BlockKind.BLANK]
        yield Run(run, is_folded=is_quiet and len(prose) >= FOLDED_FROM)


def _is_quiet(line: ReviewLine) -> bool:
    return not line.correction and (line.is_prose or line.kind in (BlockKind.BLANK, BlockKind.RULE))


def _with_rows(revision: DocumentRevision, lines: Sequence[ReviewLine]) -> list[ReviewLine]:
    """The same lines, each reading with the row it is kept in; a fixed number of queries."""
    numbers = [line.number for line in lines if line.readings]
    rows: dict[tuple[str, int], list[Any]] = defaultdict(list)
    for kind, model in MODELS.items():
        found = model.objects.current().filter(document=revision.document_id, line__in=numbers).order_by("pk")
        for row in found.defer("spans", "imported"):
            rows[kind, row.line].append(row)
    return [replace(line, readings=tuple(_keep(line, rows))) for line in lines]


def _keep(line: ReviewLine, rows: Mapping[tuple[str, int], list[Any]]) -> Iterator[Reading]:
    for reading in line.readings:
        kept = rows.get(("Task" if reading.kind == "Step" else reading.kind, line.number), [])
        yield replace(reading, row=kept.pop(0) if kept else None)
