"""Proofs of the drill itself: faults that it named or missed, healthy backups that it proved."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.common.runs import UNFINISHED, Run, RunQuerySet, RunStatus


class ProofRun(Run):
    """One proof of the drill. A run succeeds by reaching an answer, whichever it is."""

    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    sent_at = models.DateTimeField("sent to a worker", null=True, editable=False)
    holds = models.BooleanField(
        "the drill is proven",
        null=True,
        editable=False,
        help_text="Every fault was caught, and nothing alarmed for nothing.",
    )
    caught = models.PositiveIntegerField("faults caught", default=0, editable=False)
    missed = models.PositiveIntegerField("faults missed", default=0, editable=False)
    healthy = models.PositiveIntegerField("healthy drills", default=0, editable=False)
    false_alarms = models.PositiveIntegerField(default=0, editable=False)
    matrix = models.JSONField(default=dict, blank=True, editable=False)

    objects: ClassVar = RunQuerySet.as_manager()

    class Meta(Run.Meta):
        verbose_name = "proof of the drill"
        verbose_name_plural = "proofs of the drill"
        constraints = [
            *Run.Meta.constraints,
            models.UniqueConstraint(
                fields=["scheduled_for"], condition=Q(scheduled_for__isnull=False), name="backups_one_proof_per_slot"
            ),
            models.UniqueConstraint(
                fields=["status"], condition=Q(status__in=UNFINISHED), name="backups_one_proof_of_each_status"
            ),
            models.CheckConstraint(
                condition=Q(holds__isnull=True) | Q(status=RunStatus.SUCCEEDED), name="backups_proof_answers_at_the_end"
            ),
            models.CheckConstraint(
                condition=~Q(holds=True) | Q(missed=0, false_alarms=0, caught__gt=0), name="backups_proof_holds_wholly"
            ),
        ]

    def __str__(self) -> str:
        return f"Proof {self.pk} of the drill"

    @property
    def outcome(self) -> str:
        """Proven, failed, or could not verify; before the end, its status."""
        if self.holds is not None:
            return "proven" if self.holds else "failed"
        return "could_not_verify" if self.status in {RunStatus.FAILED, RunStatus.ERRORED} else self.status

    @property
    def faults(self) -> list[dict[str, Any]]:
        """What came of each fault, the missed ones first."""
        found: list[dict[str, Any]] = self.matrix.get("faults", [])
        return sorted(found, key=lambda fault: bool(fault["caught"]))
