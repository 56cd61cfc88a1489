"""Runs of the security checks."""

from typing import ClassVar

from django.db import models

from apps.catalog.models import Environment
from apps.common.runs import Run, RunQuerySet


class SecurityCheckRunQuerySet(RunQuerySet["SecurityCheckRun"]):
    """Named filters of these runs."""


class SecurityCheckRun(Run):
    """One run of Django's deploy checks on this installation, and what they complained about."""

    environment = models.ForeignKey(Environment, models.CASCADE, related_name="security_check_runs", editable=False)
    criticals = models.PositiveIntegerField(null=True, editable=False)
    errors = models.PositiveIntegerField(null=True, editable=False)
    warnings = models.PositiveIntegerField(null=True, editable=False)
    findings = models.JSONField(default=list, editable=False)

    objects: ClassVar = SecurityCheckRunQuerySet.as_manager()

    class Meta(Run.Meta):
        constraints = [
            *Run.Meta.constraints,
            models.UniqueConstraint(fields=["environment", "scheduled_for"], name="security_one_run_per_slot"),
        ]

    def __str__(self) -> str:
        return f"{self.environment} at {self.queued_at:%Y-%m-%d %H:%M}"

    @property
    def is_clean(self) -> bool:
        """Whether it ended without a complaint."""
        return (self.criticals, self.errors, self.warnings) == (0, 0, 0)
