"""Where a change of standing came from: the instant and the person behind each cause."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from apps.evidence.models import ObservationRecord
from apps.roadmap.engines.transitions import new_observations
from apps.roadmap.models import Binding, Criterion, StatusTransition, Waiver
from apps.roadmap.services.merging import REASON as IMPORTED

Cause = StatusTransition.Cause
Key: TypeAlias = tuple[int, int]
Rows: TypeAlias = Sequence[StatusTransition]
Last: TypeAlias = Mapping[Key, StatusTransition]


@dataclass(frozen=True)
class Origin:
    """When something came about, by whom, and the cause where it is more exact than what was seen."""

    at: datetime
    actor_id: int | None = None
    cause: str = ""


def key_of(row: StatusTransition) -> Key:
    """What the row is about: the environment and the criterion."""
    return row.environment_id, row.criterion_id


def find_origins(turned: Rows, last: Last) -> dict[Key, Origin]:
    """The origin of each row of which one can be known, in one query for each cause."""
    found: dict[Key, Origin] = {}
    for cause, find in _FINDERS.items():
        rows = [row for row in turned if row.cause == cause]
        found |= find(rows, last) if rows else {}
    return found


def _expiries(rows: Rows, last: Last) -> dict[Key, Origin]:
    return {key_of(row): Origin(datetime.fromisoformat(row.input["expired_at"])) for row in rows}


def _observations(rows: Rows, last: Last) -> dict[Key, Origin]:
    fresh = {key_of(row): new_observations(_input_before(row, last), row.input) for row in rows}
    numbers = [number for each in fresh.values() for number in each]
    recorded = dict(ObservationRecord.objects.filter(pk__in=numbers).values_list("pk", "recorded_at"))
    found = {key: [recorded[each] for each in own if each in recorded] for key, own in fresh.items()}
    return {key: Origin(max(instants)) for key, instants in found.items() if instants}


def _edits(rows: Rows, last: Last) -> dict[Key, Origin]:
    versions = Criterion.history.filter(id__in=[row.criterion_id for row in rows])
    newest = {each.id: each for each in versions.order_by("id", "-history_date", "-history_id").distinct("id")}
    return {key_of(row): _of_version(newest[row.criterion_id]) for row in rows if row.criterion_id in newest}


def _of_version(version: Any) -> Origin:
    cause = Cause.IMPORT if version.history_change_reason == IMPORTED else Cause.EDIT
    return Origin(version.history_date, version.history_user_id, cause)


def _bindings(rows: Rows, last: Last) -> dict[Key, Origin]:
    decided = Binding.objects.filter(criterion__in=[row.criterion_id for row in rows], decided_at__isnull=False)
    newest = {each.criterion_id: each for each in decided.order_by("criterion_id", "-decided_at").distinct("criterion")}
    found = {key_of(row): newest.get(row.criterion_id) for row in rows}
    return {key: Origin(each.decided_at, each.decided_by_id) for key, each in found.items() if each and each.decided_at}


def _waivers(rows: Rows, last: Last) -> dict[Key, Origin]:
    asked = {key_of(row): row.input["waiver"] or (_input_before(row, last) or {}).get("waiver") for row in rows}
    waivers = Waiver.objects.in_bulk([number for number in asked.values() if number])
    holds = {key_of(row) for row in rows if row.input["waiver"]}
    return {key: _of_waiver(waivers[number], holds=key in holds) for key, number in asked.items() if number in waivers}


def _of_waiver(waiver: Waiver, *, holds: bool) -> Origin:
    if holds:
        return Origin(max(waiver.starts_at, waiver.decided_at or waiver.starts_at), waiver.decided_by_id)
    if waiver.revoked_at:
        return Origin(waiver.revoked_at, waiver.revoked_by_id)
    return Origin(waiver.ends_at)


def _input_before(row: StatusTransition, last: Last) -> dict[str, object] | None:
    before = last.get(key_of(row))
    return before.input if before else None


_FINDERS: dict[Cause, Callable[[Rows, Last], dict[Key, Origin]]] = {
    Cause.EXPIRY: _expiries,
    Cause.OBSERVATION: _observations,
    Cause.EDIT: _edits,
    Cause.BINDING: _bindings,
    Cause.WAIVER: _waivers,
}
