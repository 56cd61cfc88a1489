"""Entries for lists: with what stands beside each as plain lists, since a manager for every entry costs far more."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Prefetch, QuerySet


def with_listed(entries: QuerySet[Any], *relations: str) -> QuerySet[Any]:
    """The same entries, each with the rows of a relation as the list `listed_<relation>`."""
    return entries.prefetch_related(*(Prefetch(name, to_attr=f"listed_{name}") for name in relations))


def rows_of_page(keys: Sequence[int], rows: QuerySet[Any]) -> list[Any]:
    """The rows of these keys, in their order. Keys are found by counting off an index.

    With everything that is read of a row, the same would be read of all rows that stand before the page.
    """
    found = {row.pk: row for row in rows.order_by().filter(pk__in=keys)}
    return [found[key] for key in keys if key in found]
