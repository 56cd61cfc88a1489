"""Waivers: what need not be proven for a while, on somebody's word. What is active is derived when it is read."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.models import Case, F, Func, IntegerField, Q, Value, When

from apps.catalog.models import Environment
from apps.common.clock import now
from apps.roadmap.engines.waivers import last_day
from apps.roadmap.models.criteria import Criterion

SOON = timedelta(days=7)


class Phase(StrEnum):
    """Where a waiver is at an instant: its state, and the clock."""

    REQUESTED = "requested"
    ACTIVE = "active"
    UPCOMING = "upcoming"
    LAPSED = "lapsed"
    DENIED = "denied"
    REVOKED = "revoked"


class WaiverQuerySet(models.QuerySet["Waiver"]):
    """Named filters of waivers."""

    def requested(self) -> Self:
        """Those that wait for a decision."""
        return self.filter(state=Waiver.State.REQUESTED)

    def approved(self) -> Self:
        """Those that were approved and not revoked, whether or not their time has come or gone."""
        return self.filter(state=Waiver.State.APPROVED)

    def ending_soon(self, at: datetime) -> Self:
        """Those that hold, and end within a week."""
        return self.in_phase(Phase.ACTIVE, at).filter(ends_at__lte=at + SOON)

    def by_urgency(self, at: datetime) -> Self:
        """Those that wait for a decision first, then those that hold or will, the next end first."""
        waits, holds = Q(state=Waiver.State.REQUESTED), Q(state=Waiver.State.APPROVED, ends_at__gt=at)
        urgency = Case(When(waits, then=0), When(holds, then=1), default=2, output_field=IntegerField())
        return self.alias(urgency=urgency).order_by("urgency", "ends_at", "pk")

    def in_phase(self, phase: str, at: datetime) -> Self:
        """Those in the phase at the present instant."""
        match phase:
            case Phase.ACTIVE:
                return self.approved().filter(starts_at__lte=at, ends_at__gt=at)
            case Phase.UPCOMING:
                return self.approved().filter(starts_at__gt=at)
            case Phase.LAPSED:
                return self.approved().filter(ends_at__lte=at)
            case _:
                return self.filter(state=phase)


def _only(field: str) -> Func:
    """The column as a range of one value: the index of ranges is built in, that of numbers an extension."""
    return Func(F(field), F(field), Value("[]"), function="int8range")


class Waiver(models.Model):
    """A criterion that need not be proven in an environment until an instant. Never a pass, and never deleted."""

    class State(models.TextChoices):
        REQUESTED = "requested", "Requested"
        APPROVED = "approved", "Approved"
        DENIED = "denied", "Denied"
        REVOKED = "revoked", "Revoked"

    class ReasonCategory(models.TextChoices):
        OUT_OF_SCOPE = "out_of_scope", "Out of scope"
        BUSINESS_PRIORITY = "business_priority", "Business priority"
        ARCHITECTURE_CONSTRAINT = "architecture_constraint", "Architecture constraint"
        COMPENSATING_CONTROL = "compensating_control", "Compensating control"
        OTHER = "other", "Other"

    criterion = models.ForeignKey(Criterion, models.PROTECT, related_name="waivers")
    environment = models.ForeignKey(Environment, models.PROTECT, related_name="waivers")
    reason_category = models.CharField("kind of reason", max_length=30, choices=ReasonCategory)
    reason = models.TextField(help_text="Why it cannot be proven in time.")
    compensating_control = models.TextField(help_text="What protects production until it is proven.")
    starts_at = models.DateTimeField("from")
    ends_at = models.DateTimeField("until", help_text="It lapses at this second, by itself.")
    state = models.CharField(max_length=10, choices=State, default=State.REQUESTED)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField("requested", default=now)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField("decided", null=True, blank=True)
    decision_comment = models.TextField(blank=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    revoked_at = models.DateTimeField("revoked", null=True, blank=True)
    revocation_comment = models.TextField(blank=True)

    objects = WaiverQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at", "-pk"]
        permissions = [("approve_waiver", "Can approve, deny and revoke waivers")]
        indexes = [models.Index(fields=["environment", "ends_at"], name="roadmap_waiver_ends")]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="roadmap_waiver_ends_after_its_start"),
            models.CheckConstraint(
                condition=~Q(compensating_control="") & ~Q(reason=""), name="roadmap_waiver_has_reason_and_control"
            ),
            models.CheckConstraint(
                condition=Q(state="requested", decided_at__isnull=True, decided_by__isnull=True)
                | (~Q(state="requested") & Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="roadmap_waiver_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state="revoked", revoked_at__isnull=False, revoked_by__isnull=False)
                | (~Q(state="revoked") & Q(revoked_at__isnull=True, revoked_by__isnull=True)),
                name="roadmap_waiver_revoked_by_somebody",
            ),
            # Whoever asked may take the request back, which is recorded as a denial.
            models.CheckConstraint(
                condition=Q(state="denied") | Q(decided_by__isnull=True) | ~Q(decided_by=F("requested_by")),
                name="roadmap_waiver_approved_by_another",
            ),
            models.UniqueConstraint(
                fields=["criterion", "environment"],
                condition=Q(state="requested"),
                name="roadmap_waiver_requested_once",
            ),
            ExclusionConstraint(
                name="roadmap_waiver_no_overlap",
                expressions=[
                    (_only("criterion"), "&&"),
                    (_only("environment"), "&&"),
                    (Func(F("starts_at"), F("ends_at"), function="tstzrange"), "&&"),
                ],
                condition=Q(state="approved"),
            ),
        ]

    def __str__(self) -> str:
        return f"Waiver of {self.criterion} in {self.environment}"

    @property
    def last_day(self) -> date:
        """The last day on which it holds."""
        return last_day(self.ends_at)

    def phase(self, at: datetime) -> Phase:
        """Where it is at the present instant."""
        if self.state != self.State.APPROVED:
            return Phase(self.state)
        if at < self.starts_at:
            return Phase.UPCOMING
        return Phase.ACTIVE if at < self.ends_at else Phase.LAPSED

    def held(self, at: datetime) -> bool:
        """It held at the instant, as it was known then: approved by then, and revoked later or never."""
        if self.decided_at is None or self.state not in {self.State.APPROVED, self.State.REVOKED}:
            return False
        is_known = self.decided_at <= at and (self.revoked_at is None or self.revoked_at > at)
        return is_known and self.starts_at <= at < self.ends_at

    @property
    def phase_now(self) -> Phase:
        """Where it is now."""
        return self.phase(now())

    def ends_soon(self, at: datetime) -> bool:
        """It holds, and ends within a week."""
        return self.phase(at) is Phase.ACTIVE and self.ends_at <= at + SOON

    def decide(self, state: str, *, at: datetime, by: Any, comment: str) -> bool:
        """Approve or deny, while it waits for a decision. False: somebody else was faster."""
        waiting = Waiver.objects.requested().filter(pk=self.pk)
        changed = waiting.update(state=state, decided_at=at, decided_by=by, decision_comment=comment)
        self.refresh_from_db()
        return changed == 1

    def revoke(self, *, at: datetime, by: Any, comment: str) -> bool:
        """End it before its time. False: it does not hold any more, or never did."""
        holding = Waiver.objects.approved().filter(pk=self.pk, ends_at__gt=at)
        changed = holding.update(state=self.State.REVOKED, revoked_at=at, revoked_by=by, revocation_comment=comment)
        self.refresh_from_db()
        return changed == 1
