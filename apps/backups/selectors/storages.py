"""What storages hold."""

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from apps.backups.engines.register import ENGINES, is_streamed
from apps.backups.models import Backup, BackupCopy, Plan, Storage
from apps.backups.models.backups import BackupQuerySet

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


def lacking_in(storage: Storage) -> BackupQuerySet:
    """The proven backups that are to stay, and that the storage of their plan was never told of."""
    listed = Backup.objects.stored().kept_here().proven()
    streamed = [key for key in ENGINES if is_streamed(key)]
    wanted = listed.filter(database__plan__storages=storage, removal_asked_at__isnull=True, engine__in=streamed)
    return wanted.exclude(copies__storage=storage)


def to_be_copied(plan: Plan) -> dict[Storage, int]:
    """How many of its backups each storage of the plan has yet to get."""
    counts = {storage: _to_come(plan, storage) for storage in plan.storages.filter(is_enabled=True)}
    return {storage: count for storage, count in counts.items() if count}


def _to_come(plan: Plan, storage: Storage) -> int:
    waiting = BackupCopy.objects.wanted().filter(storage=storage, backup__database=plan.database_id)
    return lacking_in(storage).filter(database=plan.database_id).count() + waiting.count()
