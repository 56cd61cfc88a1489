"""What was decided about going to production: snapshots, signatures, overrides, launches. The tables only grow."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.catalog.models import Environment
from apps.common.clock import now
from apps.common.statuses import look_of
from apps.roadmap.engines.gate_answer import Decision
from apps.roadmap.models.policies import GatePolicy

_USER = settings.AUTH_USER_MODEL


class GateEvaluation(models.Model):
    """The gate's whole answer at an instant, kept because somebody decided by it."""

    class Cause(models.TextChoices):
        ASKED = "asked", "A person asked"
        SIGN_OFF = "sign_off", "A sign-off"
        OVERRIDE = "override", "An override"
        LAUNCH = "launch", "The launch"
        TICK = "tick", "The decision changed"

    environment = models.ForeignKey(Environment, models.PROTECT, related_name="gate_evaluations")
    milestone = models.CharField(max_length=300, blank=True, help_text="Empty for all milestones.")
    at = models.DateTimeField(default=now)
    decision = models.CharField(max_length=20, choices=[(each.value, look_of(each).word) for each in Decision])
    digest = models.CharField(max_length=64)
    decision_digest = models.CharField(max_length=64)
    policy = models.ForeignKey(GatePolicy, models.PROTECT, null=True, related_name="+")
    policy_version = models.CharField(max_length=80)
    answer = models.JSONField()
    cause = models.CharField(max_length=10, choices=Cause)
    actor = models.ForeignKey(_USER, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = "gate evaluation"
        indexes = [models.Index(fields=["environment", "milestone", "-at"], name="roadmap_evaluations_of")]
        permissions = [
            ("sign_gate", "Can sign, reject or override a gate, where its policy names them"),
            ("launch_gate", "Can record a launch"),
        ]

    def __str__(self) -> str:
        asked = f", {self.milestone}" if self.milestone else ""
        return f"{self.environment}{asked}: {self.get_decision_display()}"


class SignOff(models.Model):
    """One person's word for one role. Whether it still counts is derived when it is read: from its digest."""

    class Word(models.TextChoices):
        APPROVE = "approve", "Approves"
        REJECT = "reject", "Rejects"

    evaluation = models.ForeignKey(GateEvaluation, models.PROTECT, related_name="sign_offs")
    decision_digest = models.CharField(max_length=64)
    role = models.CharField(max_length=60)
    person = models.ForeignKey(_USER, models.PROTECT, related_name="+")
    word = models.CharField(max_length=10, choices=Word)
    comment = models.TextField(blank=True)
    at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = "sign-off"
        constraints = [
            models.UniqueConstraint(fields=["decision_digest", "role", "person"], name="roadmap_signed_once"),
            models.CheckConstraint(
                condition=Q(word="approve") | ~Q(comment=""), name="roadmap_rejection_has_a_comment"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role}: {self.person} {self.get_word_display().lower()}"


class GateOverride(models.Model):
    """A no-go that somebody answers for, until an instant. It covers what its evaluation lists as blocking."""

    evaluation = models.OneToOneField(GateEvaluation, models.PROTECT, related_name="override")
    role = models.CharField(max_length=60)
    person = models.ForeignKey(_USER, models.PROTECT, related_name="+")
    reason = models.TextField()
    at = models.DateTimeField(default=now)
    ends_at = models.DateTimeField("ends")
    covers = models.JSONField(default=list)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = "override"
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("at")), name="roadmap_override_ends_after_it_starts"),
            models.CheckConstraint(condition=~Q(reason=""), name="roadmap_override_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.evaluation.environment} overridden by {self.person}"


class Launch(models.Model):
    """It went to production, on the answer that its evaluation keeps."""

    evaluation = models.OneToOneField(GateEvaluation, models.PROTECT, related_name="launch")
    actor = models.ForeignKey(_USER, models.PROTECT, related_name="+")
    comment = models.TextField(blank=True)
    at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name_plural = "launches"

    def __str__(self) -> str:
        return f"Launch of {self.evaluation.environment}"
