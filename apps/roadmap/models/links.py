"""Where more about an entry is: pull requests, dashboards, runbooks."""

from django.conf import settings
from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q

from apps.common.clock import now
from apps.roadmap.models.entries import AboutEntry


class Link(AboutEntry):
    """An address on the web that belongs to an entry."""

    class Kind(models.TextChoices):
        PULL_REQUEST = "pull_request", "Pull request"
        DASHBOARD = "dashboard", "Dashboard"
        RUNBOOK = "runbook", "Runbook"
        DOCUMENT = "document", "Document"
        OTHER = "other", "Other"

    kind = models.CharField(max_length=20, choices=Kind, default=Kind.OTHER)
    url = models.URLField("address", max_length=1000, validators=[URLValidator(schemes=["http", "https"])])
    title = models.CharField(max_length=200, blank=True)
    added_at = models.DateTimeField("added", default=now, editable=False)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    class Meta(AboutEntry.Meta):
        ordering = ["kind", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["content_type", "object_id", "url"], name="roadmap_link_once"),
            models.CheckConstraint(condition=Q(url__iregex=r"^https?://"), name="roadmap_link_is_of_the_web"),
        ]

    def __str__(self) -> str:
        return self.title or self.url
