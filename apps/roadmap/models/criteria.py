"""Acceptance criteria, and the evidence they are bound to."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from apps.common.wording import shortened
from apps.evidence.judge import RuleError, check_rule, rule_in_words
from apps.evidence.register import UnknownVerifier, find_verifier
from apps.evidence.validation import find_problems
from apps.roadmap.engines.chosen_clauses import clauses_of, is_clause_of, is_same
from apps.roadmap.engines.entries import CriterionKind
from apps.roadmap.models.assignments import WorkedEntry
from apps.roadmap.models.entries import ClaimedEntry
from apps.roadmap.models.milestones import Milestone, WorkItem


class Criterion(WorkedEntry, ClaimedEntry):
    """A condition that has to hold before going to production."""

    class Requirement(models.TextChoices):
        REQUIRED = "required", "Required"
        RECOMMENDED = "recommended", "Recommended"
        REQUIRED_IF_PRESENT = "required_if_present", "Required if there is evidence"

    milestone = models.ForeignKey(Milestone, models.CASCADE, null=True, blank=True, related_name="criteria")
    work_item = models.ForeignKey(WorkItem, models.CASCADE, null=True, blank=True, related_name="criteria")
    kind = models.CharField(max_length=20, choices=CriterionKind, default=CriterionKind.ACCEPTANCE)
    text = models.TextField()
    measures = models.JSONField(default=list, blank=True, help_text="The measurable parts, as the importer read them.")
    clauses = models.JSONField(
        default=list, blank=True, editable=False, help_text="As a person split it; empty where its semicolons split it."
    )
    placeholders = models.JSONField(default=list, blank=True, help_text="Values nobody has set yet, such as N req/s.")
    requirement = models.CharField(max_length=20, choices=Requirement, default=Requirement.REQUIRED)
    is_waivable = models.BooleanField("may be waived", default=True, help_text="Clear it for what has to be proven.")

    history = HistoricalRecords(m2m_fields=["owners", "assignees", "labels"])

    class Meta(ClaimedEntry.Meta):
        verbose_name_plural = "criteria"
        permissions = [("accept_binding", "Can accept a binding of a criterion to evidence")]

    def __str__(self) -> str:
        return shortened(self.text, 80)

    def split_into(self, clauses: list[str]) -> bool:
        """Split it, if it still says what the caller saw. False: somebody changed its words."""
        self.clauses = clauses
        return Criterion.objects.filter(pk=self.pk, text=self.text).update(clauses=clauses) == 1


class BindingQuerySet(models.QuerySet["Binding"]):
    """Named filters of bindings."""

    def accepted(self) -> Self:
        """Those that count."""
        return self.filter(state=Binding.State.ACCEPTED)

    def suggested(self) -> Self:
        """Those that wait for a person."""
        return self.filter(state=Binding.State.SUGGESTED)

    def undeclined(self) -> Self:
        """Those that count, and those that wait for a person."""
        return self.exclude(state=Binding.State.DECLINED)


class Binding(models.Model):
    """A criterion, or one clause of it, and the verifier whose evidence proves it. Counts once a person accepted it."""

    class State(models.TextChoices):
        SUGGESTED = "suggested", "Suggested"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"

    criterion = models.ForeignKey(Criterion, models.CASCADE, related_name="bindings")
    clause = models.TextField(blank=True, help_text="The part of the criterion that it proves; empty for the whole.")
    verifier_key = models.CharField("verifier", max_length=100)
    parameters = models.JSONField(default=dict, blank=True)
    rule = models.JSONField(null=True, blank=True, help_text="Empty for the verifier's own rule.")
    ttl = models.DurationField("time to live", null=True, blank=True, help_text="Empty for the verifier's own.")
    state = models.CharField(max_length=10, choices=State, default=State.SUGGESTED)
    decided_words = models.TextField(blank=True, editable=False, help_text="What the criterion said at the decision.")
    decided_at = models.DateTimeField("decided", null=True, blank=True, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    objects = BindingQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ["criterion", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["criterion", "clause", "verifier_key", "parameters"],
                name="roadmap_binding_once",
                violation_error_message="The criterion is bound to this check already.",
            ),
            models.CheckConstraint(
                condition=Q(state="suggested") | Q(decided_at__isnull=False), name="roadmap_binding_decided_at"
            ),
            models.CheckConstraint(
                condition=Q(ttl__isnull=True) | Q(ttl__gt=timedelta(0)), name="roadmap_binding_ttl_is_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verifier_key} for {self.criterion}"

    @property
    def is_accepted(self) -> bool:
        return self.state == Binding.State.ACCEPTED

    @property
    def asks(self) -> str:
        """What its rule, or else its verifier's own, asks of the facts, in words, and of what."""
        try:
            rule = self.rule or find_verifier(self.verifier_key).default_rule
            check_rule(rule)
        except (RuleError, UnknownVerifier) as error:
            return error.message
        chosen = [f"{name.replace('_', ' ').capitalize()}: {value}." for name, value in self.parameters.items()]
        return " ".join([f"{rule_in_words(rule)}.", *chosen])

    def clean(self) -> None:
        if not self.verifier_key:
            return  # the field says so itself
        problems = find_problems(
            verifier_key=self.verifier_key, parameters=self.parameters, rule=self.rule, ttl=self.ttl
        )
        if problems:
            raise ValidationError(problems)
        if self.clause and not is_clause_of(self.clause, self.criterion.text, self.criterion.clauses):
            known = "; ".join(clauses_of(self.criterion.text, self.criterion.clauses))
            raise ValidationError({"clause": f"The criterion has no such clause. It has: {known}."})

    @property
    def lost_its_clause(self) -> bool:
        """The criterion no longer has the clause that it proves."""
        return not is_clause_of(self.clause, self.criterion.text, self.criterion.clauses)

    @property
    def is_about_other_words(self) -> bool:
        """It proves the whole criterion, which said something else when somebody decided about it."""
        return bool(self.decided_words and not self.clause) and not is_same(self.decided_words, self.criterion.text)

    def decide(self, state: str, *, at: datetime, by: Any = None) -> bool:
        """Accept or decline, if it still is in the state that the caller saw. False: somebody else was faster."""
        seen = Binding.objects.filter(pk=self.pk, state=self.state)
        changed = seen.update(state=state, decided_at=at, decided_by=by, decided_words=self.criterion.text)
        self.refresh_from_db(fields=["state", "decided_at", "decided_by", "decided_words"])
        return changed == 1
