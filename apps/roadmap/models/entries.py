"""What every entry of a roadmap shares: where it stands in its document, and what people claim of it."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Self

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from apps.catalog.models import Service
from apps.roadmap.engines.dates import Precision
from apps.roadmap.engines.marks import Claim
from apps.roadmap.models.documents import Document

FIRST_YEAR, LAST_YEAR = 1900, 2099  # those that a document can say
FINISHED_CLAIMS = frozenset({Claim.DONE, Claim.NOT_APPLICABLE})


class EntryQuerySet(models.QuerySet):
    """Named filters of entries."""

    def current(self) -> Self:
        """Entries that the newest revision still holds, and those added by hand."""
        return self.filter(orphaned_at__isnull=True)

    def of_service(self, service: Service) -> Self:
        return self.filter(service=service)

    def roadmap_of_each(self, services: Iterable[int]) -> Self:
        """The current entries of several services, each in the order of its documents."""
        return self.current().filter(service__in=services).in_order()

    def in_order(self) -> Self:
        """By service, each in the order of its documents."""
        return self.order_by("service_id", "position", "pk")


class Entry(models.Model):
    """One thing that a roadmap says. It may stand in a document, or have been added by hand."""

    service = models.ForeignKey(Service, models.PROTECT, related_name="+")
    document = models.ForeignKey(Document, models.PROTECT, null=True, blank=True, related_name="+", editable=False)
    line = models.PositiveIntegerField(null=True, blank=True, editable=False, help_text="Counted from 1.")
    position = models.PositiveIntegerField(default=0, help_text="Orders the entries of a service.")
    section = models.CharField(max_length=500, blank=True, editable=False, help_text="The headings above it.")
    identity = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    spans = models.JSONField(
        default=dict, editable=False, help_text="Where each value stands: start and end character."
    )
    imported = models.JSONField(default=dict, editable=False, help_text="Each value as the document has it.")
    orphaned_at = models.DateTimeField("vanished", null=True, blank=True, editable=False)

    objects = EntryQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["service", "position", "pk"]
        indexes = [
            models.Index(
                fields=["service", "position", "id"],
                condition=Q(orphaned_at__isnull=True),
                name="%(app_label)s_%(class)s_order",
            )
        ]


class ClaimedEntry(Entry):
    """An entry of which a person says how far it is."""

    claim = models.CharField(max_length=20, choices=Claim, default=Claim.TODO)

    class Meta(Entry.Meta):
        abstract = True
        indexes = [
            *Entry.Meta.indexes,
            # So small that counting off it costs a list a third of counting off the table.
            models.Index(fields=["claim"], condition=Q(orphaned_at__isnull=True), name="%(app_label)s_%(class)s_claim"),
        ]

    def claim_as(self, claim: str, *, expected: str) -> bool:
        """Say how far it is, if it still is where the caller saw it. False: somebody else was faster."""
        changed = type(self)._default_manager.filter(pk=self.pk, claim=expected).update(claim=claim)
        self.refresh_from_db(fields=["claim"])
        return changed == 1

    @property
    def is_claimed_done(self) -> bool:
        return self.claim == Claim.DONE

    @property
    def is_finished(self) -> bool:
        """Nobody has to work on it any more, people say."""
        return self.claim in FINISHED_CLAIMS


class TargetedEntry(ClaimedEntry):
    """An entry that is to be finished on a day, or within a week, a month or a quarter."""

    target_starts_on = models.DateField("target from", null=True, blank=True)
    target_on = models.DateField("target date", null=True, blank=True, help_text="The last day of the target period.")
    target_precision = models.CharField(max_length=10, choices=Precision, default=Precision.DAY)

    class Meta(ClaimedEntry.Meta):
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(target_starts_on__isnull=True) | Q(target_on__gte=F("target_starts_on")),
                name="%(app_label)s_%(class)s_target_in_order",
            )
        ]

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        """Also refuse a day of a year that no document can say, and that pictures would have to reach to."""
        super().clean_fields(exclude=exclude)
        days = {name: getattr(self, name) for name in ("target_starts_on", "target_on") if name not in (exclude or ())}
        far = [name for name, day in days.items() if day and not FIRST_YEAR <= day.year <= LAST_YEAR]
        if far:
            raise ValidationError(dict.fromkeys(far, f"The year must be from {FIRST_YEAR} to {LAST_YEAR}."))

    def is_overdue(self, at: datetime) -> bool:
        """The target's last day is over, and nobody says it is finished."""
        return bool(self.target_on and not self.is_finished and at.date() > self.target_on)


class AboutEntry(models.Model):
    """A row about one entry of a roadmap, of whatever kind."""

    content_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+", editable=False)
    object_id = models.PositiveBigIntegerField(editable=False)
    entry: Any = GenericForeignKey()

    class Meta:
        abstract = True
        indexes = [models.Index(fields=["content_type", "object_id"])]
