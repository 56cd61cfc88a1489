"""Rows that were added here, and stand in no document yet."""

from collections import defaultdict
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from apps.roadmap.models import CostLine, Criterion, Document, Milestone, Risk, Task, WorkItem
from apps.roadmap.services.row_values import RELATED, Row
from apps.roadmap.services.wishes import PARENTS, code_of, key_of, parent_of, words_of

Key = tuple[str, str, Any]
KINDS = (Task, Criterion, CostLine, WorkItem, Milestone, Risk)
OF_SERVICE = "service_id = %(service)s AND document_id IS NULL AND orphaned_at IS NULL"
ANY_ADDED = " UNION ALL ".join(f'SELECT FROM "{kind._meta.db_table}" WHERE {OF_SERVICE}' for kind in KINDS)


def added_rows(document: Document) -> list[Row]:
    """Those that belong to the document: by what they stand under, or since it is the first of their service.

    Lists that stand inside others come before those.
    """
    if not _has_any(document.service_id):
        return []
    home = None if Document.objects.filter(service=document.service, pk__lt=document.pk).exists() else document.pk
    return [row for kind in KINDS for row in _added(kind, document) if (_document_of(row) or home) == document.pk]


def _has_any(service: int) -> bool:
    """Most services have none, which one question tells."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS ({ANY_ADDED})", {"service": service})
        return bool(cursor.fetchone()[0])


def _added(kind: type[Row], document: Document) -> QuerySet[Any]:
    """There are few of them, and mostly none: joins would cost more than queries that are seldom asked."""
    rows = kind._default_manager.filter(document=None, orphaned_at=None, service=document.service)
    names = {field.name for field in kind._meta.get_fields()}
    return rows.order_by("position", "pk").prefetch_related(*sorted(names & ({*PARENTS} | RELATED)))


def _document_of(row: Any) -> int | None:
    """The document that the nearest of what it stands under is in."""
    seen: set[Any] = set()
    while row is not None and row.document_id is None and key_of(row) not in seen:
        seen.add(key_of(row))
        row = parent_of(row)
    return row.document_id if row is not None else None


class AddedRows:
    """Known again when a document holds them: by kind, words, and what they stand under."""

    def __init__(self, document: Document) -> None:
        self._rows: dict[Key, list[Row]] = defaultdict(list)
        for row in added_rows(document):
            self._rows[self._key(row, words_of(row))].append(row)

    def take(self, row: Row, words: str, code: str) -> Row | None:
        """The added row that a new one would repeat, once; of several the one with its code."""
        found = self._rows.get(self._key(row, words), [])
        best = next((each for each in found if code_of(each) == code), found[0] if found else None)
        if best is not None:
            found.remove(best)
        return best

    def _key(self, row: Row, words: str) -> Key:
        parent = parent_of(row)
        # What is not saved yet is new itself, so nothing was added under it.
        words = " ".join(words.replace("\\|", "|").split())  # as they may stand in a table
        return row._meta.model_name or "", words, parent and (parent._meta.model_name, parent.pk or id(parent))
