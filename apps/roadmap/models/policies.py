"""The policies of gates: each change is a new version; none is ever changed or deleted."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from apps.catalog.models import Environment, Service, Team
from apps.common.clock import now
from apps.evidence.contract import Trust
from apps.roadmap.engines.entries import CriterionKind
from apps.roadmap.engines.gate_rules import BUILT_IN_WEIGHTS, ConcernKind, GateRules, RequiredRole, Weight
from apps.roadmap.models.criteria import Criterion

WEIGHTS = [(weight.value, weight.value.capitalize()) for weight in Weight]
KNOWN_KINDS = frozenset(CriterionKind)
KNOWN_REQUIREMENTS = tuple(sorted(Criterion.Requirement.values))


def _weight(name: str, kind: ConcernKind) -> models.CharField:
    return models.CharField(name, max_length=10, choices=WEIGHTS, default=BUILT_IN_WEIGHTS[kind].value)


class GatePolicy(models.Model):
    """One version of the rules that an environment's gate decides by, or all gates of a service without their own."""

    service = models.ForeignKey(Service, models.PROTECT, related_name="gate_policies")
    environment = models.ForeignKey(
        Environment,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="gate_policies",
        help_text="Empty: for every environment of the service that has no policy of its own.",
    )
    number = models.PositiveIntegerField("version", editable=False)
    open_critical_risk = _weight("open critical risks without a mitigation", ConcernKind.OPEN_CRITICAL_RISK)
    placeholder = _weight("criteria with values nobody has set", ConcernKind.PLACEHOLDER)
    owner_missing = _weight("missing owners", ConcernKind.OWNER_MISSING)
    import_conflict = _weight("open import conflicts", ConcernKind.IMPORT_CONFLICT)
    overdue = _weight("milestones past their target date", ConcernKind.OVERDUE)
    weak_trust = _weight("evidence below the least trust", ConcernKind.WEAK_TRUST)
    minimum_trust = models.CharField("least trust", max_length=10, choices=Trust, blank=True)
    met_without_claim_passes = models.BooleanField(
        "proven without a claim passes", default=False, help_text="A proven criterion passes though nobody ticked it."
    )
    requirement_by_kind = models.JSONField(
        default=dict, blank=True, help_text='Such as {"success_metric": "recommended"}.'
    )
    requirement_by_milestone = models.JSONField(
        default=dict, blank=True, help_text='By code or title, such as {"M6": "recommended"}. It goes before the kind.'
    )
    comment = models.TextField(help_text="Why the policy is changed.")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    created_at = models.DateTimeField("made", default=now, editable=False)

    class Meta:
        verbose_name_plural = "gate policies"
        ordering = ["service", "environment", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["service", "environment", "number"], nulls_distinct=False, name="roadmap_policy_version_once"
            ),
            models.CheckConstraint(condition=~Q(comment=""), name="roadmap_policy_has_a_comment"),
        ]

    def __str__(self) -> str:
        return self.version

    @property
    def version(self) -> str:
        """How answers name it: `production 3`, or `payments 3` for all of a service."""
        return f"{self.environment.name if self.environment else self.service.slug} {self.number}"

    @property
    def rules(self) -> GateRules:
        """The version as the plain value that the gate decides by."""
        return GateRules(
            version=self.version,
            met_without_claim_passes=self.met_without_claim_passes,
            weights={kind: Weight(getattr(self, kind.value)) for kind in ConcernKind},
            minimum_trust=self.minimum_trust,
            requirement_by_kind=self.requirement_by_kind,
            requirement_by_milestone=self.requirement_by_milestone,
            roles=tuple(role.required for role in self.roles.all()),
        )

    def clean(self) -> None:
        if self.environment and self.environment.service_id != self.service_id:
            raise ValidationError({"environment": "That environment belongs to another service."})
        problems = {
            "requirement_by_kind": _problem_of(self.requirement_by_kind, KNOWN_KINDS),
            "requirement_by_milestone": _problem_of(self.requirement_by_milestone),
        }
        if any(problems.values()):
            raise ValidationError({field: problem for field, problem in problems.items() if problem})


class PolicyRole(models.Model):
    """A role that signs under a policy: whose members may, how many of them, and whether they may override a no-go."""

    policy = models.ForeignKey(GatePolicy, models.PROTECT, related_name="roles")
    name = models.CharField(max_length=60, help_text="Such as SRE.")
    group = models.ForeignKey(Group, models.PROTECT, null=True, blank=True, related_name="+")
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="+")
    needed = models.PositiveSmallIntegerField(default=1, help_text="How many members have to sign; 0 for none.")
    may_override = models.BooleanField("may override a no-go", default=False)

    class Meta:
        ordering = ["pk"]
        verbose_name = "role"
        constraints = [
            models.UniqueConstraint(fields=["policy", "name"], name="roadmap_policy_role_once"),
            models.CheckConstraint(
                condition=Q(group__isnull=False, team__isnull=True) | Q(group__isnull=True, team__isnull=False),
                name="roadmap_policy_role_is_a_group_or_a_team",
                violation_error_message="Choose a group or a team, not both.",
            ),
            models.CheckConstraint(
                condition=Q(needed__gt=0) | Q(may_override=True),
                name="roadmap_policy_role_does_something",
                violation_error_message="A role signs, or may override, or both.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def signers(self) -> str:
        """Whose members may sign."""
        return f"team {self.team}" if self.team else f"group {self.group}"

    @property
    def required(self) -> RequiredRole:
        return RequiredRole(self.name, self.needed, self.signers, self.may_override)

    def has_member(self, person: Any) -> bool:
        members = self.team.members if self.team else self.group.user_set if self.group else None
        return members is not None and members.filter(pk=person.pk, is_active=True).exists()


def _problem_of(requirements: Any, names: frozenset[str] | None = None) -> str:
    if not isinstance(requirements, dict):
        return "Write an object, such as {}."
    if any("\0" in name for name in requirements):
        return "A name holds a NUL character."
    if names is not None and (unknown := sorted(set(requirements) - names)):
        return f"There is no kind {unknown[0]!r}. There are: {', '.join(sorted(names))}."
    wrong = [value for value in requirements.values() if value not in KNOWN_REQUIREMENTS]
    return f"{wrong[0]!r} is none of: {', '.join(KNOWN_REQUIREMENTS)}." if wrong else ""
