"""Whether a backup is of the same database as the one before it, and how far behind that is."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from . import findings
from .findings import Finding

SAME = {"system_identifier": "server", "database_oid": "database"}


def compare_sources(
    before: Mapping[str, Any], after: Mapping[str, Any], *, lag_allowed: timedelta
) -> Iterator[Finding]:
    """Warnings from the fingerprints of two backups in a row. Engines that record no identity have none."""
    was, now = before.get("identity", {}), after.get("identity", {})
    changed = [word for key, word in SAME.items() if was.get(key) and now.get(key) and was[key] != now[key]]
    if changed:
        message = f"This backup is of another {changed[0]} than the one before it: the address may lead astray."
        yield Finding(findings.SOURCE_CHANGED, message)
    lag = now.get("replay_lag_seconds")
    if now.get("is_standby") and (lag is None or lag > lag_allowed.total_seconds()):
        behind = f"{timedelta(seconds=round(lag))} behind its primary" if lag is not None else "behind for unknown long"
        message = f"The standby is {behind}; the recovery point objective is {lag_allowed}."
        yield Finding(findings.SOURCE_STALE, message)
