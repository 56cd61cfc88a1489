"""Conflicts: a person and a document changed the same value, each to something else."""

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.common.clock import now
from apps.roadmap.models.documents import Document, DocumentRevision
from apps.roadmap.models.entries import AboutEntry


class ConflictQuerySet(models.QuerySet["Conflict"]):
    """Named filters of conflicts."""

    def open(self) -> Self:
        """Those that nobody has settled."""
        return self.filter(settled_at__isnull=True)


class Conflict(AboutEntry):
    """One value of an entry that was changed here and in its document. The entry keeps ours until it is settled."""

    class Choice(models.TextChoices):
        OURS = "ours", "The value here"
        THEIRS = "theirs", "The document's value"
        OTHER = "other", "Another value"
        LAPSED = "lapsed", "No longer in conflict"  # a later text agrees, or no longer holds the entry

    document = models.ForeignKey(Document, models.CASCADE, related_name="conflicts")
    revision = models.ForeignKey(DocumentRevision, models.CASCADE, related_name="conflicts")
    field = models.CharField(max_length=50)
    base = models.JSONField("was", null=True, help_text="What the document and the entry said before both changed.")
    ours = models.JSONField("value here", null=True)
    theirs = models.JSONField("value in the document", null=True)
    raised_at = models.DateTimeField("raised", default=now)
    settled_at = models.DateTimeField("settled", null=True, blank=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    choice = models.CharField(max_length=10, choices=Choice, blank=True)

    objects = ConflictQuerySet.as_manager()

    class Meta(AboutEntry.Meta):
        ordering = ["document", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["content_type", "object_id", "field"],
                condition=Q(settled_at__isnull=True),
                name="roadmap_one_open_conflict_per_value",
            ),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True, choice="") | (Q(settled_at__isnull=False) & ~Q(choice="")),
                name="roadmap_conflict_settled_by_a_choice",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field_words} of {self.entry}"

    @property
    def field_words(self) -> str:
        return self.field.replace("_", " ")

    def settle(self, choice: str, *, at: datetime, by: Any = None) -> bool:
        """Close it, if it still is open. False: somebody else was faster."""
        still_open = Conflict.objects.open().filter(pk=self.pk)
        changed = still_open.update(choice=choice, settled_at=at, settled_by=by)
        self.refresh_from_db(fields=["choice", "settled_at", "settled_by"])
        return changed == 1
