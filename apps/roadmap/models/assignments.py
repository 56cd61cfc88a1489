"""Which teams own an entry, who works on it, and what it is labelled."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.catalog.models import Team
from apps.roadmap.engines.effort import read_effort
from apps.roadmap.models.entries import FINISHED_CLAIMS, EntryQuerySet
from apps.roadmap.models.labels import Label


class WorkQuerySet(EntryQuerySet):
    """Named filters of entries that people work on."""

    def of_person(self, person: Any) -> Self:
        """Assigned to the person, or owned by a team of theirs."""
        entries = self.model._default_manager
        mine = entries.filter(assignees=person).values("pk")
        of_my_teams = entries.filter(owners__members=person).values("pk")
        return self.filter(Q(pk__in=mine) | Q(pk__in=of_my_teams))

    def unowned(self) -> Self:
        """Neither a team nor a person answers for it."""
        return self.filter(owners__isnull=True, assignees__isnull=True)

    def unfinished(self) -> Self:
        """Somebody still has to work on it, people say."""
        return self.exclude(claim__in=FINISHED_CLAIMS)

    def overdue(self, today: date) -> Self:
        """Unfinished, and the target's last day is over."""
        return self.unfinished().filter(target_on__lt=today)

    def due_within(self, days: int, today: date) -> Self:
        """Unfinished, with a target today or in the next so many days."""
        return self.unfinished().filter(target_on__range=(today, today + timedelta(days=days)))


class WorkedEntry(models.Model):
    """An entry that teams own, that people are assigned to, and that carries labels."""

    owners = models.ManyToManyField(Team, blank=True, related_name="owned_%(class)ss")
    assignees = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="assigned_%(class)ss")
    labels = models.ManyToManyField(Label, blank=True, related_name="%(class)ss")

    objects = WorkQuerySet.as_manager()

    class Meta:
        abstract = True


class EffortEntry(models.Model):
    """An entry whose effort somebody estimated, in words."""

    effort = models.CharField(max_length=100, blank=True, help_text="Such as 3 days, 2 weeks, 4h or 1-2 days.")

    class Meta:
        abstract = True

    @property
    def effort_days(self) -> Decimal | None:
        """The effort in working days, by its upper end; None when the words name no length of time."""
        return read_effort(self.effort)
