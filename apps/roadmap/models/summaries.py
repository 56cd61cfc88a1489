"""What is kept of each environment's readiness, and how it is known whether that still holds."""

from typing import Any

from django.db import models

from apps.catalog.models import Environment
from apps.common.clock import now

CLUSTER = "(SELECT system_identifier FROM pg_control_system())"


class TransactionField(models.Field):
    """The number of a database transaction, which never comes again."""

    def db_type(self, connection: Any) -> str:
        return "xid8"


class SnapshotField(models.Field):
    """Which transactions a reader of the database could see."""

    def db_type(self, connection: Any) -> str:
        return "pg_snapshot"


class ServiceChange(models.Model):
    """Something was written that a service's readiness is computed from. Only triggers write it: see note_changes.

    One row for each service and transaction, and no foreign key: writers of one service do not wait for each other.
    """

    service_id = models.BigIntegerField()
    transaction = TransactionField()

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["service_id"], name="roadmap_change_of_service")]


class ServiceSummary(models.Model):
    """The figures of an environment's readiness, for pages that show many services. Derived, and shown while current.

    Whoever shows it first calls `bring_up_to_date`: nothing but the comparison with the changes keeps it green.
    """

    environment = models.OneToOneField(Environment, models.CASCADE, related_name="summary")
    decision = models.CharField(max_length=20)
    regression = models.CharField(max_length=200, blank=True, help_text="What the launch said, and what holds today.")
    digest = models.CharField(max_length=64)
    blocking = models.PositiveIntegerField()
    contradictions = models.PositiveIntegerField()
    criteria_proven = models.PositiveIntegerField()
    criteria_total = models.PositiveIntegerField()
    milestones_claimed_done = models.PositiveIntegerField()
    milestones_total = models.PositiveIntegerField()
    standings = models.JSONField(default=dict, help_text="How many criteria have each standing.")
    milestones = models.JSONField(default=list, help_text="Each milestone with its standing, in the documents' order.")
    computed_at = models.DateTimeField(default=now)
    valid_until = models.DateTimeField(help_text="From here on time alone may have changed it.")
    snapshot = SnapshotField(null=True, help_text="Empty when it was computed amid writes, and holds for nobody else.")
    cluster = models.BigIntegerField(help_text="The database cluster that numbered the transactions.")
    made_by = models.CharField(max_length=64, help_text="The digest of the code that computed it.")

    class Meta:
        verbose_name_plural = "service summaries"
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.environment}: {self.decision}"
