"""What people say to each other about an entry."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.common.clock import now
from apps.roadmap.models.entries import AboutEntry

EDITABLE_FOR = timedelta(minutes=15)


class Comment(AboutEntry):
    """Plain text by one person. Deleted, its place and its author stay."""

    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="comments", editable=False)
    text = models.TextField(max_length=10_000, blank=True)
    mentioned = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+", editable=False)
    written_at = models.DateTimeField("written", default=now, editable=False)
    edited_at = models.DateTimeField("edited", null=True, blank=True, editable=False)
    deleted_at = models.DateTimeField("deleted", null=True, blank=True, editable=False)

    class Meta(AboutEntry.Meta):
        ordering = ["written_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(deleted_at__isnull=True) ^ Q(text=""), name="roadmap_comment_has_text_until_deleted"
            )
        ]

    def __str__(self) -> str:
        return f"Comment by {self.author}"

    def may_be_edited(self, *, by: object, at: datetime) -> bool:
        """Its author may, for a quarter of an hour."""
        return self.author == by and self.deleted_at is None and at < self.written_at + EDITABLE_FOR

    def edit(self, text: str, *, at: datetime) -> bool:
        """Replace the text. False: it is deleted, or too old by now."""
        editable = Comment.objects.filter(pk=self.pk, deleted_at__isnull=True, written_at__gt=at - EDITABLE_FOR)
        changed = editable.update(text=text, edited_at=at)
        self.refresh_from_db(fields=["text", "edited_at", "deleted_at"])
        return changed == 1

    def delete_text(self, *, at: datetime) -> bool:
        """Keep only that there was one. False: it was deleted before."""
        changed = Comment.objects.filter(pk=self.pk, deleted_at__isnull=True).update(text="", deleted_at=at)
        self.refresh_from_db(fields=["text", "deleted_at"])
        return changed == 1
