"""What a standing means, in a sentence, and the one thing to do about it. Plain values in, text out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from apps.common.wording import about, shortened
from apps.evidence.contract import Trust
from apps.evidence.freshness import EvidenceState
from apps.roadmap.engines.standing import Standing

_SHOWN_CHARACTERS = 90


@dataclass(frozen=True)
class Explanation:
    """Why a criterion stands as it does, and what to do. The action is empty when nothing is to be done."""

    reason: str
    action: str = ""


@dataclass(frozen=True)
class Circumstances:
    """What is known of a criterion's evidence, as sentences."""

    checks: Sequence[str] = ()
    trusts: Sequence[str] = ()
    reasons: Sequence[str] = ()
    uncovered: Sequence[str] = ()
    suggested: Sequence[str] = ()
    summaries: Sequence[str] = ()
    expired_for: timedelta | None = None


def explain(standing: Standing, evidence: EvidenceState, known: Circumstances) -> Explanation:
    """The reason and the action for a criterion."""
    if standing is Standing.NOT_APPLICABLE:
        return Explanation("Marked not applicable.")
    if standing is Standing.VERIFIED:
        return Explanation(_proof(known))
    if standing is Standing.MET_NOT_CLAIMED:
        return Explanation(f"{_proof(known)} Nobody has marked it done.", "Mark it done.")
    explanation = _shortcoming(evidence, known)
    said = "Marked done. " if standing in {Standing.UNVERIFIED, Standing.CONTRADICTED} else ""
    return Explanation(said + explanation.reason, explanation.action)


def _shortcoming(evidence: EvidenceState, known: Circumstances) -> Explanation:
    checks = _join(known.checks) or "the check"
    if evidence is EvidenceState.FAILING:
        return Explanation(" ".join(known.reasons) or "Its evidence fails.", f"Mend it, then run {checks} again.")
    if evidence is EvidenceState.ERROR:
        seen = " ".join(known.reasons) or "Its evidence could not be read."
        return Explanation(seen, f"Find out why {checks} cannot answer, then run it again.")
    if evidence is EvidenceState.STALE:
        ago = f"{about(known.expired_for)} ago" if known.expired_for is not None else "earlier"
        return Explanation(f"Its proof ran out {ago}.", _question(checks, known.trusts, " again"))
    if evidence is EvidenceState.PENDING:
        return Explanation("Its evidence has not been seen yet.", _question(checks, known.trusts))
    return _unbound(known)


def _question(checks: str, trusts: Sequence[str], again: str = "") -> str:
    """What brings the evidence: Seaworthy runs its own checks, a build pushes reports, a person confirms."""
    if trusts and set(trusts) <= {Trust.ATTESTED}:
        return f"Confirm it{again}, and say how you know."
    if trusts and set(trusts) <= {Trust.PUSHED, Trust.SIGNED}:
        return f"Push a report for {checks}{again}."
    return f"Run {checks}{again}."


def _unbound(known: Circumstances) -> Explanation:
    reason = "No check proves it."
    if known.checks:
        reason = f"No check covers {_join([quote(clause) for clause in known.uncovered])}."
    if known.suggested:
        return Explanation(reason, f"Accept the suggested check: {_join(known.suggested)}.")
    return Explanation(reason, "Bind it to a check.")


def _proof(known: Circumstances) -> str:
    return " ".join(_sentence(summary) for summary in known.summaries) or "Proven."


def quote(text: str) -> str:
    """The text in quotation marks, cut to a readable length."""
    return f"“{shortened(' '.join(text.split()).rstrip(' .;'), _SHOWN_CHARACTERS)}”"


def _join(parts: Sequence[str]) -> str:
    parts = list(dict.fromkeys(parts))
    return parts[0] if len(parts) == 1 else " and ".join([", ".join(parts[:-1]), parts[-1]]) if parts else ""


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
