"""What a gate is asked about and what it answers, as plain values that say themselves in words."""

from dataclasses import dataclass
from enum import StrEnum

from apps.common.statuses import look_of
from apps.roadmap.engines.gate_rules import ConcernKind, GateRules, Weight
from apps.roadmap.engines.gate_signatures import LaunchRecord, Override, RoleSignatures
from apps.roadmap.engines.standing import Standing


class Decision(StrEnum):
    """The answers. Only the first two and an override let anything go: the gate fails closed."""

    GO = "go"
    GO_WITH_WAIVERS = "go_with_waivers"
    OVERRIDDEN = "overridden"
    READY_TO_SIGN = "ready_to_sign"
    NO_GO = "no_go"
    INDETERMINATE = "indeterminate"

    @property
    def lets_go(self) -> bool:
        """Whether something may go to production, be it on waivers or an override."""
        return self in LETS_GO

    @property
    def label(self) -> str:
        """The answer as people read it."""
        return look_of(self).word


LETS_GO = frozenset({Decision.GO, Decision.GO_WITH_WAIVERS, Decision.OVERRIDDEN})
WORST_FIRST = tuple(
    Decision(name) for name in ("no_go", "indeterminate", "overridden", "ready_to_sign", "go_with_waivers", "go")
)


class Outcome(StrEnum):
    """What one criterion does to the answer."""

    BLOCKS = "blocks"
    UNDECIDED = "undecided"
    ADVISES = "advises"
    WAIVED = "waived"
    PASSES = "passes"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True)
class GateSubject:
    """What the gate is asked about. `documents` are the names and digests of the texts that the criteria are from."""

    service: str
    environment: str
    milestone: str = ""
    documents: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class GateWaiver:
    """What lets a criterion pass on condition: a waiver that is active, and its end as an instant."""

    id: int
    ends_at: str


@dataclass(frozen=True)
class GateCriterion:
    """One criterion with everything that its outcome depends on, and how to say it."""

    id: int
    text: str
    milestone: str
    requirement: str
    claim: str
    evidence: str
    standing: Standing
    reason: str = ""
    action: str = ""
    observations: tuple[int, ...] = ()
    bindings: tuple[str, ...] = ()
    waiver: GateWaiver | None = None
    kind: str = ""


@dataclass(frozen=True)
class GateLine:
    """A criterion and what it does to the answer."""

    criterion: GateCriterion
    outcome: Outcome

    @property
    def id(self) -> str:
        return f"criterion:{self.criterion.id}"

    @property
    def blocks(self) -> bool:
        """Whether it stands in the way; what cannot be decided does."""
        return self.outcome in {Outcome.BLOCKS, Outcome.UNDECIDED}


@dataclass(frozen=True)
class Concern:
    """Something beside the criteria that a policy weighs. The id names what it is about."""

    kind: ConcernKind
    about: str
    sentence: str
    action: str = ""

    @property
    def id(self) -> str:
        return f"{self.kind}:{self.about}"

    @property
    def is_loose_owner(self) -> bool:
        """A criterion outside milestones without an owner."""
        return self.kind is ConcernKind.OWNER_MISSING and self.about.startswith("criterion:")


@dataclass(frozen=True)
class Finding:
    """A concern and what the policy makes of it."""

    concern: Concern
    weight: Weight

    @property
    def id(self) -> str:
        return self.concern.id

    @property
    def blocks(self) -> bool:
        return self.weight is Weight.BLOCK

    @property
    def outcome(self) -> str:
        return "blocks" if self.blocks else "warns"


@dataclass(frozen=True)
class GateAnswer:
    """The decision with its reasons.

    `digest` covers every input, each observation included. `decision_digest` leaves out which observations there are
    while they say the same: whoever signs, signs that one, so that a newer proof of the same undoes no signature.
    """

    subject: GateSubject
    decision: Decision
    unsigned_decision: Decision
    digest: str
    decision_digest: str
    lines: tuple[GateLine, ...]
    findings: tuple[Finding, ...]
    warnings: tuple[str, ...]
    rules: GateRules
    roles: tuple[RoleSignatures, ...] = ()
    override: Override | None = None
    launch: LaunchRecord | None = None

    @property
    def policy_version(self) -> str:
        return self.rules.version

    @property
    def blocking(self) -> tuple[GateLine, ...]:
        """The lines that stand in the way, those that cannot be decided included."""
        return tuple(line for line in self.lines if line.blocks)

    @property
    def blocking_findings(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.blocks)

    @property
    def blocking_ids(self) -> frozenset[str]:
        """What stands in the way, by id, rejections included."""
        rejected = (f"role:{each.role.name}" for each in self.roles if each.is_rejected)
        lines, findings = (each.id for each in self.blocking), (each.id for each in self.blocking_findings)
        return frozenset([*lines, *findings, *rejected])

    @property
    def unsigned_roles(self) -> tuple[RoleSignatures, ...]:
        return tuple(each for each in self.roles if not each.is_signed)

    @property
    def is_regressed(self) -> bool:
        """It went live, and would not be let go today."""
        return self.launch is not None and self.decision in {Decision.NO_GO, Decision.INDETERMINATE}

    @property
    def regression(self) -> str:
        """`Go at launch, no-go today`; empty when nothing regressed."""
        if self.launch is None or not self.is_regressed:
            return ""
        return f"{look_of(self.launch.decision).word} at launch, {self.decision.label.lower()} today: regressed."

    @property
    def headline(self) -> str:
        """The decision and its ground, in a sentence."""
        return f"{self.decision.label}: {self.ground}"

    @property
    def ground(self) -> str:
        """Why the decision is what it is."""
        if self.override and self.decision is Decision.OVERRIDDEN:
            return f"a no-go, overridden by {self.override.person} until {self.override.ends_at:%Y-%m-%d %H:%M} UTC."
        if self.decision is Decision.READY_TO_SIGN:
            return f"all but signatures. {' '.join(each.sentence for each in self.unsigned_roles)}"
        if self.decision is Decision.NO_GO:
            return self._ground_of_no()
        return self._ground_of_lines()

    def _ground_of_no(self) -> str:
        rejected = [each.sentence for each in self.roles if each.is_rejected]
        parts = [f"{len(self.blocking)} of {len(self.lines)} criteria"] if self.blocking else []
        if self.blocking_findings:
            parts.append(f"{len(self.blocking_findings)} finding{'s' if self.blocking_findings[1:] else ''}")
        count = len(self.blocking) + len(self.blocking_findings)
        blocks = [f"{' and '.join(parts)} block{'s' if count == 1 else ''}."] if parts else []
        return " ".join([*blocks, *rejected])

    def _ground_of_lines(self) -> str:
        total, blocking = len(self.lines), len(self.blocking)
        if self.decision is Decision.INDETERMINATE and not blocking:
            return "nothing is required, so nothing can be decided."
        if self.decision is Decision.INDETERMINATE:
            return f"the evidence of {blocking} of {total} criteria cannot be read."
        waived = sum(line.outcome is Outcome.WAIVED for line in self.lines)
        return f"{waived} of {total} criteria waived." if waived else "every required criterion is proven."
