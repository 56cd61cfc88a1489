"""The gate: may this go to production? Pure over plain values; the same inputs give the same digest."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from apps.common.statuses import look_of
from apps.roadmap.engines.gate_rules import ConcernKind, GateRules, Weight
from apps.roadmap.engines.gate_signatures import Decided, LaunchRecord, Override, RoleSignatures, signatures_by_role
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
        return self in {Decision.GO, Decision.GO_WITH_WAIVERS, Decision.OVERRIDDEN}

    @property
    def label(self) -> str:
        """The answer as people read it."""
        return look_of(self).word

    @property
    def may_launch(self) -> bool:
        return self in LETS_GO


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


def evaluate(
    subject: GateSubject,
    criteria: Iterable[GateCriterion],
    *,
    concerns: Iterable[Concern] = (),
    warnings: Sequence[str] = (),
    rules: GateRules | None = None,
    decided: Decided | None = None,
) -> GateAnswer:
    """Decide, in the order of the criteria given. The digests depend neither on that order nor on the moment."""
    rules = rules or GateRules()
    lines = tuple(_line(criterion, rules) for criterion in criteria)
    findings = tuple(
        Finding(concern, weight) for concern in concerns if (weight := rules.weight_of(concern.kind)) != Weight.IGNORE
    )
    unsigned, decision_digest = _decide(lines, findings), _digest_of_decision(subject, lines, findings, rules)
    answer = GateAnswer(
        subject=subject,
        decision=unsigned,
        unsigned_decision=unsigned,
        digest=_digest_of_inputs(decision_digest, lines),
        decision_digest=decision_digest,
        lines=lines,
        findings=findings,
        warnings=(*warnings, *(each.concern.sentence for each in findings if not each.blocks)),
        rules=rules,
    )
    return conclude(answer, decided or Decided())


def conclude(answer: GateAnswer, decided: Decided) -> GateAnswer:
    """The answer with what people decided about it. They are in no digest: a signature does not undo another."""
    roles = signatures_by_role(answer.rules.signing_roles, decided, answer.decision_digest)
    signed = replace(answer, roles=roles, launch=decided.launch, decision=_signed(answer.unsigned_decision, roles))
    held = (each for each in decided.overrides if each.holds(signed.blocking_ids, answer.policy_version))
    override = max(held, key=lambda each: each.ends_at, default=None)
    return replace(signed, override=override, decision=Decision.OVERRIDDEN) if override else signed


def outcome_of(criterion: GateCriterion, rules: GateRules) -> Outcome:
    """What the criterion does to the answer."""
    standing = criterion.standing
    if standing is Standing.NOT_APPLICABLE:
        return Outcome.NOT_APPLICABLE
    if standing is Standing.VERIFIED or (standing is Standing.MET_NOT_CLAIMED and rules.met_without_claim_passes):
        return Outcome.PASSES
    if criterion.requirement == "recommended":
        return Outcome.ADVISES
    if standing is Standing.WAIVED:
        return Outcome.WAIVED
    if criterion.requirement == "required_if_present":
        fails = standing in {Standing.FAILING, Standing.CONTRADICTED}
        return Outcome.BLOCKS if fails else Outcome.ADVISES
    return Outcome.UNDECIDED if standing is Standing.UNKNOWN else Outcome.BLOCKS


def _line(criterion: GateCriterion, rules: GateRules) -> GateLine:
    asked = rules.requirement_of(kind=criterion.kind, milestone=criterion.milestone, own=criterion.requirement)
    criterion = replace(criterion, requirement=asked) if asked != criterion.requirement else criterion
    return GateLine(criterion, outcome_of(criterion, rules))


def _decide(lines: Sequence[GateLine], findings: Sequence[Finding]) -> Decision:
    outcomes = {line.outcome for line in lines}
    if Outcome.BLOCKS in outcomes or any(finding.blocks for finding in findings):
        return Decision.NO_GO
    required = {line.outcome for line in lines if line.criterion.requirement == "required"}
    # Nothing that is required and decided: an empty roadmap is no reason to go.
    if Outcome.UNDECIDED in outcomes or not required & {Outcome.PASSES, Outcome.WAIVED}:
        return Decision.INDETERMINATE
    return Decision.GO_WITH_WAIVERS if Outcome.WAIVED in outcomes else Decision.GO


def _signed(unsigned: Decision, roles: Sequence[RoleSignatures]) -> Decision:
    if any(each.is_rejected for each in roles):
        return Decision.NO_GO
    is_open = unsigned in LETS_GO and not all(each.is_signed for each in roles)
    return Decision.READY_TO_SIGN if is_open else unsigned


def _digest_of_decision(
    subject: GateSubject, lines: Iterable[GateLine], findings: Iterable[Finding], rules: GateRules
) -> str:
    return _hash(
        {
            "subject": {**asdict(subject), "documents": sorted(subject.documents)},
            "policy": asdict(rules),
            "criteria": sorted((_relevant(line) for line in lines), key=lambda values: values["id"]),
            "findings": sorted({finding.id for finding in findings if finding.blocks}),
        }
    )


def _digest_of_inputs(decision_digest: str, lines: Iterable[GateLine]) -> str:
    seen = sorted((line.criterion.id, sorted(line.criterion.observations)) for line in lines)
    return _hash([decision_digest, seen])


def _relevant(line: GateLine) -> dict[str, Any]:
    values = dict(vars(line.criterion))
    del values["reason"], values["action"]  # sentences hold ages, which change while nothing else does
    del values["observations"]
    waiver = asdict(line.criterion.waiver) if line.criterion.waiver else None
    return {**values, "bindings": sorted(values["bindings"]), "waiver": waiver, "outcome": str(line.outcome)}


def _hash(values: Any) -> str:
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
