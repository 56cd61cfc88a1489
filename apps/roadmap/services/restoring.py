"""An earlier version of an entry put back, as a new one."""

from typing import Any

from django.db import transaction

from apps.audit import services as audit
from apps.roadmap.exceptions import ChangeRefused, EntryChanged
from apps.roadmap.models import Entry
from apps.roadmap.selectors.versions import values_at
from apps.roadmap.services.changing import Values, apply_values, locked_rows, overtaken

# What an entry is told apart by, or what only an import knows: no version puts these back.
NOT_RESTORED = frozenset({"service", "document", "parent", "orphaned_at"})


@transaction.atomic
def restore_version(*, entry: Entry, version: int, seen: int, actor: Any = None) -> bool:
    """Put back what an entry held at a version, as a new version. False: it holds that now.

    Raises EntryChanged when it is no longer as the person saw it, and ChangeRefused.
    """
    row = locked_rows(type(entry)._default_manager.filter(pk=entry.pk))[0]
    if said := overtaken(row, seen):
        raise EntryChanged(f"{said} Look at its history again before you restore a version.")
    held = values_at(row, version)
    if held is None:
        raise ChangeRefused(f"“{row}” has no version {version}.")
    changes = apply_values(row, _still_there(row, held), actor)
    if changes:
        action, details = f"{row._meta.model_name}.restored", {"version": version, "changes": changes}
        audit.record(action=action, subject=row, actor=actor, details=details)
    return bool(changes)


def _still_there(row: Any, held: Values) -> dict[str, Any]:
    """The values of an earlier version, with the people, teams and milestones that there still are."""
    values: dict[str, Any] = {}
    for name, value in held.items():
        column = row._meta.get_field(name)
        if name in NOT_RESTORED:
            continue
        if column.many_to_many:
            value = list(column.related_model._default_manager.filter(pk__in=value))
        elif column.is_relation and value is not None:
            value = column.related_model._default_manager.filter(pk=value).first()
        values[name] = value
    return values
