"""The evidence axis: what the machine saw, as it stands at an instant. Pure, and read, never stored."""

from datetime import datetime, timedelta
from enum import StrEnum

from apps.evidence.judge import Judgement, Verdict


class EvidenceState(StrEnum):
    """The six states of evidence."""

    UNBOUND = "unbound"
    PENDING = "pending"
    PASSING = "passing"
    FAILING = "failing"
    ERROR = "error"
    STALE = "stale"


WORST_FIRST = (
    EvidenceState.FAILING,
    EvidenceState.ERROR,
    EvidenceState.STALE,
    EvidenceState.PENDING,
    EvidenceState.UNBOUND,
    EvidenceState.PASSING,
)


def evidence_state(
    judgement: Judgement | None, *, observed_at: datetime | None, is_error: bool, ttl: timedelta, at: datetime
) -> EvidenceState:
    """The state of the newest observation. Without one it is pending; past its time to live it is stale."""
    if observed_at is None:
        return EvidenceState.PENDING
    if at >= observed_at + ttl:
        return EvidenceState.STALE
    if is_error or judgement is None or judgement.verdict is Verdict.UNDECIDED:
        return EvidenceState.ERROR
    return EvidenceState.PASSING if judgement.verdict is Verdict.PASSING else EvidenceState.FAILING


def worst_state(states: list[EvidenceState]) -> EvidenceState:
    """The worst of several states; unbound when there are none."""
    return min(states, key=WORST_FIRST.index, default=EvidenceState.UNBOUND)
