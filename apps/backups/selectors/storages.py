"""What storages hold."""

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from apps.backups.models import BackupCopy, Storage

STORED = Q(
    copies__stored_at__isnull=False,
    copies__removal_asked_at__isnull=True,
    copies__removed_at__isnull=True,
    copies__missing_at__isnull=True,
)


def with_contents(storages: QuerySet[Storage]) -> QuerySet[Storage]:
    """The storages with the number and the size of the backups in them, in one query."""
    return storages.annotate(
        stored_count=Count("copies", filter=STORED),
        stored_bytes=Coalesce(Sum("copies__backup__size_bytes", filter=STORED), 0),
    )


def copies_of(backup_id: int) -> QuerySet[BackupCopy]:
    """Where the backup is, was, or is to be."""
    return BackupCopy.objects.filter(backup=backup_id).select_related("storage").order_by("pk")
