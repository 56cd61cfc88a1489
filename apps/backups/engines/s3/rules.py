"""Reads the lifecycle rules of a bucket."""

from collections.abc import Iterable, Mapping
from typing import Any

ARCHIVES = {"GLACIER", "DEEP_ARCHIVE"}  # from where nothing can be read at once


def expiring_rule(rules: Iterable[Mapping[str, Any]], prefix: str) -> str | None:
    """The name of a rule in force that removes or archives objects below the prefix."""
    for rule in rules:
        if rule.get("Status") == "Enabled" and _covers(rule, prefix) and _takes_away(rule):
            return str(rule.get("ID") or "without a name")
    return None


def _covers(rule: Mapping[str, Any], prefix: str) -> bool:
    chosen = rule.get("Filter", {})
    both = chosen.get("And", chosen)
    if both.get("Tag") or both.get("Tags"):  # backups have no tags
        return False
    own = str(both.get("Prefix", rule.get("Prefix", "")))
    return own.startswith(prefix) or prefix.startswith(own)


def _takes_away(rule: Mapping[str, Any]) -> bool:
    expires = {"Days", "Date"} & set(rule.get("Expiration", {}))
    archives = ARCHIVES & {transition.get("StorageClass") for transition in rule.get("Transitions", [])}
    return bool(expires or archives)
