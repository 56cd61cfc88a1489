"""What each line of a document's newest text became: who it belongs to, what was read, and how surely."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import TextChoices

from apps.roadmap.engines.blocks import BlockKind
from apps.roadmap.engines.corrections import Becomes, find_places
from apps.roadmap.engines.dates import write_target
from apps.roadmap.engines.entries import Entry, Owner, ParsedDocument
from apps.roadmap.engines.marks import Claim
from apps.roadmap.engines.parser import parse_document
from apps.roadmap.engines.source import UNLIMITED
from apps.roadmap.models import Correction, Document, DocumentRevision

DOUBTFUL_BELOW, SURE_FROM = 0.75, 0.9
KINDS: tuple[tuple[str, str, str], ...] = (
    ("milestones", "Milestone", Becomes.MILESTONE),
    ("work_items", "Work item", Becomes.WORK_ITEM),
    ("tasks", "Task", Becomes.TASK),
    ("criteria", "Criterion", Becomes.CRITERION),
    ("risks", "Risk", Becomes.RISK),
    ("cost_lines", "Cost line", ""),
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
    for name, kind, becomes in KINDS:
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
