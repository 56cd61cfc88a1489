"""What each line of a document became, for a person who checks it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from django.db.models import TextChoices

from apps.roadmap.engines.blocks import BlockKind
from apps.roadmap.engines.corrections import Becomes, find_places
from apps.roadmap.engines.dates import write_target
from apps.roadmap.engines.entries import Entry, Owner, ParsedDocument
from apps.roadmap.engines.marks import Claim
from apps.roadmap.engines.parser import parse_document
from apps.roadmap.engines.source import Limits
from apps.roadmap.models import (
    Correction,
    CostLine,
    Criterion,
    Document,
    DocumentRevision,
    Milestone,
    Risk,
    Task,
    WorkItem,
)

LINES_OF_A_PAGE = 300
FOLDED_FROM = 3  # lines of prose in a row; fewer stay open
DOUBTFUL_BELOW, SURE_FROM = 0.75, 0.9
UNLIMITED = Limits(size_bytes=2**62, blocks=2**62)
KINDS: tuple[tuple[str, type[Any], str, str], ...] = (
    ("milestones", Milestone, "Milestone", Becomes.MILESTONE),
    ("work_items", WorkItem, "Work item", Becomes.WORK_ITEM),
    ("tasks", Task, "Task", Becomes.TASK),
    ("criteria", Criterion, "Criterion", Becomes.CRITERION),
    ("risks", Risk, "Risk", Becomes.RISK),
    ("cost_lines", CostLine, "Cost line", ""),
)
ROLES = {
    Owner.SECTION: "Heading of what follows",
    Owner.FIELD: "Value of what it stands under",
    Owner.LEGEND: "What the marks mean",
    Owner.RISK: "Part of a risk",
    Owner.STRUCTURE: "",
    Owner.PROSE: "Prose",
}


class Show(TextChoices):
    """Which lines to look at."""

    ALL = "", "All lines"
    DOUBTFUL = "doubtful", "Doubtful"
    PROSE = "prose", "Prose"
    CORRECTED = "corrected", "Corrected"


@dataclass(frozen=True)
class Reading:
    """An entry that a line became, and what was read of it."""

    kind: str
    becomes: str
    words: str
    confidence: float
    rule: str
    doubts: tuple[str, ...]
    claim: str
    owner: str
    target: str
    under: str
    row: Any = None

    @property
    def claim_words(self) -> str:
        """What is said of it."""
        return Claim(self.claim).label if self.claim else ""

    @property
    def certainty(self) -> str:
        """In one word."""
        if self.confidence >= SURE_FROM and not self.doubts:
            return "sure"
        return "guess" if self.is_doubtful else "likely"

    @property
    def is_doubtful(self) -> bool:
        """A person should look at it."""
        return bool(self.doubts) or self.confidence < DOUBTFUL_BELOW


@dataclass(frozen=True)
class ReviewLine:
    """A line as it stands, and what it became."""

    number: int
    text: str
    role: str
    kind: BlockKind
    is_prose: bool
    can_be_corrected: bool
    readings: tuple[Reading, ...] = ()
    correction: Correction | None = None

    @property
    def becomes(self) -> str:
        """What it is now, in the words of a correction."""
        if self.correction:
            return self.correction.becomes
        return self.readings[0].becomes if self.readings else Becomes.PROSE if self.is_prose else ""

    def is_shown(self, show: str) -> bool:
        """Whether a filter lets it through."""
        if show == Show.DOUBTFUL:
            return not self.correction and any(reading.is_doubtful for reading in self.readings)
        if show == Show.PROSE:
            return self.is_prose and self.kind != BlockKind.BLANK
        return show != Show.CORRECTED or self.correction is not None


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


def lines_of(document: Document, *, show: str = "") -> list[ReviewLine]:
    """The lines of a document's newest text that a filter lets through; none before its first import."""
    revision = document.newest_revision
    return [line for line in review_lines(revision) if line.is_shown(show)] if revision else []


def review_lines(revision: DocumentRevision) -> list[ReviewLine]:
    """Every line of a text, with what it became."""
    corrections = list(revision.document.corrections.active().select_related("made_by"))
    by_key = {correction.pk: correction for correction in corrections}
    parsed = parse_document(bytes(revision.raw), UNLIMITED, [correction.said for correction in corrections])
    places, readings = find_places(parsed.source, parsed.blocks), _readings(parsed)
    return [
        ReviewLine(
            number=number,
            text=parsed.source.text[slice(*parsed.source.line_span(number))],
            role=ROLES.get(owner, ""),
            kind=block.kind,
            is_prose=owner == Owner.PROSE,
            can_be_corrected=number in places,
            readings=tuple(readings.get(number, ())),
            correction=by_key.get(parsed.corrected.get(number, 0)),
        )
        for block, owner in zip(parsed.blocks, parsed.owners, strict=True)
        for number in range(block.start_line, block.end_line + 1)
    ]


def _readings(parsed: ParsedDocument) -> dict[int, list[Reading]]:
    found: dict[int, list[Reading]] = defaultdict(list)
    for name, _, kind, becomes in KINDS:
        for entry in getattr(parsed, name):
            found[entry.line].append(_reading(parsed, entry, kind, becomes))
    return found


def _reading(parsed: ParsedDocument, entry: Entry, kind: str, becomes: str) -> Reading:
    values: Any = entry
    milestone, target = getattr(entry, "milestone", None), getattr(entry, "target", None)
    is_step = getattr(entry, "parent", None) is not None
    claim = getattr(entry, "claim", None)
    return Reading(
        kind="Step" if is_step else kind,
        becomes=Becomes.STEP if is_step else becomes,
        words=getattr(values, "title", "") or getattr(values, "text", ""),
        confidence=entry.confidence,
        rule=entry.rule.label,
        doubts=entry.doubts,
        claim=claim.value if claim else "",
        owner=getattr(values, "owner_text", ""),
        target=write_target(target.start, target.precision) if target else "",
        under=parsed.milestones[milestone].title if milestone is not None else "",
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
    for _, model, kind, _ in KINDS:
        found = model.objects.current().filter(document=revision.document_id, line__in=numbers).order_by("pk")
        for row in found.defer("spans", "imported"):
            rows[kind, row.line].append(row)
    return [replace(line, readings=tuple(_keep(line, rows))) for line in lines]


def _keep(line: ReviewLine, rows: Mapping[tuple[str, int], list[Any]]) -> Iterator[Reading]:
    for reading in line.readings:
        kept = rows.get(("Task" if reading.kind == "Step" else reading.kind, line.number), [])
        yield replace(reading, row=kept.pop(0) if kept else None)
