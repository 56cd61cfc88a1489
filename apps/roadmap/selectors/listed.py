"""Entries for lists: with what stands beside each as plain lists, since a manager for every entry costs far more."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Prefetch, QuerySet

from apps.common.since_write import answers_since_write
from apps.roadmap.models import Entry

_COUNT = "SELECT count(*) FROM {table} WHERE orphaned_at IS NULL"
_PAGE = "SELECT id FROM {table} WHERE orphaned_at IS NULL ORDER BY service_id, position, id LIMIT %s OFFSET %s"


class KeysInOrder:
    """The keys of a kind's current entries in order, which are counted and cut as a queryset is: in plain SQL."""

    def __init__(self, model: type[Entry]) -> None:
        self._table = model._meta.db_table

    def count(self) -> int:
        """How many there are. They are counted row by row, so only after something was written."""
        question, answers = _COUNT.format(table=self._table), answers_since_write()
        if question not in answers:
            with connection.cursor() as cursor:
                cursor.execute(question)
                answers[question] = int(cursor.fetchone()[0])
        return int(answers[question])

    def __getitem__(self, cut: slice) -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute(_PAGE.format(table=self._table), [cut.stop - cut.start, cut.start])
            return [key for (key,) in cursor.fetchall()]


def with_listed(entries: QuerySet[Any]) -> QuerySet[Any]:
    """The same entries, each with its owners, people and labels as lists: `listed_owners` and so on."""
    return entries.prefetch_related(
        *(Prefetch(name, to_attr=f"listed_{name}") for name in ("owners", "assignees", "labels"))
    )


def rows_of_page(keys: Sequence[int], rows: QuerySet[Any]) -> list[Any]:
    """The rows of these keys, in their order. Keys are found by counting off an index.

    With everything that is read of a row, the same would be read of all rows that stand before the page.
    """
    found = {row.pk: row for row in rows.order_by().filter(pk__in=keys)}
    return [found[key] for key in keys if key in found]
