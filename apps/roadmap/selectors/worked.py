"""Entries as the API says them: each with the names beside it, in one query however many there are."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from apps.common.columns import columns_of, read_rows
from apps.roadmap.models import Entry
from apps.roadmap.selectors.versions import history_of

_UNSAID = ("spans", "imported")  # large, and only an export reads them
_NAMES = {
    # relation: the name that each of its rows goes by, and their order
    "owners": ("related.name", "related.name"),
    "assignees": ("related.email", "related.email"),
    "labels": ("related.name", "lower(related.name)"),
}

# Plain SQL: the names alone, where Django would make an object of everything that has one.
_ENTRIES = """
SELECT {columns}, json_build_object(
    'service', (SELECT service.slug FROM catalog_service AS service WHERE service.id = entry.service_id),
    'version', (SELECT max(version.history_id) FROM {history} AS version WHERE version.id = entry.id),
    {names}
) AS beside
FROM {table} AS entry WHERE entry.id = ANY(%s)
"""
_RELATED = """'{relation}', ARRAY(
        SELECT {name} FROM {between} AS between JOIN {related} AS related ON related.id = between.{other}
        WHERE between.{own} = entry.id ORDER BY {order}
    )"""


def entries_with_names(model: type[Entry], keys: Sequence[int]) -> list[Any]:
    """The entries of these keys, in their order. `beside` holds what a field says that is not on the row, by its name.

    That are the slug of the service, the number of the newest version, the owners, people and labels.
    """
    rows = read_rows(model, _question(model), [list(keys)], without=_UNSAID, then="beside")
    found = {entry.pk: entry for entry in rows}
    return [found[key] for key in keys if key in found]


@lru_cache
def _question(model: type[Entry]) -> str:
    related = [_related(relation) for relation in model._meta.many_to_many]
    return _ENTRIES.format(
        columns=columns_of(model, "entry", without=_UNSAID),
        history=history_of(model)._meta.db_table,
        names=",\n    ".join(related),
        table=model._meta.db_table,
    )


def _related(relation: Any) -> str:
    name, order = _NAMES[relation.name]
    return _RELATED.format(
        relation=relation.name,
        name=name,
        order=order,
        between=relation.m2m_db_table(),
        own=relation.m2m_column_name(),
        other=relation.m2m_reverse_name(),
        related=relation.related_model._meta.db_table,
    )
