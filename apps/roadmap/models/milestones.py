"""Milestones, and the numbered work items inside or beside them."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from apps.catalog.models import Team
from apps.roadmap.engines.dates import Precision
from apps.roadmap.engines.entries import MilestoneKind
from apps.roadmap.models.entries import ClaimedEntry, Entry


class Priority(models.TextChoices):
    """How much depends on it."""

    CRITICAL = "critical", "Critical"
    HIGH = "high", "High"
    MEDIUM = "medium", "Medium"
    LOW = "low", "Nice to have"


class Milestone(ClaimedEntry):
    """A stage on the way to production, with owners, a target date and acceptance criteria."""

    code = models.CharField(max_length=20, blank=True, help_text="Such as M0.")
    title = models.CharField(max_length=300)
    kind = models.CharField(max_length=10, choices=MilestoneKind, default=MilestoneKind.MILESTONE)
    owners = models.ManyToManyField(Team, blank=True, related_name="milestones")
    target_starts_on = models.DateField("target from", null=True, blank=True)
    target_on = models.DateField("target date", null=True, blank=True, help_text="The last day of the target period.")
    target_precision = models.CharField(max_length=10, choices=Precision, default=Precision.DAY)
    objectives = models.TextField(blank=True)
    priority = models.CharField(max_length=10, choices=Priority, blank=True)

    history = HistoricalRecords(m2m_fields=[owners])

    class Meta(ClaimedEntry.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(target_starts_on__isnull=True) | Q(target_on__gte=F("target_starts_on")),
                name="roadmap_milestone_target_in_order",
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}".strip()

    def is_overdue(self, at: datetime) -> bool:
        """The target's last day is over, and nobody says it is finished."""
        return bool(self.target_on and not self.is_finished and at.date() > self.target_on)


class WorkItem(Entry):
    """A numbered piece of work, with a priority."""

    milestone = models.ForeignKey(Milestone, models.CASCADE, null=True, blank=True, related_name="work_items")
    number = models.CharField(max_length=20, blank=True)
    title = models.CharField(max_length=300)
    priority = models.CharField(max_length=10, choices=Priority, blank=True)
    effort = models.CharField(max_length=100, blank=True)
    impact = models.TextField(blank=True)
    current_state = models.TextField(blank=True)

    history = HistoricalRecords()

    class Meta(Entry.Meta):
        verbose_name = "work item"

    def __str__(self) -> str:
        return f"{self.number}. {self.title}" if self.number else self.title
