"""Which milestone waits for which."""

from django.db import models
from django.db.models import F, Q

from apps.roadmap.models.milestones import Milestone


class Dependency(models.Model):
    """A milestone that cannot be reached before another one, of the same service or of a second one."""

    predecessor = models.ForeignKey(Milestone, models.CASCADE, related_name="followed_by")
    successor = models.ForeignKey(Milestone, models.CASCADE, related_name="waits_for")

    class Meta:
        ordering = ["successor", "predecessor"]
        verbose_name_plural = "dependencies"
        constraints = [
            models.UniqueConstraint(fields=["predecessor", "successor"], name="roadmap_dependency_once"),
            models.CheckConstraint(condition=~Q(predecessor=F("successor")), name="roadmap_dependency_not_on_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.successor} waits for {self.predecessor}"
