"""The audit trail: one row for each write, chained by hash. The database refuses to change or delete a row."""

from django.conf import settings
from django.db import models

from apps.common.clock import now


class AuditEvent(models.Model):
    """Who did what to which object, when. `digest` covers the row and the digest before it."""

    at = models.DateTimeField(default=now, editable=False)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    actor_label = models.CharField("actor", max_length=254, help_text="The actor's name at the time, or what acted.")
    action = models.CharField(max_length=100, db_index=True, help_text="A past event, such as backup.queued.")
    subject_type = models.CharField(max_length=100)
    subject_id = models.CharField(max_length=100)
    subject_label = models.CharField("subject", max_length=300)
    details = models.JSONField(default=dict, blank=True)
    request_id = models.CharField(max_length=100, blank=True)
    previous_digest = models.CharField(max_length=64, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "audit event"
        indexes = [models.Index(fields=["subject_type", "subject_id"], name="audit_event_by_subject")]
        constraints = [models.UniqueConstraint(fields=["previous_digest"], name="audit_event_one_successor")]

    def __str__(self) -> str:
        return f"{self.action}: {self.subject_label}"

    def chained_content(self) -> dict[str, object]:
        """What the digest covers, besides the digest before it."""
        return {
            "at": self.at.isoformat(),
            "actor": self.actor_id,
            "actor_label": self.actor_label,
            "action": self.action,
            "subject": [self.subject_type, self.subject_id, self.subject_label],
            "details": self.details,
            "request_id": self.request_id,
        }
