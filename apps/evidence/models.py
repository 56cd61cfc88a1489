"""Observations: facts that were seen. Append-only; the database refuses to change or delete a row."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q

from apps.catalog.models import Environment
from apps.common.clock import now
from apps.evidence.contract import Trust


class ObservationQuerySet(models.QuerySet["ObservationRecord"]):
    """Named filters of observations."""

    def known_at(self, at: datetime) -> Self:
        """Recorded by the instant: what a reader of that time could see."""
        return self.filter(recorded_at__lte=at)

    def answers(self) -> Self:
        """Those with facts."""
        return self.filter(error="")

    def errors(self) -> Self:
        """Those that say why nothing could be seen."""
        return self.exclude(error="")

    def newest_of_each(self) -> Self:
        """The newest observation of each environment, verifier and set of parameters."""
        key = ("environment_id", "verifier_key", "parameters_digest")
        return self.order_by(*key, "-observed_at", "-pk").distinct(*key)


class ObservationRecord(models.Model):
    """What a verifier saw in an environment. Facts are kept by value; nothing points into the app that saw them."""

    environment = models.ForeignKey(Environment, models.PROTECT, related_name="observations")
    verifier_key = models.CharField("verifier", max_length=100)
    verifier_version = models.CharField(max_length=20)
    parameters = models.JSONField(default=dict, blank=True)
    parameters_digest = models.CharField(max_length=64, editable=False)
    facts = models.JSONField(default=dict, blank=True)
    error = models.TextField(blank=True, help_text="Why nothing could be seen; then there are no facts.")
    summary = models.CharField(max_length=500, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=500, blank=True, help_text="The address of the record behind the facts.")
    trust = models.CharField(max_length=10, choices=Trust)
    observed_at = models.DateTimeField("observed")
    recorded_at = models.DateTimeField("recorded", default=now)

    objects = ObservationQuerySet.as_manager()

    class Meta:
        verbose_name = "observation"
        ordering = ["-recorded_at"]
        indexes = [
            models.Index(
                fields=["environment", "verifier_key", "parameters_digest", "-observed_at"], name="evidence_newest"
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["environment", "verifier_key", "parameters_digest", "observed_at", "subject", "error"],
                name="evidence_observed_once",
            ),
            models.CheckConstraint(condition=Q(error="") | Q(facts={}), name="evidence_error_has_no_facts"),
        ]

    def __str__(self) -> str:
        return f"{self.verifier_key}: {self.summary or self.error or self.subject}"
