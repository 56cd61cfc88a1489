"""What is kept of each environment's readiness, and how it is known whether that still holds."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Exists, F, Func, OuterRef
from django.db.models.expressions import RawSQL

from apps.catalog.models import Environment
from apps.common.clock import now

_CLOCKS_DIFFER_BY = timedelta(minutes=1)
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


class ServiceSummaryQuerySet(models.QuerySet["ServiceSummary"]):
    """Named filters of summaries."""

    def current(self, at: datetime, made_by: str) -> Self:
        """Those that a fresh computation would repeat.

        Computed by the same code in the same database cluster, not outlived, and without a change that was not yet
        visible then: also not one of a transaction that was older, and committed later.
        """
        seen = Func(F("transaction"), OuterRef("snapshot"), function="pg_visible_in_snapshot")
        changes = ServiceChange.objects.filter(service_id=OuterRef("environment__service_id"))
        unseen = changes.annotate(is_seen=models.ExpressionWrapper(seen, models.BooleanField())).filter(is_seen=False)
        return self.filter(
            ~Exists(unseen),
            snapshot__isnull=False,
            made_by=made_by,
            cluster=RawSQL(CLUSTER, []),  # noqa: S611  a constant
            computed_at__lte=at + _CLOCKS_DIFFER_BY,
            valid_until__gt=at,
        )


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

    objects = ServiceSummaryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "service summaries"
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.environment}: {self.decision}"
