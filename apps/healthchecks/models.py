"""Pulses of Seaworthy's own processes; monitors of services and what they saw."""

from datetime import datetime
from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from apps.catalog.models import Environment
from apps.common.clock import now
from apps.common.dialling.urls import UrlRefused, parse_url
from apps.common.runs import Run, RunQuerySet

SHORTEST_INTERVAL_SECONDS = 10
LONGEST_INTERVAL_SECONDS = 24 * 60 * 60
LONGEST_TIMEOUT_SECONDS = 30


def validate_url(value: str) -> None:
    """Raise ValidationError unless the address may be asked."""
    try:
        parse_url(value)
    except UrlRefused as error:
        raise ValidationError(error.message) from error


class Pulse(models.Model):
    """When one of Seaworthy's own processes last showed that it works."""

    name = models.CharField(max_length=30, unique=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class MonitorQuerySet(models.QuerySet["Monitor"]):
    """Named filters of monitors."""

    def enabled(self) -> Self:
        """Those that are probed."""
        return self.filter(is_enabled=True)


class Monitor(models.Model):
    """The address of a service's environment that is asked again and again."""

    environment = models.OneToOneField(Environment, models.CASCADE, related_name="monitor")
    url = models.CharField("address", max_length=2000, validators=[validate_url])
    interval_seconds = models.PositiveIntegerField(
        default=60,
        validators=[MinValueValidator(SHORTEST_INTERVAL_SECONDS), MaxValueValidator(LONGEST_INTERVAL_SECONDS)],
    )
    timeout_seconds = models.PositiveIntegerField(
        default=10, validators=[MinValueValidator(1), MaxValueValidator(LONGEST_TIMEOUT_SECONDS)]
    )
    expected_status = models.PositiveIntegerField(
        default=200,
        validators=[MinValueValidator(100), MaxValueValidator(599)],
        help_text="Redirects are followed, unless a redirect is what is expected.",
    )
    is_enabled = models.BooleanField("enabled", default=True)
    created_at = models.DateTimeField("created", default=now, editable=False)

    objects = MonitorQuerySet.as_manager()

    class Meta:
        ordering = ["environment"]
        constraints = [
            models.CheckConstraint(
                condition=Q(interval_seconds__range=(SHORTEST_INTERVAL_SECONDS, LONGEST_INTERVAL_SECONDS)),
                name="healthchecks_monitor_interval_in_range",
            ),
            models.CheckConstraint(
                condition=Q(timeout_seconds__range=(1, LONGEST_TIMEOUT_SECONDS)),
                name="healthchecks_monitor_timeout_in_range",
            ),
            models.CheckConstraint(
                condition=Q(timeout_seconds__lte=F("interval_seconds")),
                name="healthchecks_monitor_timeout_within_interval",
                violation_error_message="The timeout must not be longer than the interval.",
            ),
            models.CheckConstraint(
                condition=Q(expected_status__range=(100, 599)), name="healthchecks_monitor_status_is_http"
            ),
        ]

    def __str__(self) -> str:
        return str(self.environment)


class ProbeRunQuerySet(RunQuerySet["ProbeRun"]):
    """Named filters of probe runs."""


class ProbeRun(Run):
    """One window of time in which monitors are asked, or one request to ask them at once."""

    monitor_ids = ArrayField(models.BigIntegerField(), editable=False)

    objects: ClassVar = ProbeRunQuerySet.as_manager()

    class Meta(Run.Meta):
        constraints = [
            *Run.Meta.constraints,
            models.UniqueConstraint(fields=["scheduled_for"], name="healthchecks_one_run_per_window"),
        ]

    def __str__(self) -> str:
        return f"{len(self.monitor_ids)} monitors at {self.scheduled_for or self.queued_at:%Y-%m-%d %H:%M:%S}"


class ProbeResultQuerySet(models.QuerySet["ProbeResult"]):
    """Named filters of results."""

    def scheduled_between(self, start: datetime, end: datetime) -> Self:
        """Results of the schedule, after the start and up to the end. Those asked for by hand do not count."""
        return self.filter(covers_seconds__gt=0, scheduled_at__gt=start, scheduled_at__lte=end)


class ProbeResult(models.Model):
    """One answer, or the lack of one. It stands for the seconds until the monitor is asked again."""

    monitor = models.ForeignKey(Monitor, models.CASCADE, related_name="results")
    run = models.ForeignKey(ProbeRun, models.CASCADE, related_name="results")
    scheduled_at = models.DateTimeField("scheduled")
    started_at = models.DateTimeField("started")
    covers_seconds = models.PositiveIntegerField(help_text="Zero when it was asked for by hand.")
    duration_milliseconds = models.FloatField("duration in ms")
    attempts = models.PositiveSmallIntegerField(default=1)
    status_code = models.PositiveIntegerField(null=True, blank=True)
    is_up = models.BooleanField("up")
    error = models.CharField(max_length=300, blank=True)

    objects = ProbeResultQuerySet.as_manager()

    class Meta:
        ordering = ["-scheduled_at"]
        constraints = [
            models.UniqueConstraint(fields=["monitor", "scheduled_at"], name="healthchecks_one_result_per_instant"),
            models.CheckConstraint(
                condition=Q(is_up=True, error="") | (Q(is_up=False) & ~Q(error="")),
                name="healthchecks_result_down_has_error",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.monitor}: {'up' if self.is_up else self.error}"
