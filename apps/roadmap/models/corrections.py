"""What people said a line of a document is, and texts that wait to be imported."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import MD5

from apps.catalog.models import Service
from apps.common.clock import now
from apps.common.wording import shortened
from apps.roadmap.engines.corrections import Becomes, Place
from apps.roadmap.engines.corrections import Correction as Said
from apps.roadmap.models.documents import Document


class CorrectionQuerySet(models.QuerySet["Correction"]):
    """Named filters of corrections."""

    def active(self) -> Self:
        """Those that hold."""
        return self.filter(is_active=True)

    def waiting(self) -> Self:
        """Those that hold, and whose line the newest text does not have."""
        return self.active().filter(line__isnull=True)

    def at(self, place: Place) -> Self:
        """Those of one line."""
        return self.filter(section=place.section, words=place.words, occurrence=place.occurrence)

    def as_said(self) -> list[Said]:
        """As the parser takes them."""
        return [correction.said for correction in self]


class Correction(models.Model):
    """What a person said a line is. It holds for later texts too, wherever the line moves."""

    document = models.ForeignKey(Document, models.CASCADE, related_name="corrections")
    section = models.TextField(blank=True, help_text="The headings above the line, in plain words.")
    words = models.TextField(help_text="The line without marks and punctuation.")
    occurrence = models.PositiveIntegerField(default=0, help_text="Which of several such lines.")
    line = models.PositiveIntegerField(null=True, blank=True, help_text="In the newest text; empty while it waits.")
    becomes = models.CharField(max_length=20, choices=Becomes)
    values = models.JSONField(default=dict, blank=True, help_text="What was read wrongly: text, claim, owner, target.")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField("made", default=now)
    is_active = models.BooleanField("holds", default=True)

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        ordering = ["document", "line", "pk"]
        constraints = [
            models.UniqueConstraint(
                "document",
                MD5("section"),
                MD5("words"),
                "occurrence",
                condition=Q(is_active=True),
                name="roadmap_one_active_correction_per_line",
            )
        ]

    def __str__(self) -> str:
        return f"“{shortened(self.words, 60)}” is {self.get_becomes_display().lower()}"

    @property
    def place(self) -> Place:
        """By what the line is known again."""
        return Place(self.section, self.words, self.occurrence)

    @property
    def said(self) -> Said:
        """The correction as the parser takes it."""
        return Said(self.place, Becomes(self.becomes), self.values, self.pk)

    def stand_at(self, line: int | None, places: Mapping[int, Place]) -> bool:
        """Note where the line stands in the newest text; not saved by this. Says whether that is another place."""
        place = self.place if line is None else places[line]
        if (line, place) == (self.line, self.place):
            return False
        self.line, self.section, self.words, self.occurrence = line, place.section, place.words, place.occurrence
        return True

    def undo(self) -> bool:
        """Let it hold no more. False: somebody else was faster."""
        changed = Correction.objects.active().filter(pk=self.pk).update(is_active=False)
        self.is_active = False
        return changed == 1


class ImportDraft(models.Model):
    """A text that somebody looked ahead at, kept for as long as they may decide."""

    LIFETIME = timedelta(minutes=30)

    service = models.ForeignKey(Service, models.CASCADE, related_name="+")
    name = models.CharField(max_length=300)
    raw = models.BinaryField(editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    source = models.CharField(max_length=1000, blank=True, help_text="The file in the server's folder of roadmaps.")
    source_revision = models.CharField(max_length=64, blank=True, help_text="The commit that it was read from.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    created_at = models.DateTimeField("created", default=now, db_index=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.name} for {self.service}"

    def has_waited_too_long(self, at: datetime) -> bool:
        """Whoever looked ahead has to look again."""
        return at >= self.created_at + self.LIFETIME
