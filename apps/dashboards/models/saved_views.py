"""Lists of the admin as a person filtered them, under a name."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    """Named filters of saved views."""

    def seen_by(self, person: object) -> Self:
        """The person's own, and those that others share."""
        return self.filter(Q(owner=person) | Q(is_shared=True)).select_related("owner")


class SavedView(models.Model):
    """The filters, the search and the order of one list, for its owner or for all staff."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views", editable=False)
    list = models.CharField(max_length=100, help_text="The list it is of, such as roadmap.task.")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=2000, blank=True, help_text="The list's address after the question mark.")
    is_shared = models.BooleanField("shared", default=False, help_text="All staff see it above the list.")

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["list", "name", "pk"]
        verbose_name = "saved view"
        constraints = [models.UniqueConstraint(fields=["owner", "list", "name"], name="dashboards_saved_view_once")]

    def __str__(self) -> str:
        return self.name
