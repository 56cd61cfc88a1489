"""How one database is protected: where its backups go, who can read them, how long they stay, and when work may run."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from apps.backups.engines.retention import PERIODS, Policy
from apps.backups.engines.rhythm import QuietHours

from .databases import Database
from .recipients import Recipient
from .storages import Storage

KEEPS = ["keep_hourly", "keep_daily", "keep_weekly", "keep_monthly", "keep_yearly"]


class Plan(models.Model):
    """The rules for one database; its schedules say when."""

    database = models.OneToOneField(Database, models.CASCADE, related_name="plan")
    storages = models.ManyToManyField(Storage, related_name="plans", help_text="Every backup goes to each of them.")
    recipients = models.ManyToManyField(
        Recipient, blank=True, related_name="plans", help_text="Who can decrypt. None: backups are not encrypted."
    )
    keep_newest = models.PositiveSmallIntegerField("newest kept", default=14, validators=[MinValueValidator(1)])
    keep_hourly = models.PositiveSmallIntegerField("hourly kept", default=0)
    keep_daily = models.PositiveSmallIntegerField("daily kept", default=0)
    keep_weekly = models.PositiveSmallIntegerField("weekly kept", default=0)
    keep_monthly = models.PositiveSmallIntegerField("monthly kept", default=0)
    keep_yearly = models.PositiveSmallIntegerField("yearly kept", default=0)
    keep_within = models.DurationField(null=True, blank=True, help_text="Everything younger is kept.")
    largest_size_bytes = models.PositiveBigIntegerField(
        "largest size of all", null=True, blank=True, help_text="Above it the oldest go, down to the proven floor."
    )
    proven_floor = models.PositiveSmallIntegerField(
        "proven kept", default=1, validators=[MinValueValidator(1)], help_text="The newest proven ones never go."
    )
    removal_grace = models.DurationField(
        "grace before a removal",
        default=timedelta(hours=24),
        help_text="What retention lets go stays for so long, and can be taken back.",
    )
    quiet_from = models.TimeField(null=True, blank=True, help_text="UTC. In quiet hours nothing starts by itself.")
    quiet_until = models.TimeField(null=True, blank=True)
    prove_again_after = models.DurationField(
        "proven again after",
        default=timedelta(days=1),
        help_text="A scheduled drill of an unchanged backup restores it again after so long. 00:00:00: each time.",
    )
    priority = models.SmallIntegerField(default=0, help_text="The higher goes first when several are due.")
    frozen_because = models.CharField(
        "removals rest because", max_length=500, blank=True, editable=False, help_text="Empty: retention works."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(keep_newest__gte=1, proven_floor__gte=1), name="backups_plan_keeps_something"
            ),
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="backups_plan_quiet_hours_have_both_ends",
            ),
            models.CheckConstraint(
                condition=Q(removal_grace__gte=timedelta(0)), name="backups_plan_removal_grace_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"Plan of {self.database}"

    def clean(self) -> None:
        if (self.quiet_from is None) != (self.quiet_until is None):
            raise ValidationError({"quiet_until": "Quiet hours need both a beginning and an end."})
        if self.quiet_from is not None and self.quiet_from == self.quiet_until:
            raise ValidationError({"quiet_until": "Quiet hours that end when they begin would never be over."})

    @property
    def quiet_hours(self) -> QuietHours | None:
        """When nothing starts by itself."""
        if self.quiet_from is None or self.quiet_until is None:
            return None
        return QuietHours(self.quiet_from, self.quiet_until)

    @property
    def policy(self) -> Policy:
        """The part that retention reads."""
        return Policy(
            newest=self.keep_newest,
            periods={name: getattr(self, f"keep_{name}") for name in PERIODS},
            within=self.keep_within,
            largest_size_bytes=self.largest_size_bytes,
            proven_floor=self.proven_floor,
        )
