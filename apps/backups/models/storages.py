"""Where backups are kept, and which backup is where."""

from datetime import datetime, timedelta
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from apps.common.fields import EncryptedTextField


class StorageKind(models.TextChoices):
    """The kinds of place that keep backups."""

    FOLDER = "folder", "Folder"
    S3 = "s3", "S3 or compatible"


class Storage(models.Model):
    """One place that keeps backups: a folder of the workers, or a bucket."""

    name = models.SlugField(unique=True)
    kind = models.CharField(max_length=10, choices=StorageKind, default=StorageKind.FOLDER)
    folder = models.CharField(max_length=500, blank=True, help_text="Empty: the folder that BACKUP_DIRECTORY names.")
    endpoint_url = models.URLField("endpoint", blank=True, help_text="Empty: Amazon's own.")
    region = models.CharField(max_length=50, blank=True)
    bucket = models.CharField(max_length=63, blank=True)
    prefix = models.CharField(max_length=200, blank=True, help_text="Comes before every key, such as seaworthy/.")
    access_key_id = models.CharField("access key id", max_length=128, blank=True)
    secret_access_key = EncryptedTextField(blank=True, help_text="Encrypted at rest, and never shown again.")
    locked_days = models.PositiveSmallIntegerField(
        "locked for days", default=0, help_text="Objects are locked for so long (object lock). 0: not locked."
    )
    gigabyte_month_cost = models.DecimalField(
        "cost of a GB for a month", max_digits=8, decimal_places=4, null=True, blank=True
    )
    is_enabled = models.BooleanField("enabled", default=True)
    checked_at = models.DateTimeField("checked", null=True, blank=True, editable=False)
    check_findings = models.JSONField(default=list, blank=True, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=StorageKind.FOLDER) | (Q(kind=StorageKind.S3) & ~Q(bucket="")),
                name="backups_storage_s3_has_bucket",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.kind == StorageKind.S3 and not self.bucket:
            raise ValidationError({"bucket": "An S3 storage needs the name of its bucket."})


class BackupCopyQuerySet(models.QuerySet["BackupCopy"]):
    """Named filters of copies."""

    def stored(self) -> Self:
        """Written whole, neither removed nor about to be."""
        return self.filter(stored_at__isnull=False, removal_asked_at__isnull=True, removed_at__isnull=True)

    def wanted(self) -> Self:
        """To be written yet."""
        return self.filter(stored_at__isnull=True, removal_asked_at__isnull=True, removed_at__isnull=True)

    def being_removed(self) -> Self:
        """Asked to be removed, and not yet confirmed to be gone."""
        return self.filter(removal_asked_at__isnull=False, removed_at__isnull=True)

    def removable(self, at: datetime) -> Self:
        """Neither locked any more nor waiting after a failed attempt."""
        return self.filter(Q(removal_due_at__isnull=True) | Q(removal_due_at__lte=at))


class BackupCopy(models.Model):
    """One backup in one storage: wanted, stored, verified, being removed, removed."""

    backup = models.ForeignKey("backups.Backup", models.PROTECT, related_name="copies")
    storage = models.ForeignKey(Storage, models.PROTECT, related_name="copies")
    stored_at = models.DateTimeField("stored", null=True, editable=False)
    verified_at = models.DateTimeField("read back", null=True, editable=False)
    removal_asked_at = models.DateTimeField("to be removed since", null=True, editable=False)
    removed_at = models.DateTimeField("removed", null=True, editable=False)
    error = models.TextField(blank=True, editable=False, help_text="Why the last attempt on it failed.")
    removal_attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    removal_due_at = models.DateTimeField(
        "removed not before", null=True, editable=False, help_text="After a failed attempt, or until its lock ends."
    )

    objects = BackupCopyQuerySet.as_manager()

    class Meta:
        verbose_name = "copy"
        verbose_name_plural = "copies"
        ordering = ["backup", "storage"]
        constraints = [
            models.UniqueConstraint(fields=["backup", "storage"], name="backups_one_copy_per_storage"),
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True) | Q(removal_asked_at__isnull=False),
                name="backups_copy_removed_when_asked",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.backup} in {self.storage}"

    @property
    def locked_until(self) -> datetime | None:
        """When its object lock ends, where its storage locks."""
        days = self.storage.locked_days
        return self.stored_at + timedelta(days=days) if self.stored_at and days else None

    def ask_removal(self, *, at: datetime) -> bool:
        """Ask for its removal, not before its lock has ended. False: it was asked for before."""
        waiting = BackupCopy.objects.filter(pk=self.pk, removal_asked_at__isnull=True)
        return waiting.update(removal_asked_at=at, removal_due_at=self.locked_until) == 1

    def note_removed(self, *, at: datetime) -> bool:
        """Note that the storage was seen without it. False: that was noted before."""
        going = BackupCopy.objects.being_removed().filter(pk=self.pk)
        return going.update(removed_at=at, error="", removal_due_at=None) == 1
