"""Rows that were added here, and stand in no document yet."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from apps.roadmap.models import CostLine, Criterion, Document, Milestone, Risk, Task, WorkItem
from apps.roadmap.services.row_values import Row
from apps.roadmap.services.wishes import parent_of, words_of

Key = tuple[str, str, Any]
KINDS = (Milestone, WorkItem, Task, Criterion, Risk, CostLine)
OF_SERVICE = "service_id = %(service)s AND document_id IS NULL AND orphaned_at IS NULL"
ANY_ADDED = " UNION ALL ".join(f'SELECT FROM "{kind._meta.db_table}" WHERE {OF_SERVICE}' for kind in KINDS)


def added_rows(document: Document) -> Iterator[Row]:
    """Those that belong to the document: by what they stand under, or since their service has no other."""
    if not _has_any(document.service_id):
        return
    is_only = not Document.objects.filter(service=document.service).exclude(pk=document.pk).exists()
    for rows in _by_kind(document, is_only=is_only):
        yield from rows.filter(document=None, orphaned_at=None, service=document.service).order_by("position", "pk")


def _has_any(service: int) -> bool:
    """Most services have none, which one question tells."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS ({ANY_ADDED})", {"service": service})
        return bool(cursor.fetchone()[0])


def _by_kind(document: Document, *, is_only: bool) -> Iterator[QuerySet[Any]]:
    under = Q(milestone__document=document) | Q(work_item__document=document)
    loose = Q(milestone=None, work_item=None) if is_only else Q(pk=None)
    # There are few of them, and mostly none: joins would cost more than queries that are seldom asked.
    yield Task.objects.filter(under | Q(parent__document=document) | loose).prefetch_related(
        "milestone", "work_item", "parent"
    )
    yield Criterion.objects.filter(under | loose).prefetch_related("milestone", "work_item")
    work_item = Q(work_item__document=document) | (Q(work_item=None) if is_only else Q(pk=None))
    yield CostLine.objects.filter(work_item).prefetch_related("work_item")
    if is_only:
        yield from (Milestone.objects.all(), WorkItem.objects.all(), Risk.objects.all())


class AddedRows:
    """Known again when a document holds them: by kind, words, and what they stand under."""

    def __init__(self, document: Document) -> None:
        self._rows: dict[Key, list[Row]] = defaultdict(list)
        for row in added_rows(document):
            self._rows[self._key(row, words_of(row))].append(row)

    def take(self, row: Row, words: str) -> Row | None:
        """The added row that a new one would repeat, once."""
        found = self._rows.get(self._key(row, words))
        return found.pop(0) if found else None

    def _key(self, row: Row, words: str) -> Key:
        parent = parent_of(row)
        # What is not saved yet is new itself, so nothing was added under it.
        return row._meta.model_name or "", words, parent and (parent._meta.model_name, parent.pk or id(parent))
