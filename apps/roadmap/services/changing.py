"""How values get onto an entry: on a locked row, as one version, and with the audit event of what became different."""

from collections.abc import Collection, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import QuerySet

from apps.audit import services as audit
from apps.common.exceptions import problems_in
from apps.roadmap.exceptions import ChangeRefused
from apps.roadmap.models import Entry
from apps.roadmap.selectors.versions import changes_since, newest_version, values_at
from apps.roadmap.services.history import remember

Values = Mapping[str, Any]
Changes = dict[str, list[Any]]  # by field: what it was, what it is


def locked_rows(entries: QuerySet) -> list[Any]:
    """The rows, held in one order by everybody, before the audit trail's own lock is taken."""
    return list(entries.model._default_manager.filter(pk__in=entries.values("pk")).order_by("pk").select_for_update())


def overtaken(row: Entry, seen: int | None) -> str:
    """A sentence on what changed since the version that somebody saw; empty when nothing did."""
    if seen is None or newest_version(row) == seen:
        return ""
    if values_at(row, seen) is None:
        return f"“{row}” has no version {seen}."
    changes, people = changes_since(row, seen)
    if not changes:
        return ""
    return f"{' and '.join(people)} changed “{row}” meanwhile ({'; '.join(map(str, changes))})."


def apply_values(row: Any, values: Values, actor: Any) -> Changes:
    """Write the values that differ, as one version of the row. Gives what each was and is, in words."""
    many = {name: list(value) for name, value in values.items() if _is_many(row, name)}
    plain = {name: value for name, value in values.items() if name not in many}
    changes = _differences(row, plain) | _differences_of_many(row, many)
    if not changes:
        return {}
    for name in plain.keys() & changes.keys():
        setattr(row, name, plain[name])
    _check(row, plain.keys() & changes.keys())
    row.skip_history_when_saving = True  # one version for all of it, below
    row.save()
    for name in many.keys() & changes.keys():
        getattr(row, name).set(many[name])
    del row.skip_history_when_saving
    remember(row, actor=actor)
    return changes


def record_changes(row: Entry, changes: Changes, actor: Any) -> None:
    """Write the audit events: the claim has one of its own, as everywhere. Call it last in the transaction."""
    others = {name: change for name, change in changes.items() if name != "claim"}
    if "claim" in changes:
        before, after = changes["claim"]
        _record(row, "claimed", {"from": before, "to": after}, actor)
    if others:
        _record(row, "changed", {"changes": others}, actor)


def _record(row: Entry, event: str, details: dict[str, Any], actor: Any) -> None:
    audit.record(action=f"{row._meta.model_name}.{event}", subject=row, actor=actor, details=details)


def _differences(row: Any, values: Values) -> Changes:
    present = {name: getattr(row, name) for name in values}
    return {name: [_said(present[name]), _said(value)] for name, value in values.items() if present[name] != value}


def _differences_of_many(row: Any, values: Values) -> Changes:
    present = {name: list(getattr(row, name).all()) for name in values}
    return {
        name: [_said(present[name]), _said(each)] for name, each in values.items() if set(present[name]) != set(each)
    }


def _check(row: Any, names: Collection[str]) -> None:
    try:
        row.clean_fields(exclude={column.name for column in row._meta.fields if column.name not in names})
        row.validate_constraints()
    except ValidationError as error:
        raise ChangeRefused(problems_in(error)) from error


def _is_many(row: models.Model, name: str) -> bool:
    return bool(row._meta.get_field(name).many_to_many)


def _said(value: Any) -> Any:
    """A value as the audit trail keeps it."""
    if isinstance(value, list):
        return sorted(map(str, value))
    return str(value) if isinstance(value, models.Model) else value
