"""Databases that were seen on a server and that nobody protects."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from .databases import Database, Engine


class DiscoveredDatabaseQuerySet(models.QuerySet["DiscoveredDatabase"]):
    """Named filters of discovered databases."""

    def there(self) -> Self:
        """Seen by the newest look at their server."""
        return self.filter(gone_at__isnull=True)

    def unprotected(self) -> Self:
        """There, covered by no database of ours, and not set aside by a person."""
        return self.there().filter(ignored_at__isnull=True, covered_by__isnull=True)


class DiscoveredDatabase(models.Model):
    """One database on a server that a protected database lives on."""

    server = models.CharField(max_length=200, help_text="The same for every address of one server.")
    address = models.CharField(max_length=300, help_text="Host and port, as seen last.")
    engine = models.CharField(max_length=20, choices=Engine)
    name = models.CharField(max_length=200)
    size_bytes = models.PositiveBigIntegerField("size", null=True)
    seen_through = models.ForeignKey(
        Database, models.CASCADE, related_name="discoveries", help_text="Whose connection showed it."
    )
    covered_by = models.ForeignKey(
        Database, models.SET_NULL, null=True, blank=True, related_name="covers", help_text="What backs it up."
    )
    first_seen_at = models.DateTimeField("first seen")
    last_seen_at = models.DateTimeField("last seen")
    gone_at = models.DateTimeField("gone", null=True, blank=True)
    ignored_at = models.DateTimeField("set aside", null=True, blank=True)
    ignored_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="set aside by"
    )
    ignored_reason = models.CharField("why it needs no backup", max_length=200, blank=True)

    objects = DiscoveredDatabaseQuerySet.as_manager()

    class Meta:
        verbose_name = "unprotected database"
        ordering = ["address", "name"]
        constraints = [
            models.UniqueConstraint(fields=["server", "name"], name="backups_one_discovery_per_database"),
            models.CheckConstraint(
                condition=Q(ignored_at__isnull=True) | ~Q(ignored_reason=""), name="backups_set_aside_with_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} on {self.address}"

    @property
    def state(self) -> str:
        """Gone, protected, set aside, or else unprotected."""
        if self.gone_at is not None:
            return "gone"
        if self.covered_by_id is not None:
            return "protected"
        return "set_aside" if self.ignored_at is not None else "unprotected"
