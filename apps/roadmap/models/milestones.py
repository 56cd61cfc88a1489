"""Milestones, and the numbered work items inside or beside them."""

from django.db import models
from simple_history.models import HistoricalRecords

from apps.roadmap.engines.entries import MilestoneKind
from apps.roadmap.engines.marks import Claim
from apps.roadmap.models.assignments import EffortEntry, WorkedEntry
from apps.roadmap.models.entries import TargetedEntry


class Priority(models.TextChoices):
    """How much depends on it."""

    CRITICAL = "critical", "Critical"
    HIGH = "high", "High"
    MEDIUM = "medium", "Medium"
    LOW = "low", "Nice to have"


class Milestone(WorkedEntry, TargetedEntry):
    """A stage on the way to production, with owners, a target date and acceptance criteria."""

    code = models.CharField(max_length=20, blank=True, help_text="Such as M0.")
    title = models.CharField(max_length=300)
    kind = models.CharField(max_length=10, choices=MilestoneKind, default=MilestoneKind.MILESTONE)
    objectives = models.TextField(blank=True)
    priority = models.CharField(max_length=10, choices=Priority, blank=True)

    history = HistoricalRecords(m2m_fields=["owners", "assignees", "labels"])

    class Meta(TargetedEntry.Meta):
        pass

    def __str__(self) -> str:
        return f"{self.code} {self.title}".strip()


class WorkItem(WorkedEntry, EffortEntry, TargetedEntry):
    """A numbered piece of work, with a priority. Its claim is unknown where its document says nothing of it."""

    milestone = models.ForeignKey(Milestone, models.CASCADE, null=True, blank=True, related_name="work_items")
    number = models.CharField(max_length=20, blank=True)
    title = models.CharField(max_length=300)
    claim = models.CharField(max_length=20, choices=Claim, default=Claim.UNKNOWN)
    priority = models.CharField(max_length=10, choices=Priority, blank=True)
    impact = models.TextField(blank=True)
    current_state = models.TextField(blank=True)

    history = HistoricalRecords(m2m_fields=["owners", "assignees", "labels"])

    class Meta(TargetedEntry.Meta):
        verbose_name = "work item"

    def __str__(self) -> str:
        return f"{self.number}. {self.title}" if self.number else self.title
