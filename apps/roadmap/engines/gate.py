"""The gate: may this go to production? Pure over plain values; the same inputs give the same digest."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from apps.roadmap.engines.gate_answer import (
    Concern,
    Decision,
    Finding,
    GateAnswer,
    GateCriterion,
    GateLine,
    GateSubject,
    Outcome,
)
from apps.roadmap.engines.gate_digest import digest_of_decision, digest_of_inputs
from apps.roadmap.engines.gate_rules import GateRules, Weight
from apps.roadmap.engines.gate_signatures import Decided, RoleSignatures, signatures_by_role
from apps.roadmap.engines.standing import Standing


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
    unsigned, decision_digest = _decide(lines, findings), digest_of_decision(subject, lines, findings, rules)
    answer = GateAnswer(
        subject=subject,
        decision=unsigned,
        unsigned_decision=unsigned,
        digest=digest_of_inputs(decision_digest, lines),
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
    is_open = unsigned.lets_go and not all(each.is_signed for each in roles)
    return Decision.READY_TO_SIGN if is_open else unsigned
