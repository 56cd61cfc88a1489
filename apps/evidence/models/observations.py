"""Observations: facts that were seen. Append-only; the database refuses to change or delete a row."""

from django.db import models
from django.db.models import Q

from apps.catalog.models import Environment
from apps.common.clock import now
from apps.evidence.contract import Trust

_NEWEST = ["environment", "verifier_key", "parameters_digest", "-observed_at"]


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

    class Meta:
        verbose_name = "observation"
        ordering = ["-recorded_at"]
        permissions = [("attest_evidence", "Can attest by own knowledge that something is so")]
        indexes = [
            models.Index(fields=_NEWEST, condition=Q(error=""), name="evidence_newest_answer"),
            models.Index(fields=_NEWEST, condition=~Q(error=""), name="evidence_newest_error"),
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
