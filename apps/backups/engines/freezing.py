"""When retention lets nothing go: what looks old may be all that is good. Pure: a history and an instant in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from apps.common.wording import instant_in_words

FAILED_DRILLS, FAILED_BACKUPS, NEW_AFTER_A_HOLE = 2, 3, 3


@dataclass(frozen=True)
class History:
    """How it went lately, everything the newest first."""

    drills_proven: Sequence[bool]
    backups_succeeded: Sequence[bool]
    proven_at: datetime | None
    snapshots_at: Sequence[datetime]
    longest_unproven: timedelta


def reason_to_freeze(history: History, *, now: datetime) -> str:
    """Why nothing may go for now; empty when all is well. It names instants, not ages, so that it stays the same."""
    drills, backups = history.drills_proven[:FAILED_DRILLS], history.backups_succeeded[:FAILED_BACKUPS]
    newest = next(iter(history.snapshots_at), None)
    if newest is not None and newest > now:
        return f"The newest backup is dated {instant_in_words(newest)}, ahead of the clock. Correct the clock."
    if len(drills) == FAILED_DRILLS and not any(drills):
        return f"The last {FAILED_DRILLS} drills proved nothing. Old backups may be the only good ones."
    if len(backups) == FAILED_BACKUPS and not any(backups):
        return f"The last {FAILED_BACKUPS} backups failed. Nothing goes until one succeeds."
    if history.proven_at is None:
        return "No backup has been proven yet. Drill one: until then nothing goes."
    if now - history.proven_at > history.longest_unproven:
        return f"No backup since {instant_in_words(history.proven_at)} has been proven. Drill a newer one."
    return _hole(history)


def _hole(history: History) -> str:
    """A clock that jumped ahead, or a long outage: what looks old may be all there is."""
    snapshots = history.snapshots_at[: NEW_AFTER_A_HOLE + 1]
    for newer, older in pairwise(snapshots):
        if newer - older > history.longest_unproven:
            between = f"{instant_in_words(older)} and {instant_in_words(newer)}"
            why = "the clock jumped, or backups were missing"
            return f"No backup is from between {between}: {why}. Nothing goes until {NEW_AFTER_A_HOLE} newer are there."
    return ""
