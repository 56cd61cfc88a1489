"""What people and documents changed differently."""

from django.contrib.contenttypes.prefetch import GenericPrefetch

from apps.roadmap.models import Conflict, CostLine, Criterion, Milestone, Risk, Task, WorkItem
from apps.roadmap.models.conflicts import ConflictQuerySet

_ENTRIES = (
    Milestone.objects.prefetch_related("owners"),
    WorkItem.objects.prefetch_related("owners"),
    Task.objects.prefetch_related("owners"),
    Criterion.objects.prefetch_related("owners"),
    Risk.objects.prefetch_related("owners", "mitigations"),
    CostLine.objects.all(),
)


def conflicts_with_entries() -> ConflictQuerySet:
    """Conflicts with the values that their entries have now, in a number of queries that does not grow."""
    return Conflict.objects.select_related("content_type", "settled_by").prefetch_related(
        GenericPrefetch("entry", [entries.all() for entries in _ENTRIES])
    )
