"""Reports by mail: when, of what, to whom, and what came of each."""

from datetime import datetime
from typing import ClassVar, Self
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from apps.catalog.models import Service, Team
from apps.common.clock import now
from apps.common.runs import Run, RunQuerySet
from apps.common.slots import CronInvalid, CronSlots, check_cron
from apps.dashboards.engines.reports.formats import Format

_USER = settings.AUTH_USER_MODEL


def validate_cron(expression: str) -> None:
    """Refuse what is not a cron expression of five fields."""
    try:
        check_cron(expression)
    except CronInvalid as error:
        raise ValidationError(error.message, code="invalid") from error


def validate_time_zone(name: str) -> None:
    """Refuse what is no time zone."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        message = f"There is no time zone {name!r}. Write one such as Europe/Berlin or UTC."
        raise ValidationError(message, code="invalid") from error


class ReportScheduleQuerySet(models.QuerySet["ReportSchedule"]):
    """Named filters of schedules."""

    def active(self) -> Self:
        return self.filter(is_active=True)


class ReportSchedule(models.Model):
    """A report that is mailed again and again."""

    class Scope(models.TextChoices):
        SERVICE = "service", "One service"
        TEAM = "team", "The services of a team"
        ALL = "all", "All services"

    name = models.CharField(max_length=100, unique=True)
    scope = models.CharField("report of", max_length=10, choices=Scope, default=Scope.ALL)
    service = models.ForeignKey(Service, models.CASCADE, null=True, blank=True, related_name="report_schedules")
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="report_schedules")
    format = models.CharField(max_length=10, choices=[(each.value, each.label) for each in Format], default=Format.HTML)
    cron = models.CharField(
        "cron expression",
        max_length=100,
        validators=[validate_cron],
        help_text="Minute, hour, day, month, weekday: 0 8 * * 1 is each Monday at 8.",
    )
    time_zone = models.CharField(
        max_length=60, default="UTC", validators=[validate_time_zone], help_text="Such as Europe/Berlin."
    )
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+")
    teams = models.ManyToManyField(Team, blank=True, related_name="+", help_text="All their members.")
    is_active = models.BooleanField("active", default=True)
    starts_at = models.DateTimeField(default=now, editable=False)

    objects = ReportScheduleQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = "report schedule"
        constraints = [
            models.CheckConstraint(
                condition=Q(scope="service", service__isnull=False, team__isnull=True)
                | Q(scope="team", service__isnull=True, team__isnull=False)
                | Q(scope="all", service__isnull=True, team__isnull=True),
                name="dashboards_schedule_scope_has_its_subject",
                violation_error_message="Choose the service or the team that the report is of, and nothing else.",
            ),
            models.CheckConstraint(
                condition=Q(format__in=[each.value for each in Format]), name="dashboards_schedule_format_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def subject(self) -> str:
        """What the report is of, in words."""
        return str(self.service or self.team or self.get_scope_display())

    @property
    def slots(self) -> CronSlots:
        """When it is due."""
        return CronSlots(starts_at=self.starts_at, expression=self.cron, time_zone=ZoneInfo(self.time_zone))

    def next_due_at(self, at: datetime) -> datetime | None:
        """The first slot after the instant; none while it is switched off."""
        return self.slots.next(at) if self.is_active else None


class MailRun(Run):
    """One attempt to mail something. A worker is told of it again where none took it."""

    sent_at = models.DateTimeField(null=True, editable=False, help_text="When a worker was told of it.")

    class Meta(Run.Meta):
        abstract = True


class ReportRun(MailRun):
    """One report of a schedule: of a slot for everybody, or because a person asked for one, for that person."""

    schedule = models.ForeignKey(ReportSchedule, models.CASCADE, related_name="runs")
    requested_by = models.ForeignKey(_USER, models.SET_NULL, null=True, blank=True, related_name="+", editable=False)
    delivered_to = models.JSONField(default=list, editable=False, help_text="The addresses that got it.")

    objects: ClassVar = RunQuerySet.as_manager()

    class Meta(MailRun.Meta):
        constraints = [
            *MailRun.Meta.constraints,
            models.UniqueConstraint(fields=["schedule", "scheduled_for"], name="dashboards_reportrun_one_per_slot"),
        ]

    def __str__(self) -> str:
        return f"{self.schedule}, {self.queued_at:%Y-%m-%d %H:%M} UTC"

    def note_delivery(self, address: str) -> None:
        """Remember who has it, so that a run that is carried out again mails nobody twice."""
        self.delivered_to = [*self.delivered_to, address]
        ReportRun.objects.filter(pk=self.pk).update(delivered_to=self.delivered_to)


class DigestRun(MailRun):
    """The weekly digest of one person. One that had nothing to say has no items, and was not mailed."""

    recipient = models.ForeignKey(_USER, models.CASCADE, related_name="digests")
    items = models.PositiveIntegerField(default=0, editable=False)

    objects: ClassVar = RunQuerySet.as_manager()

    class Meta(MailRun.Meta):
        constraints = [
            *MailRun.Meta.constraints,
            models.UniqueConstraint(fields=["recipient", "scheduled_for"], name="dashboards_digestrun_one_per_week"),
        ]

    def __str__(self) -> str:
        return f"Digest of {self.recipient}"


class DigestRefusal(models.Model):
    """A person who wants no weekly digest."""

    person = models.OneToOneField(_USER, models.CASCADE, related_name="digest_refusal")
    at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return f"{self.person} wants no digest"
