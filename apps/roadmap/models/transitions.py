"""When a criterion's standing changed, and what changed it. Written for readers; nothing is decided by it."""

from django.conf import settings
from django.db import models

from apps.catalog.models import Environment
from apps.common.clock import now
from apps.common.statuses import look_of
from apps.roadmap.models.criteria import Criterion


class StatusTransition(models.Model):
    """A criterion stood so, and from an instant on otherwise: with the cause, the actor, and what was known."""

    class Cause(models.TextChoices):
        FIRST_SEEN = "first_seen", "First seen"
        OBSERVATION = "observation", "New evidence"
        EXPIRY = "expiry", "Evidence ran out"
        EDIT = "edit", "Edited"
        IMPORT = "import", "Imported"
        BINDING = "binding", "Checks changed"
        WAIVER = "waiver", "Waiver"

    # The table only grows, while a criterion may be deleted; so the row outlives what it is about.
    criterion = models.ForeignKey(Criterion, models.DO_NOTHING, db_constraint=False, related_name="transitions")
    environment = models.ForeignKey(Environment, models.PROTECT, related_name="+")
    from_standing = models.CharField(max_length=20, blank=True)
    to_standing = models.CharField(max_length=20)
    cause = models.CharField(max_length=20, choices=Cause)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(help_text="When it became so, as exactly as can be known.")
    recorded_at = models.DateTimeField(default=now)
    input = models.JSONField(default=dict, help_text="What the standing follows from.")

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = "status transition"
        indexes = [models.Index(fields=["environment", "criterion", "-id"], name="roadmap_transitions_of")]

    def __str__(self) -> str:
        return f"{look_of(self.from_standing).word if self.from_standing else 'New'} → {look_of(self.to_standing).word}"
