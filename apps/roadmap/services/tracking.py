"""Owners and target dates of many entries at once, each with its line of history and its audit event."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from apps.audit import services as audit
from apps.catalog.models import Team
from apps.roadmap.models import Claim, Milestone, Precision
from apps.roadmap.models.entries import ClaimedEntry, Entry
from apps.roadmap.services.claims import set_claim


@transaction.atomic
def claim_entries(*, entries: QuerySet, claim: Claim, actor: Any = None) -> int:
    """Say the same of several entries. Gives the number that said something else before."""
    rows: list[ClaimedEntry] = _locked(entries)
    return sum(set_claim(entry=row, claim=claim, expected=row.claim, actor=actor) for row in rows)


@transaction.atomic
def assign_owner(*, entries: QuerySet, owner: Team | None, actor: Any = None) -> int:
    """Give several entries one owner. Gives the number that had another."""
    changed = [row for row in _locked(entries) if _set_owner(row, owner, actor)]
    _record(changed, "assigned", {"owner": owner.name if owner else None}, actor)
    return len(changed)


@transaction.atomic
def set_target(*, milestones: QuerySet, day: date | None, actor: Any = None) -> int:
    """Give several milestones one target day. Gives the number that had another."""
    rows: list[Milestone] = _locked(milestones)
    changed = [row for row in rows if (row.target_starts_on, row.target_on) != (day, day)]
    for row in changed:
        row.target_starts_on, row.target_on, row.target_precision = day, day, Precision.DAY
        _save(row, actor)
    _record(changed, "rescheduled", {"target_on": day}, actor)
    return len(changed)


def _locked(entries: QuerySet) -> list[Any]:
    """The rows, held in one order by everybody, before the audit trail's own lock is taken."""
    return list(entries.model._default_manager.filter(pk__in=entries.values("pk")).order_by("pk").select_for_update())


def _set_owner(row: Any, owner: Team | None, actor: Any) -> bool:
    if isinstance(row, Milestone):
        wanted = [owner] if owner else []
        if list(row.owners.all()) == wanted:
            return False
        row._history_user = actor  # type: ignore[attr-defined]
        row.owners.set(wanted)
        return True
    if row.owner_id == (owner.pk if owner else None):
        return False
    row.owner = owner
    _save(row, actor)
    return True


def _save(row: Entry, actor: Any) -> None:
    row._history_user = actor  # type: ignore[attr-defined]
    row.save()


def _record(rows: Iterable[Entry], event: str, details: dict[str, Any], actor: Any) -> None:
    for row in rows:
        audit.record(action=f"{row._meta.model_name}.{event}", subject=row, actor=actor, details=details)
