"""How each status looks: a word, a shape and a tone of colour, chosen once for every page."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Look:
    """The word that is read, the shape that is seen without colour, and the tone that colours both."""

    word: str
    symbol: str
    tone: str


PROVEN, REFUTED, DOUBT, QUIET, ACTIVE = "proven", "refuted", "doubt", "quiet", "active"

LOOKS = {
    # Standings of criteria and milestones.
    "verified": Look("Verified", "proven", PROVEN),
    "contradicted": Look("Contradicted", "refuted", REFUTED),
    "failing": Look("Failing", "refuted", REFUTED),
    "decayed": Look("Decayed", "decayed", DOUBT),
    "unverified": Look("Unverified", "doubt", DOUBT),
    "unknown": Look("Unknown", "unknown", DOUBT),
    "met_not_claimed": Look("Met, not claimed", "met", PROVEN),
    "open": Look("Open", "open", QUIET),
    "waived": Look("Waived", "waived", QUIET),
    "not_applicable": Look("Not applicable", "none", QUIET),
    # Evidence.
    "passing": Look("Passing", "proven", PROVEN),
    "stale": Look("Stale", "decayed", DOUBT),
    "error": Look("Error", "broken", DOUBT),
    "pending": Look("Pending", "open", QUIET),
    "unbound": Look("Not bound", "none", QUIET),
    # Runs.
    "queued": Look("Queued", "open", QUIET),
    "running": Look("Running", "running", ACTIVE),
    "succeeded": Look("Succeeded", "proven", PROVEN),
    "failed": Look("Failed", "refuted", REFUTED),
    "errored": Look("Errored", "broken", REFUTED),
    "missed": Look("Missed", "decayed", DOUBT),
    "waits_for_approval": Look("Waits for approval", "open", DOUBT),
    # Drills.
    "proven": Look("Proven", "proven", PROVEN),
    "refuted": Look("Refuted", "refuted", REFUTED),
    "could_not_verify": Look("Could not verify", "unknown", DOUBT),
    # The gate.
    "go": Look("Go", "proven", PROVEN),
    "go_with_waivers": Look("Go, with waivers", "waived", DOUBT),
    "overridden": Look("No-go, overridden", "broken", REFUTED),
    "ready_to_sign": Look("Ready to sign", "doubt", DOUBT),
    "no_go": Look("No-go", "refuted", REFUTED),
    "indeterminate": Look("Indeterminate", "unknown", DOUBT),
    "signed": Look("Signed", "proven", PROVEN),
    "missing": Look("Missing", "open", DOUBT),
    "rejected": Look("Rejected", "refuted", REFUTED),
    "valid": Look("Counts", "proven", PROVEN),
    "superseded": Look("Superseded", "none", QUIET),
    # What answers, and what does not.
    "up": Look("Up", "proven", PROVEN),
    "down": Look("Down", "refuted", REFUTED),
    # What a test of a connection looked at.
    "ok": Look("OK", "proven", PROVEN),
    "warning": Look("Look at it", "doubt", DOUBT),
    "needed": Look("Missing", "refuted", REFUTED),
    # Copies of backups.
    "waiting": Look("Waiting", "open", QUIET),
    "stored": Look("Stored", "met", QUIET),
    "being_removed": Look("Being removed", "decayed", QUIET),
    "removed": Look("Removed", "none", QUIET),
    # Discovered databases.
    "unprotected": Look("Unprotected", "refuted", REFUTED),
    "protected": Look("Protected", "proven", PROVEN),
    "set_aside": Look("Set aside", "none", QUIET),
    "gone": Look("Gone", "none", QUIET),
    # Retention.
    "frozen": Look("Frozen", "doubt", DOUBT),
    # Keys.
    "in_use": Look("In use", "proven", PROVEN),
    "retired": Look("Retired", "none", QUIET),
    "lost": Look("Lost", "refuted", REFUTED),
    # Bindings.
    "suggested": Look("Suggested", "open", QUIET),
    "accepted": Look("Accepted", "proven", PROVEN),
    "declined": Look("Declined", "none", QUIET),
    # Waivers.
    "requested": Look("Requested", "open", ACTIVE),
    "active": Look("Active", "waived", DOUBT),
    "ending_soon": Look("Ending soon", "decayed", DOUBT),
    "upcoming": Look("Upcoming", "open", QUIET),
    "lapsed": Look("Lapsed", "none", QUIET),
    "denied": Look("Denied", "none", QUIET),
    "revoked": Look("Revoked", "none", QUIET),
    # Campaigns.
    "reached": Look("Reached", "proven", PROVEN),
    "ended": Look("Ended", "none", QUIET),
    # Claims.
    "todo": Look("To do", "open", QUIET),
    "in_progress": Look("In progress", "running", ACTIVE),
    "done": Look("Done", "met", QUIET),
    # Readings of an import.
    "sure": Look("Sure", "met", QUIET),
    "likely": Look("Likely", "doubt", QUIET),
    "guess": Look("Look at it", "unknown", DOUBT),
    "corrected": Look("Corrected", "met", ACTIVE),
    # Risks.
    "mitigated": Look("Mitigated", "met", PROVEN),
    "critical": Look("Critical", "broken", REFUTED),
    "high": Look("High", "broken", DOUBT),
    "medium": Look("Medium", "doubt", QUIET),
    "low": Look("Low", "open", QUIET),
}


def look_of(status: object) -> Look:
    """The look of a status. One that nobody drew yet reads as its own words, in doubt."""
    name = str(getattr(status, "value", status))
    return LOOKS.get(name.replace("-", "_")) or Look(name.replace("_", " ").capitalize(), "unknown", DOUBT)
