"""Which backups may go. Pure: a list in, a list out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Candidate:
    """One stored backup, as far as retention cares."""

    identifier: int
    snapshot_at: datetime
    is_proven: bool = False
    is_refuted: bool = False
    is_in_use: bool = False


def choose_removable(candidates: Sequence[Candidate], *, kept: int) -> list[int]:
    """What is older than the newest `kept` good ones, but never the newest proven one nor one in use.

    A refuted backup is no copy, so it does not count; it goes when it is older than those that do.
    """
    newest_first = sorted(candidates, key=lambda one: (one.snapshot_at, one.identifier), reverse=True)
    good = [one for one in newest_first if not one.is_refuted]
    if len(good) <= kept:
        return []
    oldest_kept = good[kept - 1].snapshot_at
    proven = next((one.identifier for one in newest_first if one.is_proven), None)
    old = [one for one in newest_first if one.snapshot_at < oldest_kept]
    return [one.identifier for one in old if one.identifier != proven and not one.is_in_use]
