"""What people change of entries: one or many, each change with its version and its audit event."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from apps.catalog.models import Team
from apps.roadmap.exceptions import EntryChanged
from apps.roadmap.models import Claim, Entry, Precision
from apps.roadmap.models.entries import ClaimedEntry
from apps.roadmap.services.changing import Values, apply_values, locked_rows, overtaken, record_changes
from apps.roadmap.services.claims import set_claim


@dataclass(frozen=True)
class BulkChange:
    """What becomes of each of many entries. What is None or empty stays as it is."""

    claim: str | None = None
    owners: Collection[Team] = ()
    disown: bool = False
    add_people: Collection[Any] = ()
    remove_people: Collection[Any] = ()
    target_on: date | None = None
    shift_days: int | None = None
    add_labels: Collection[Any] = ()
    remove_labels: Collection[Any] = ()
    requirement: str = ""


@dataclass
class Outcome:
    """How many entries a change reached, and which somebody else had changed meanwhile."""

    changed: int = 0
    unchanged: int = 0
    overtaken: list[str] = field(default_factory=list)


@transaction.atomic
def claim_entries(*, entries: QuerySet, claim: Claim, actor: Any = None) -> int:
    """Say the same of several entries. Gives the number that said something else before."""
    rows: list[ClaimedEntry] = locked_rows(entries)
    return sum(set_claim(entry=row, claim=claim, expected=row.claim, actor=actor) for row in rows)


@transaction.atomic
def change_entries(
    *, entries: QuerySet, change: BulkChange, seen: Mapping[int, int] | None = None, actor: Any = None
) -> Outcome:
    """Change several entries in one way. Those that are no longer as they were seen stay, and are named.

    `seen` gives the version that the person saw of each entry, by its key.
    """
    outcome, pending = Outcome(), []
    for row in locked_rows(entries):
        if said := overtaken(row, (seen or {}).get(row.pk)):
            outcome.overtaken.append(said)
            continue
        changes = apply_values(row, _wanted(row, change), actor)
        outcome.changed, outcome.unchanged = outcome.changed + bool(changes), outcome.unchanged + (not changes)
        pending += [(row, changes)] if changes else []
    for row, changes in pending:
        record_changes(row, changes, actor)
    return outcome


@transaction.atomic
def change_entry(*, entry: Entry, values: Values, seen: int | None = None, actor: Any = None) -> bool:
    """Give an entry other values, if it still is at the version that the caller saw. False: nothing was to change.

    Raises EntryChanged, which says what somebody else changed meanwhile, and ChangeRefused, which names the field.
    """
    row = locked_rows(type(entry)._default_manager.filter(pk=entry.pk))[0]
    if said := overtaken(row, seen):
        raise EntryChanged(f"{said} Read it again before you change it.")
    changes = apply_values(row, values, actor)
    if changes:
        record_changes(row, changes, actor)
    return bool(changes)


def _wanted(row: Any, change: BulkChange) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    if change.claim and hasattr(row, "claim"):
        wanted["claim"] = change.claim
    if change.owners or change.disown:
        wanted["owners"] = list(change.owners)
    if change.add_people or change.remove_people:
        wanted["assignees"] = _changed_set(row.assignees, change.add_people, change.remove_people)
    if change.add_labels or change.remove_labels:
        wanted["labels"] = _changed_set(row.labels, change.add_labels, change.remove_labels)
    if change.requirement and hasattr(row, "requirement"):
        wanted["requirement"] = change.requirement
    if hasattr(row, "target_on"):
        wanted |= _target(row, change)
    return wanted


def _changed_set(relation: Any, added: Collection[Any], removed: Collection[Any]) -> list[Any]:
    return [each for each in {*relation.all(), *added} if each not in removed]


def _target(row: Any, change: BulkChange) -> dict[str, Any]:
    if change.target_on:
        day = change.target_on
        return {"target_starts_on": day, "target_on": day, "target_precision": Precision.DAY}
    if change.shift_days and row.target_on:
        return _moved(row, change.shift_days)
    return {}


def _moved(row: Any, days: int) -> dict[str, Any]:
    distance = timedelta(days=days)
    # A week that is moved by weeks is one still; a quarter that is moved by days is a quarter no more.
    is_week_still = row.target_precision == Precision.WEEK and days % 7 == 0
    return {
        "target_starts_on": row.target_starts_on and row.target_starts_on + distance,
        "target_on": row.target_on + distance,
        "target_precision": Precision.WEEK if is_week_still else Precision.DAY,
    }
