"""The standing: what follows from a claim and its evidence. Pure, and read, never stored."""

from collections.abc import Iterable
from enum import StrEnum

from apps.common.statuses import look_of
from apps.evidence.freshness import EvidenceState


class Standing(StrEnum):
    """The ten standings, the worst first."""

    CONTRADICTED = "contradicted"
    FAILING = "failing"
    UNKNOWN = "unknown"
    DECAYED = "decayed"
    UNVERIFIED = "unverified"
    OPEN = "open"
    MET_NOT_CLAIMED = "met_not_claimed"
    WAIVED = "waived"
    VERIFIED = "verified"
    NOT_APPLICABLE = "not_applicable"

    @property
    def label(self) -> str:
        """The standing as people read it."""
        return look_of(self).word


_WORST_FIRST = tuple(Standing)

_CLAIMED_DONE = {
    EvidenceState.UNBOUND: Standing.UNVERIFIED,
    EvidenceState.PENDING: Standing.UNVERIFIED,
    EvidenceState.PASSING: Standing.VERIFIED,
    EvidenceState.FAILING: Standing.CONTRADICTED,
    EvidenceState.ERROR: Standing.UNKNOWN,
    EvidenceState.STALE: Standing.DECAYED,
}
_NOT_CLAIMED = {
    EvidenceState.UNBOUND: Standing.OPEN,
    EvidenceState.PENDING: Standing.OPEN,
    EvidenceState.PASSING: Standing.MET_NOT_CLAIMED,
    EvidenceState.FAILING: Standing.FAILING,
    EvidenceState.ERROR: Standing.UNKNOWN,
    EvidenceState.STALE: Standing.OPEN,
}
_OPEN_CLAIMS = {"todo", "in_progress"}


def standing(claim: str, evidence: EvidenceState, *, is_waived: bool = False) -> Standing:
    """What follows from the claim and the evidence. A waiver covers everything but a proof."""
    if claim == "not_applicable":
        return Standing.NOT_APPLICABLE
    derived = (_CLAIMED_DONE if claim == "done" else _NOT_CLAIMED)[evidence]
    return Standing.WAIVED if is_waived and derived is not Standing.VERIFIED else derived


def is_open(claim: str) -> bool:
    """A person says that it is not done. An entry without a word about it is not open."""
    return claim in _OPEN_CLAIMS


def worst_standing(standings: Iterable[Standing]) -> Standing | None:
    """The worst of several standings, without those that do not apply; None when nothing is left."""
    applying = [each for each in standings if each is not Standing.NOT_APPLICABLE]
    return min(applying, key=_WORST_FIRST.index, default=None)


def milestone_standing(claim: str, required: Iterable[Standing], *, has_open_parts: bool) -> Standing:
    """The worst of a milestone's required criteria, seen with its own claim.

    It is contradicted when it is claimed done while a task or criterion of it is claimed open.
    """
    if claim == "not_applicable":
        return Standing.NOT_APPLICABLE
    worst = worst_standing(required)
    if claim == "done":
        return Standing.CONTRADICTED if has_open_parts else worst or Standing.UNVERIFIED
    if worst in {Standing.VERIFIED, Standing.MET_NOT_CLAIMED, Standing.WAIVED}:
        return Standing.OPEN if has_open_parts else Standing.MET_NOT_CLAIMED
    return worst or Standing.OPEN
