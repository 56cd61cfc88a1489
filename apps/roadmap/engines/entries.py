"""What a roadmap holds, as read from a document. Lines are 1-based; spans are positions in its text.

A span is given for each value that can be written back. Entries refer to each other by position in the
document's own tuples, so a parsed document is one plain value.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from django.db.models import TextChoices

from apps.roadmap.engines.blocks import Block
from apps.roadmap.engines.certainty import Rule, confidence_of
from apps.roadmap.engines.dates import Target
from apps.roadmap.engines.marks import Claim
from apps.roadmap.engines.measures import Measure
from apps.roadmap.engines.mojibake import Repair
from apps.roadmap.engines.source import Source, Span


class MilestoneKind(TextChoices):
    """Milestones are reached, phases are worked through, periods pass."""

    MILESTONE = "milestone", "Milestone"
    PHASE = "phase", "Phase"
    PERIOD = "period", "Period"  # a week or month of a schedule


class CriterionKind(TextChoices):
    """Where a criterion was written down."""

    ACCEPTANCE = "acceptance", "Acceptance criterion"
    SUCCESS_METRIC = "success_metric", "Success metric"
    SUCCESS_CRITERION = "success_criterion", "Success criterion"


class Owner(StrEnum):
    """What a block was taken for."""

    MILESTONE = "milestone"
    WORK_ITEM = "work_item"
    TASK = "task"
    CRITERION = "criterion"
    RISK = "risk"
    COST_LINE = "cost_line"
    FIELD = "field"
    SECTION = "section"
    LEGEND = "legend"
    STRUCTURE = "structure"
    PROSE = "prose"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A thing with a line, the titles it stands under, and places to write to.

    The rule is what took it; a doubt is a sentence about what a person should look at.
    """

    line: int
    path: tuple[str, ...] = ()
    spans: dict[str, Span] = field(default_factory=dict)
    rule: Rule = Rule.UNNAMED
    doubts: tuple[str, ...] = ()

    @property
    def confidence(self) -> float:
        """From 1.0, an explicit mark or label, to 0.4, a guess."""
        return confidence_of(self.rule, len(self.doubts))


@dataclass(frozen=True, kw_only=True)
class Milestone(Entry):
    """A milestone, phase or period."""

    kind: MilestoneKind
    code: str
    title: str
    mark: str = ""
    claim: Claim = Claim.TODO
    owners: tuple[str, ...] = ()
    owner_text: str = ""
    target: Target | None = None
    objectives: str = ""
    priority: str = ""
    status_line: int | None = None


@dataclass(frozen=True, kw_only=True)
class WorkItem(Entry):
    """A numbered piece of work that tasks and criteria belong to."""

    title: str
    number: str = ""
    milestone: int | None = None
    priority: str = ""
    mark: str = ""
    claim: Claim = Claim.UNKNOWN
    effort: str = ""
    impact: str = ""
    current_state: str = ""
    owners: tuple[str, ...] = ()
    owner_text: str = ""
    target: Target | None = None


@dataclass(frozen=True, kw_only=True)
class Task(Entry):
    """Something to be done, with a box. A box after a semicolon is a sub-task of the one before it."""

    text: str
    mark: str
    claim: Claim
    milestone: int | None = None
    work_item: int | None = None
    parent: int | None = None
    owners: tuple[str, ...] = ()
    owner_text: str = ""
    target: Target | None = None


@dataclass(frozen=True, kw_only=True)
class Criterion(Entry):
    """Something that must be true."""

    kind: CriterionKind
    text: str
    mark: str = ""
    claim: Claim = Claim.TODO
    milestone: int | None = None
    work_item: int | None = None
    measures: tuple[Measure, ...] = ()
    placeholders: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Countermeasure(Entry):
    """One mitigation or control of a risk."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Risk(Entry):
    """What may go wrong, what it would do, and what is done against it."""

    title: str
    risk: str
    impact: str = ""
    likelihood: str = ""
    severity: str = ""
    owner_text: str = ""
    milestone: int | None = None
    work_item: int | None = None
    countermeasure_kind: str = "mitigation"
    countermeasures: tuple[Countermeasure, ...] = ()
    risk_line: int
    impact_line: int | None = None
    header_line: int | None = None


@dataclass(frozen=True, kw_only=True)
class CostLine(Entry):
    """One cost, saving or total."""

    text: str
    kind: str
    minimum: Decimal | None
    maximum: Decimal | None
    currency: str
    period: str
    is_approximate: bool = False
    work_item: int | None = None


@dataclass(frozen=True, kw_only=True)
class Section(Entry):
    """A heading or label that says what stands below it."""

    title: str
    level: int
    role: str
    tier: str = ""


@dataclass(frozen=True, kw_only=True)
class FieldLine(Entry):
    """A labelled value, whether or not an entry took it."""

    label: str
    name: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Remark(Entry):
    """A list item no rule took, under the label or title it stands below. It stays prose."""

    label: str
    text: str


@dataclass(frozen=True)
class Finding:
    """Something that a person should look at: a line, and a sentence about it."""

    line: int
    message: str


@dataclass(frozen=True, kw_only=True)
class ParsedDocument:
    """Everything read from one document. Blocks tile it; `owners` says, block by block, who took it."""

    source: Source = field(repr=False)
    title: str
    encoding: str
    newline: str
    final_newline: bool
    repairs: tuple[Repair, ...]
    blocks: tuple[Block, ...] = field(repr=False)
    owners: tuple[Owner, ...] = field(repr=False)
    legend: dict[str, Claim]
    legend_line: int | None
    declared_roles: tuple[str, ...]
    declared_roles_line: int | None
    sections: tuple[Section, ...]
    milestones: tuple[Milestone, ...]
    work_items: tuple[WorkItem, ...]
    tasks: tuple[Task, ...]
    criteria: tuple[Criterion, ...]
    risks: tuple[Risk, ...]
    cost_lines: tuple[CostLine, ...]
    fields: tuple[FieldLine, ...]
    remarks: tuple[Remark, ...]
    notes: tuple[Finding, ...] = ()
    corrected: dict[int, int] = field(default_factory=dict)  # by line, the key of the correction applied to it

    @cached_property
    def labels_of_prose(self) -> dict[int, str]:
        """By line, the label or title that a list item which no rule took stands under."""
        return {remark.line: remark.label for remark in self.remarks}

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was read with a doubt or not at all, by line. What stayed prose is not among them."""
        kinds = (self.milestones, self.work_items, self.tasks, self.criteria, self.risks, self.cost_lines)
        doubts = [Finding(entry.line, doubt) for entries in kinds for entry in entries for doubt in entry.doubts]
        return tuple(sorted([*self.notes, *doubts], key=lambda finding: finding.line))

    @property
    def prose_blocks(self) -> tuple[Block, ...]:
        """The blocks no rule took."""
        return tuple(block for block, owner in zip(self.blocks, self.owners, strict=True) if owner == Owner.PROSE)

    @property
    def prose_line_count(self) -> int:
        """How many lines stayed prose, blank lines apart."""
        return sum(block.end_line - block.start_line + 1 for block in self.prose_blocks)
