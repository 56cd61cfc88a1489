"""Backups and drills as rows: queued, running, ended, missed."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.common.runs import UNFINISHED, Run, RunQuerySet, RunStatus

from .databases import Database
from .recipients import Recipient
from .schedules import Schedule


class DatabaseRun(Run):
    """A run on one database, by its schedule or because somebody asked."""

    database = models.ForeignKey(Database, models.PROTECT, related_name="%(class)ss")
    schedule = models.ForeignKey(Schedule, models.SET_NULL, null=True, blank=True, related_name="%(class)ss")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    sent_at = models.DateTimeField(
        "sent to a worker", null=True, editable=False, help_text="A run that no worker takes is sent again."
    )
    stages = models.JSONField(
        default=list, blank=True, editable=False, help_text="Pairs of a stage and its seconds, in order."
    )

    class Meta(Run.Meta):
        abstract = True
        constraints = [
            *Run.Meta.constraints,
            models.UniqueConstraint(
                fields=["schedule", "scheduled_for"],
                condition=Q(schedule__isnull=False),
                name="%(app_label)s_%(class)s_one_per_slot",
            ),
            models.UniqueConstraint(
                fields=["database"],
                condition=Q(status__in=UNFINISHED),
                name="%(app_label)s_%(class)s_one_unfinished_per_database",
            ),
        ]

    @property
    def stage_rows(self) -> list[tuple[str, float]]:
        """Each stage with its seconds, in the order in which they happened."""
        return [(str(name), float(seconds)) for name, seconds in self.stages]

    @property
    def is_scheduled(self) -> bool:
        return self.scheduled_for is not None


class BackupRunQuerySet(RunQuerySet["BackupRun"]):
    """Named filters of backup runs."""


class BackupRun(DatabaseRun):
    """One attempt to back up one database, kept whether or not it worked."""

    objects: ClassVar = BackupRunQuerySet.as_manager()

    class Meta(DatabaseRun.Meta):
        verbose_name = "backup run"

    def __str__(self) -> str:
        return f"Backup run {self.pk} of {self.database}"

    @property
    def storage_key(self) -> str:
        """Where this attempt writes. Another claim of the same run would write elsewhere."""
        return f"{self.database.name}/{self.queued_at:%Y%m%dT%H%M%SZ}-{self.pk}-{self.fence}"


class DrillVerdict(models.TextChoices):
    """What a drill said of a backup. Empty, while or because it said nothing, is never green."""

    PROVEN = "proven", "Proven"
    FAILED = "failed", "Failed"
    COULD_NOT_VERIFY = "could_not_verify", "Could not verify"


class DrillRunQuerySet(RunQuerySet["DrillRun"]):
    """Named filters of drills."""

    def decisive(self) -> Self:
        """Those that could look, and so said something of their backup."""
        return self.of_backups().filter(verdict__in=[DrillVerdict.PROVEN, DrillVerdict.FAILED])

    def of_backups(self) -> Self:
        """Drills of whole backups."""
        return self.filter(is_point_in_time=False)

    def to_points(self) -> Self:
        """Drills that recovered to a point in time: they say something of the archive, not of a backup."""
        return self.filter(is_point_in_time=True)

    def restored(self) -> Self:
        """Those that restored a backup themselves and proved it."""
        return self.filter(verdict=DrillVerdict.PROVEN, satisfied_by__isnull=True)


class DrillRun(DatabaseRun):
    """One restore of one backup into a throwaway server. A run succeeds by reaching a verdict, whichever it is."""

    backup = models.ForeignKey(
        "backups.Backup",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="drills",
        help_text="The newest backup when the drill starts, unless one was chosen.",
    )
    is_point_in_time = models.BooleanField("to a point in time", default=False, editable=False)
    target_at = models.DateTimeField(
        "target", null=True, blank=True, editable=False, help_text="Empty until then: a moment shortly before now."
    )
    reached_at = models.DateTimeField(
        "reached", null=True, editable=False, help_text="The last transaction that the recovered server holds."
    )
    is_custody = models.BooleanField(
        "with one key alone",
        default=False,
        editable=False,
        help_text="Decrypted through a key's escrow, not from here.",
    )
    recipient = models.ForeignKey(
        Recipient, models.PROTECT, null=True, blank=True, editable=False, related_name="drills", verbose_name="key"
    )
    storage = models.ForeignKey(
        "backups.Storage",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="drills",
        help_text="Whose copy was drilled.",
    )
    verdict = models.CharField(max_length=20, choices=DrillVerdict, blank=True, editable=False)
    findings = models.JSONField(default=list, blank=True, editable=False)
    warnings = models.JSONField(
        default=list, blank=True, editable=False, help_text="Worth knowing; they refute nothing."
    )
    satisfied_by = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="satisfied",
        help_text="The earlier drill that proved the same bytes for the same checks; nothing was restored again.",
    )
    conditions_sha256 = models.CharField(
        max_length=64, blank=True, editable=False, help_text="Of what was proven, by which checks, by which drill."
    )
    rto_seconds = models.FloatField("recovery time", null=True, editable=False, help_text="All stages, in seconds.")
    rpo_seconds = models.FloatField(
        "recovery point", null=True, editable=False, help_text="The age of the snapshot when the drill ended."
    )
    tables = models.PositiveIntegerField(null=True, editable=False)
    rows = models.PositiveBigIntegerField(null=True, editable=False)
    size_bytes = models.PositiveBigIntegerField("size of the database", null=True, editable=False)

    objects: ClassVar = DrillRunQuerySet.as_manager()

    class Meta(DatabaseRun.Meta):
        verbose_name = "drill"
        constraints = [
            *DatabaseRun.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(status=RunStatus.SUCCEEDED) | Q(verdict__in=DrillVerdict.values),
                name="backups_drill_success_has_verdict",
            ),
            models.CheckConstraint(
                condition=Q(verdict="") | Q(status=RunStatus.SUCCEEDED), name="backups_drill_verdict_only_at_the_end"
            ),
            models.CheckConstraint(
                condition=~Q(verdict=DrillVerdict.PROVEN)
                | (Q(findings=[]) & (Q(rto_seconds__isnull=False) | Q(satisfied_by__isnull=False))),
                name="backups_drill_proven_has_no_findings",
            ),
            models.CheckConstraint(
                condition=~Q(verdict=DrillVerdict.PROVEN) | Q(backup__isnull=False) | Q(is_point_in_time=True),
                name="backups_drill_proves_a_backup",
            ),
            models.CheckConstraint(
                condition=~Q(verdict=DrillVerdict.PROVEN, is_point_in_time=True)
                | Q(target_at__isnull=False, reached_at__isnull=False),
                name="backups_drill_proven_point_was_reached",
            ),
            models.CheckConstraint(
                condition=~Q(verdict=DrillVerdict.PROVEN, is_custody=True) | Q(recipient__isnull=False),
                name="backups_drill_proven_custody_names_key",
            ),
            models.CheckConstraint(
                condition=Q(satisfied_by__isnull=True) | Q(verdict=DrillVerdict.PROVEN, rto_seconds__isnull=True),
                name="backups_drill_satisfied_measures_nothing",
            ),
        ]

    def __str__(self) -> str:
        return f"Drill {self.pk} of {self.database}"

    @property
    def outcome(self) -> str:
        """The verdict; of a run that ended without one, that it could not verify; before the end, its status."""
        if self.verdict:
            return self.verdict
        is_attempted = self.status in {RunStatus.FAILED, RunStatus.ERRORED}
        return DrillVerdict.COULD_NOT_VERIFY.value if is_attempted else self.status

    @property
    def meets_objectives(self) -> dict[str, Any]:
        """Whether the measured recovery time and point are within the database's objectives."""
        rto, rpo = self.database.rto_objective, self.database.rpo_objective
        return {
            "rto": self.rto_seconds is not None and self.rto_seconds <= rto.total_seconds(),
            "rpo": self.rpo_seconds is not None and self.rpo_seconds <= rpo.total_seconds(),
        }
