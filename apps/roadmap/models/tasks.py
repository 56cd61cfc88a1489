"""Tasks: what is ticked off."""

from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
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
        constraints = [
            *TargetedEntry.Meta.constraints,
            models.CheckConstraint(condition=~Q(parent=F("pk")), name="roadmap_task_not_under_itself"),
        ]

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        """Also refuse a task that would be a step of itself, or of one of its own steps."""
        super().clean_fields(exclude=exclude)
        above, seen = (None if "parent" in (exclude or ()) else self.parent), {self.pk}
        while above is not None:
            if above.pk in seen:
                raise ValidationError({"parent": "A task cannot be a step of itself, or of one of its own steps."})
            seen.add(above.pk)
            above = above.parent

    def __str__(self) -> str:
        return shortened(self.text, 80)
