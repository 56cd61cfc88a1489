"""What turned a criterion's standing: pure over what was known before and after."""

from collections.abc import Mapping
from typing import Any

Known = Mapping[str, Any]


def find_cause(before: Known | None, after: Known) -> str:
    """The cause, by what is other in what the standing follows from. People's words go before the machine's."""
    if before is None:
        return "first_seen"
    if before["claim"] != after["claim"]:
        return "edit"
    if before["waiver"] != after["waiver"]:
        return "waiver"
    if after["evidence"] == "stale" and after["expired_at"]:
        return "expiry"
    if before["bindings"] != after["bindings"]:
        return "binding"
    return "observation" if before["observations"] != after["observations"] else "edit"


def new_observations(before: Known | None, after: Known) -> list[int]:
    """The observations that were not known before."""
    return sorted(set(after["observations"]) - set(before["observations"] if before else ()))
