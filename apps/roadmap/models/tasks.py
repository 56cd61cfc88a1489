"""Tasks: what is ticked off."""

from django.db import models
from simple_history.models import HistoricalRecords

from apps.common.wording import shortened
from apps.roadmap.models.assignments import EffortEntry, WorkedEntry
from apps.roadmap.models.entries import TargetedEntry
from apps.roadmap.models.milestones import Milestone, WorkItem


class Task(WorkedEntry, EffortEntry, TargetedEntry):
    """One box to tick. A sub-task stands on its parent's line."""

    milestone = models.ForeignKey(Milestone, models.CASCADE, null=True, blank=True, related_name="tasks")
    work_item = models.ForeignKey(WorkItem, models.CASCADE, null=True, blank=True, related_name="tasks")
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="subtasks")
    text = models.TextField()

    history = HistoricalRecords(m2m_fields=["owners", "assignees", "labels"])

    class Meta(TargetedEntry.Meta):
        pass

    def __str__(self) -> str:
        return shortened(self.text, 80)
