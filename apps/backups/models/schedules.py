"""When databases are backed up and drilled by themselves."""

from datetime import datetime, timedelta
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce

from apps.common.clock import now
from apps.common.slots import CronInvalid, CronSlots, IntervalSlots, Slots, check_cron

from .databases import Database, keeps_log

SHORTEST_INTERVAL = timedelta(minutes=1)


class Operation(models.TextChoices):
    """What a schedule starts."""

    BACKUP = "backup", "Backup"
    DRILL = "drill", "Drill"
    POINT_IN_TIME = "point_in_time", "Drill to a point in time"
    CUSTODY = "custody", "Drill with one escrowed key alone"


def validate_cron(expression: str) -> None:
    """Refuse what is not a cron expression of five fields."""
    try:
        check_cron(expression)
    except CronInvalid as error:
        raise ValidationError(error.message, code="invalid") from error


class ScheduleQuerySet(models.QuerySet["Schedule"]):
    """Named filters of schedules."""

    def active(self) -> Self:
        """Enabled, of a database that is enabled too."""
        return self.filter(is_enabled=True, database__is_enabled=True)

    def resting(self) -> Self:
        """The others."""
        return self.exclude(is_enabled=True, database__is_enabled=True)

    def urgent_first(self) -> Self:
        """By the priority of the plan, which a database that was never backed up does not have yet."""
        return self.order_by(Coalesce("database__plan__priority", 0).desc(), "pk")


class Schedule(models.Model):
    """Slots in UTC at which a backup or a drill is due: every interval, or by a cron expression."""

    database = models.ForeignKey(Database, models.CASCADE, related_name="schedules")
    operation = models.CharField(max_length=20, choices=Operation, default=Operation.BACKUP)
    interval = models.DurationField(null=True, blank=True, help_text="Such as 06:00:00 for every six hours.")
    cron = models.CharField(
        "cron expression", max_length=100, blank=True, validators=[validate_cron], help_text="UTC, such as 30 2 * * *."
    )
    starts_at = models.DateTimeField("from", default=now, help_text="No slot is earlier.")
    is_enabled = models.BooleanField("enabled", default=True)
    promised_from = models.DateTimeField(
        null=True, editable=False, help_text="No earlier slot is missed: the schedule rested, or had another rhythm."
    )
    promised_rhythm = models.CharField(max_length=200, blank=True, editable=False)

    objects = ScheduleQuerySet.as_manager()

    class Meta:
        ordering = ["database", "operation"]
        constraints = [
            models.UniqueConstraint(fields=["database", "operation"], name="backups_one_schedule_per_operation"),
            models.CheckConstraint(
                condition=(Q(interval__isnull=True) & ~Q(cron="")) | (Q(interval__isnull=False) & Q(cron="")),
                name="backups_schedule_interval_or_cron",
            ),
            models.CheckConstraint(
                condition=Q(interval__isnull=True) | Q(interval__gte=SHORTEST_INTERVAL),
                name="backups_schedule_interval_long_enough",
            ),
            models.CheckConstraint(
                condition=Q(operation__in=Operation.values), name="backups_schedule_operation_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_operation_display()} of {self.database}, {self.rhythm}"

    @property
    def rhythm(self) -> str:
        """How often, in words."""
        return f"every {self.interval}" if self.interval else f"at {self.cron} UTC"

    def rest(self) -> bool:
        """Promise nothing while it is disabled, so that nothing of that time is missed afterwards."""
        promising = Schedule.objects.filter(pk=self.pk, promised_from__isnull=False)
        return promising.update(promised_from=None) == 1

    def promise(self, *, at: datetime) -> datetime:
        """Since when its slots are promised: since now, when it rested or had another rhythm until now."""
        rhythm = f"{self.interval or self.cron} from {self.starts_at.isoformat()}"
        if self.promised_from is None or self.promised_rhythm != rhythm:
            self.promised_from, self.promised_rhythm = at, rhythm
            self.save(update_fields=["promised_from", "promised_rhythm"])
        return self.promised_from

    @property
    def slots(self) -> Slots:
        """When it is due."""
        if self.interval:
            return IntervalSlots(starts_at=self.starts_at, interval=self.interval)
        return CronSlots(starts_at=self.starts_at, expression=self.cron)

    def clean(self) -> None:
        if bool(self.interval) == bool(self.cron):
            raise ValidationError("Give either an interval or a cron expression.")
        if self.interval and self.interval < SHORTEST_INTERVAL:
            raise ValidationError({"interval": "An interval is at least a minute."})
        if self.operation == Operation.POINT_IN_TIME and not keeps_log(self.database.engine):
            message = "Points in time need the engine PostgreSQL by pgBackRest: the others keep no write-ahead log."
            raise ValidationError({"operation": message})
