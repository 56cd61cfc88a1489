"""The gate: may this go to production? Pure over plain values; the same inputs give the same digest."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from apps.common.statuses import look_of
from apps.roadmap.engines.standing import Standing


class Decision(StrEnum):
    """The four answers. Indeterminate counts as no: the gate fails closed."""

    GO = "go"
    GO_WITH_WAIVERS = "go_with_waivers"
    NO_GO = "no_go"
    INDETERMINATE = "indeterminate"

    @property
    def label(self) -> str:
        """The answer as people read it."""
        return look_of(self).word


class Outcome(StrEnum):
    """What one criterion does to the answer."""

    BLOCKS = "blocks"
    UNDECIDED = "undecided"
    ADVISES = "advises"
    WAIVED = "waived"
    PASSES = "passes"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True)
class GatePolicy:
    """The rules of the gate. A change of them is a new version."""

    version: str = "1"
    met_without_claim_passes: bool = False


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


@dataclass(frozen=True)
class GateLine:
    """A criterion and what it does to the answer."""

    criterion: GateCriterion
    outcome: Outcome


@dataclass(frozen=True)
class GateAnswer:
    """The decision with its reasons. Whoever signs it signs the digest."""

    subject: GateSubject
    decision: Decision
    digest: str
    lines: tuple[GateLine, ...]
    warnings: tuple[str, ...]
    policy_version: str

    @property
    def blocking(self) -> tuple[GateLine, ...]:
        """The lines that stand in the way, those that cannot be decided included."""
        return tuple(line for line in self.lines if line.outcome in {Outcome.BLOCKS, Outcome.UNDECIDED})

    @property
    def headline(self) -> str:
        """The decision and its ground, in a sentence."""
        return f"{self.decision.label}: {self._ground()}"

    def _ground(self) -> str:
        total, blocking = len(self.lines), len(self.blocking)
        if self.decision is Decision.INDETERMINATE and not blocking:
            return "nothing is required, so nothing can be decided."
        if self.decision is Decision.INDETERMINATE:
            return f"the evidence of {blocking} of {total} criteria cannot be read."
        if self.decision is Decision.NO_GO:
            return f"{blocking} of {total} criteria block{'s' if blocking == 1 else ''}."
        waived = sum(line.outcome is Outcome.WAIVED for line in self.lines)
        return f"{waived} of {total} criteria waived." if waived else "every required criterion is proven."


def evaluate(
    subject: GateSubject,
    criteria: Iterable[GateCriterion],
    *,
    warnings: Sequence[str] = (),
    policy: GatePolicy | None = None,
) -> GateAnswer:
    """Decide, in the order of the criteria given. The digest does not depend on that order, nor on the moment."""
    policy = policy or GatePolicy()
    lines = tuple(GateLine(criterion, outcome_of(criterion, policy)) for criterion in criteria)
    return GateAnswer(
        subject=subject,
        decision=_decide(lines),
        digest=_digest(subject, lines, policy),
        lines=lines,
        warnings=tuple(warnings),
        policy_version=policy.version,
    )


def outcome_of(criterion: GateCriterion, policy: GatePolicy) -> Outcome:
    """What the criterion does to the answer."""
    standing = criterion.standing
    if standing is Standing.NOT_APPLICABLE:
        return Outcome.NOT_APPLICABLE
    if standing is Standing.VERIFIED or (standing is Standing.MET_NOT_CLAIMED and policy.met_without_claim_passes):
        return Outcome.PASSES
    if criterion.requirement == "recommended":
        return Outcome.ADVISES
    if standing is Standing.WAIVED:
        return Outcome.WAIVED
    if criterion.requirement == "required_if_present":
        fails = standing in {Standing.FAILING, Standing.CONTRADICTED}
        return Outcome.BLOCKS if fails else Outcome.ADVISES
    return Outcome.UNDECIDED if standing is Standing.UNKNOWN else Outcome.BLOCKS


def as_object(answer: GateAnswer) -> dict[str, Any]:
    """The answer as one object of plain values, for JSON."""
    return {
        "decision": str(answer.decision),
        "headline": answer.headline,
        "digest": answer.digest,
        "service": answer.subject.service,
        "environment": answer.subject.environment,
        "milestone": answer.subject.milestone or None,
        "policy_version": answer.policy_version,
        "criteria": [{**asdict(line.criterion), "outcome": str(line.outcome)} for line in answer.lines],
        "warnings": list(answer.warnings),
    }


def _decide(lines: Sequence[GateLine]) -> Decision:
    outcomes = {line.outcome for line in lines}
    if Outcome.BLOCKS in outcomes:
        return Decision.NO_GO
    required = {line.outcome for line in lines if line.criterion.requirement == "required"}
    # Nothing that is required and decided: an empty roadmap is no reason to go.
    if Outcome.UNDECIDED in outcomes or not required & {Outcome.PASSES, Outcome.WAIVED}:
        return Decision.INDETERMINATE
    return Decision.GO_WITH_WAIVERS if Outcome.WAIVED in outcomes else Decision.GO


def _digest(subject: GateSubject, lines: Iterable[GateLine], policy: GatePolicy) -> str:
    relevant = {
        "subject": {**asdict(subject), "documents": sorted(subject.documents)},
        "policy": asdict(policy),
        "criteria": sorted((_relevant(line) for line in lines), key=lambda values: values["id"]),
    }
    text = json.dumps(relevant, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _relevant(line: GateLine) -> dict[str, Any]:
    values = dict(vars(line.criterion))
    del values["reason"], values["action"]  # sentences hold ages, which change while nothing else does
    ordered = {"observations": sorted(values["observations"]), "bindings": sorted(values["bindings"])}
    waiver = asdict(line.criterion.waiver) if line.criterion.waiver else None
    return {**values, **ordered, "waiver": waiver, "outcome": str(line.outcome)}
