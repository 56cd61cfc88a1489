"""Where backups are kept, and which backup is where."""

from datetime import datetime, timedelta
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from apps.common.dialling.urls import UrlRefused, parse_url
from apps.common.fields import EncryptedTextField
from apps.common.runs import LEASE

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)


class StorageKind(models.TextChoices):
    """The kinds of place that keep backups."""

    FOLDER = "folder", "Folder"
    S3 = "s3", "S3 or compatible"


class LockMode(models.TextChoices):
    """Who can end an object lock early."""

    COMPLIANCE = "COMPLIANCE", "Nobody (compliance)"
    GOVERNANCE = "GOVERNANCE", "Who has a permission of its own (governance)"


class Storage(models.Model):
    """One place that keeps backups: a folder of the workers, or a bucket."""

    name = models.SlugField(unique=True)
    kind = models.CharField(max_length=10, choices=StorageKind, default=StorageKind.FOLDER)
    folder = models.CharField(max_length=500, blank=True, help_text="Empty: the folder that BACKUP_DIRECTORY names.")
    endpoint_url = models.URLField("endpoint", blank=True, help_text="Empty: Amazon's own.")
    region = models.CharField(max_length=50, blank=True)
    bucket = models.CharField(max_length=63, blank=True)
    prefix = models.CharField(max_length=200, blank=True, help_text="Comes before every key, such as seaworthy/.")
    access_key_id = models.CharField(
        "access key id", max_length=128, blank=True, help_text="Empty: the role of the worker's own machine."
    )
    secret_access_key = EncryptedTextField(blank=True, help_text="Encrypted at rest, and never shown again.")
    locked_days = models.PositiveSmallIntegerField(
        "locked for days", default=0, help_text="Objects are locked for so long (object lock). 0: not locked."
    )
    lock_mode = models.CharField("who can unlock", max_length=10, choices=LockMode, default=LockMode.COMPLIANCE)
    reads_back = models.BooleanField(
        "reads everything back",
        default=False,
        help_text="Reads every byte again after it was stored. Otherwise its size and checksum are asked for.",
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
            models.CheckConstraint(
                condition=Q(locked_days=0) | Q(kind=StorageKind.S3), name="backups_storage_locks_in_a_bucket"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def place(self) -> str:
        """Where it is, in short."""
        if self.kind == StorageKind.FOLDER:
            return self.folder or "the folder of BACKUP_DIRECTORY"
        return f"s3://{self.bucket}/{self.prefix}"

    def clean(self) -> None:
        if self.kind == StorageKind.S3 and not self.bucket:
            raise ValidationError({"bucket": "An S3 storage needs the name of its bucket."})
        if self.kind == StorageKind.FOLDER and self.locked_days:
            raise ValidationError({"locked_days": "A folder cannot lock objects. Choose a bucket, or 0 days."})
        if self.endpoint_url:
            self._check_endpoint()
        if bool(self.access_key_id) != bool(self.secret_access_key):
            raise ValidationError({"access_key_id": "An access key has an id and a secret. Give both, or neither."})

    def _check_endpoint(self) -> None:
        try:
            parse_url(self.endpoint_url)
        except UrlRefused as refused:
            raise ValidationError({"endpoint_url": refused.message}) from refused


class BackupCopyQuerySet(models.QuerySet["BackupCopy"]):
    """Named filters of copies."""

    def stored(self) -> Self:
        """Written whole, neither removed nor about to be, and not found missing."""
        return self.kept().filter(missing_at__isnull=True)

    def kept(self) -> Self:
        """Written whole, neither removed nor about to be: what the storage should hold."""
        return self.filter(stored_at__isnull=False, removal_asked_at__isnull=True, removed_at__isnull=True)

    def wanted(self) -> Self:
        """To be written yet."""
        return self.filter(stored_at__isnull=True, removal_asked_at__isnull=True, removed_at__isnull=True)

    def due(self, at: datetime) -> Self:
        """To be written now: nobody is writing it, and the pause after the last failure is over."""
        due = Q(not_before__isnull=True) | Q(not_before__lte=at)
        return self.wanted().filter(due, storage__is_enabled=True, backup__removed_at__isnull=True)

    def being_removed(self) -> Self:
        """Asked to be removed, and not yet confirmed to be gone."""
        return self.filter(removal_asked_at__isnull=False, removed_at__isnull=True)

    def removable(self, at: datetime) -> Self:
        """Neither locked any more, nor waiting after a failed attempt, nor being written by a worker."""
        due = Q(removal_due_at__isnull=True) | Q(removal_due_at__lte=at)
        return self.filter(due).exclude(stored_at__isnull=True, not_before__gt=at)


class BackupCopy(models.Model):
    """One backup in one storage: wanted, stored, verified, being removed, removed."""

    backup = models.ForeignKey("backups.Backup", models.PROTECT, related_name="copies")
    storage = models.ForeignKey(Storage, models.PROTECT, related_name="copies")
    stored_at = models.DateTimeField("stored", null=True, editable=False)
    verified_at = models.DateTimeField("read back", null=True, editable=False)
    removal_asked_at = models.DateTimeField("to be removed since", null=True, editable=False)
    removed_at = models.DateTimeField("removed", null=True, editable=False)
    missing_at = models.DateTimeField(
        "found missing", null=True, editable=False, help_text="The storage has it no more, though nobody removed it."
    )
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    not_before = models.DateTimeField(
        null=True, editable=False, help_text="While it is being written, or after a failure, nobody else starts."
    )
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

    @property
    def state(self) -> str:
        """How far it is, in a word."""
        if self.removed_at or self.removal_asked_at:
            return "removed" if self.removed_at else "being_removed"
        if self.missing_at:
            return "lost"
        if self.stored_at is None:
            return "failed" if self.error else "waiting"
        return "verified" if self.verified_at else "stored"

    def claim(self, *, at: datetime) -> bool:
        """Take the copy to write it. False means that it is not due, or another worker has it."""
        due = BackupCopy.objects.due(at).filter(pk=self.pk)
        claimed = due.update(not_before=at + LEASE, attempts=F("attempts") + 1)
        self.refresh_from_db()
        return claimed == 1

    def renew(self, *, at: datetime) -> bool:
        """Keep others from it while it is written. False means that it is no longer this worker's."""
        return self._mine().update(not_before=at + LEASE) == 1

    def put_off(self, error: str, *, at: datetime) -> None:
        """Try again later, each time after a longer pause."""
        pause = min(FIRST_PAUSE * 2 ** min(self.attempts - 1, 10), LONGEST_PAUSE)
        self._mine().update(not_before=at + pause, error=error)
        self.refresh_from_db()

    def finish(self, *, at: datetime) -> bool:
        """It is stored and was read back."""
        done = self._mine().update(stored_at=at, verified_at=at, missing_at=None, not_before=None, error="")
        self.refresh_from_db()
        return done == 1

    def _mine(self) -> models.QuerySet["BackupCopy"]:
        return BackupCopy.objects.wanted().filter(pk=self.pk, attempts=self.attempts)
