"""The versions of an entry: what each changed, in words, and whether one that somebody saw is still the newest."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from operator import attrgetter
from typing import Any

from django.db import connection, models
from django.db.models import OuterRef, QuerySet, Subquery

from apps.common.wording import shortened

# What an import keeps on a row for itself; a version names only what a person would.
BOOKKEEPING = frozenset({"id", "identity", "imported", "line", "position", "section", "spans", "document"})
LONGEST_VALUE = 100
_NEWEST = "SELECT max(history_id) FROM {history} WHERE id = %s"
Values = dict[str, Any]


@dataclass(frozen=True)
class FieldChange:
    """One value that became another, as pages show them."""

    name: str
    label: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.label}: {self.before} → {self.after}"


@dataclass(frozen=True)
class Version:
    """An entry as it was from an instant on, and what that changed."""

    pk: int
    at: datetime
    person: str
    reason: str
    is_first: bool
    values: Values
    changes: tuple[FieldChange, ...] = field(default=())


@lru_cache
def history_of(kind: type[models.Model]) -> Any:
    """The model of the versions. Its manager would be made anew, class and all, each time that it is asked."""
    return kind.history.model  # type: ignore[attr-defined]


def newest_version(entry: models.Model) -> int:
    """The number of the entry's newest version; 0 where it has none."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST.format(history=history_of(type(entry))._meta.db_table), [entry.pk])
        return int(cursor.fetchone()[0] or 0)


def with_versions(entries: QuerySet[Any]) -> QuerySet[Any]:
    """The same entries, each with the number of its newest version as `version`."""
    kind: type[models.Model] = entries.model
    newest = history_of(kind).objects.filter(id=OuterRef("pk")).order_by("-history_id").values("history_id")[:1]
    return entries.annotate(version=Subquery(newest))


def versions_of(entry: models.Model) -> list[Version]:
    """Every version that changed something a person would name, the newest first."""
    found = _described(entry, list(_records(entry).order_by("history_id")))
    return [version for version in reversed(found) if version.changes or version.is_first]


def changes_since(entry: models.Model, version: int) -> tuple[list[FieldChange], list[str]]:
    """What became different since a version, and who did it. Both are empty when nothing did."""
    later = _records(entry).filter(history_id__gte=version).order_by("history_id")
    found = _described(entry, list(later))
    if len(found) < 2 or found[0].pk != version:
        return [], []
    changes = list(_changes(type(entry), found[0].values, found[-1].values, _Names(type(entry), found)))
    people = dict.fromkeys(each.person for each in found[1:] if each.changes)
    return changes, list(people)


def values_at(entry: models.Model, version: int) -> Values | None:
    """What the entry's fields held then, relations by key; None where it has no such version."""
    record = _records(entry).filter(history_id=version).first()
    return None if record is None else _values(type(entry), [record])[record.pk]


def _records(entry: models.Model) -> Any:
    return history_of(type(entry)).objects.filter(id=entry.pk).select_related("history_user")


def _described(entry: models.Model, records: Sequence[Any]) -> list[Version]:
    kind = type(entry)
    values = _values(kind, records)
    found = [
        Version(
            pk=record.pk,
            at=record.history_date,
            person=str(record.history_user or "Seaworthy"),
            reason=record.history_change_reason or "",
            is_first=record.history_type == "+",
            values=values[record.pk],
        )
        for record in records
    ]
    names = _Names(kind, found)
    later = (
        Version(**{**vars(now), "changes": tuple(_changes(kind, before.values, now.values, names))})
        for before, now in pairwise(found)
    )
    return [*found[:1], *later]


def _values(kind: type[models.Model], records: Sequence[Any]) -> dict[int, Values]:
    """The values of each record, relations by key, in one query for each relation to many."""
    plain = [column for column in kind._meta.concrete_fields if column.name not in BOOKKEEPING]
    found = {record.pk: {each.name: getattr(record, each.attname) for each in plain} for record in records}
    history = history_of(kind)
    for relation in sorted(history._history_m2m_fields, key=attrgetter("name")):
        of_each: Mapping[int, list[int]] = defaultdict(list)
        rows = getattr(history, relation.name).filter(history__in=found)
        for record, key in rows.values_list("history_id", f"{relation.m2m_reverse_field_name()}_id"):
            of_each[record].append(key)
        for record, values in found.items():
            values[relation.name] = sorted(of_each[record])
    return found


class _Names:
    """The names of everything that the versions refer to, each kind in one query."""

    def __init__(self, kind: type[models.Model], versions: Iterable[Version]) -> None:
        keys: Mapping[Any, set[int]] = defaultdict(set)
        for version in versions:
            for name, value in version.values.items():
                related = kind._meta.get_field(name).related_model
                if related is not None:
                    keys[related].update(_keys(value))
        self._objects = {related: related._default_manager.in_bulk(found) for related, found in keys.items() if found}

    def say(self, column: Any, value: Any) -> str:
        """A value as a person reads it."""
        related = column.related_model
        if related is not None:
            found = self._objects.get(related, {})
            return ", ".join(str(found.get(key, f"deleted {key}")) for key in _keys(value)) or "none"
        said = dict(column.flatchoices).get(value, value) if column.flatchoices else value
        return shortened(" ".join(str(said).split()), LONGEST_VALUE) if said not in (None, "", [], {}) else "empty"


def _changes(kind: type[models.Model], before: Values, after: Values, names: _Names) -> Iterator[FieldChange]:
    for name, value in after.items():
        if before.get(name) != value:
            column: Any = kind._meta.get_field(name)
            label = str(column.verbose_name)
            yield FieldChange(name, label, names.say(column, before.get(name)), names.say(column, value))


def _keys(value: Any) -> Collection[int]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
