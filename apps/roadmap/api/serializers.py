"""How entries of a roadmap look in the API."""

from datetime import UTC, datetime
from typing import Any

from rest_framework import serializers

from apps.accounts.models import User
from apps.catalog.models import Team
from apps.common.api import Seconds
from apps.evidence.freshness import EvidenceState
from apps.roadmap.api.plain import WrittenPlainly
from apps.roadmap.models import Binding, Claim, CostLine, Criterion, Document, Label, Milestone, Risk, Task, WorkItem
from apps.roadmap.models.risks import Mitigation
from apps.roadmap.selectors.statuses import BindingEvidence

_PLACE = ["document", "line", "section"]
_TARGET = ["target_starts_on", "target_on", "target_precision"]
_WORK = ["assignees", "labels", "version"]

EVIDENCE_STATES = [state.value for state in EvidenceState]


class Named(serializers.SlugRelatedField):
    """A row by its name. No name holds a NUL, which the database would not take."""

    def to_internal_value(self, data: Any) -> Any:
        if "\x00" in str(data):
            self.fail("invalid")
        return super().to_internal_value(data)


class EntrySerializer(WrittenPlainly, serializers.ModelSerializer):
    service = serializers.SlugField(source="service.slug", read_only=True)


class DocumentSerializer(EntrySerializer):
    sha256 = serializers.CharField(read_only=True, help_text="Of the newest imported text.")
    imported_at = serializers.DateTimeField(read_only=True)

    class Meta:
        model = Document
        fields = ["id", "service", "name", "title", "sha256", "imported_at"]


class WorkedSerializer(EntrySerializer):
    """An entry that may be changed by whoever says which version they saw."""

    version = serializers.IntegerField(
        required=False, help_text="Grows with each change. Send back the one you saw; or its ETag in If-Match."
    )
    owners: Any = Named("name", many=True, required=False, queryset=Team.objects.all())
    assignees: Any = Named(
        "email", many=True, required=False, queryset=User.objects.filter(is_active=True, is_staff=True)
    )
    labels: Any = Named("name", many=True, required=False, queryset=Label.objects.all())


class ClaimedSerializer(WorkedSerializer):
    """An entry whose claim may be changed, too, by whoever says what it was before."""

    claim = serializers.ChoiceField(Claim.choices, required=False)
    expected = serializers.ChoiceField(
        Claim.choices,
        write_only=True,
        required=False,
        help_text="The claim you saw; or send the ETag in If-Match.",
    )


class MilestoneSerializer(ClaimedSerializer):
    class Meta:
        model = Milestone
        fields = [
            "id", "service", "code", "title", "kind", "claim", "expected", "owners", *_TARGET, "objectives",
            "priority", *_WORK, *_PLACE,
        ]  # fmt: skip
        read_only_fields = ["id", "code", "title", "kind", "objectives", *_PLACE]


class WorkItemSerializer(ClaimedSerializer):
    effort_days = serializers.DecimalField(None, None, allow_null=True, read_only=True, coerce_to_string=False)

    class Meta:
        model = WorkItem
        fields = [
            "id", "service", "milestone", "number", "title", "claim", "expected", "owners", *_TARGET, "priority",
            "effort", "effort_days", "impact", "current_state", *_WORK, *_PLACE,
        ]  # fmt: skip
        read_only_fields = ["id", "milestone", "number", "title", "impact", "current_state", *_PLACE]


class TaskSerializer(ClaimedSerializer):
    effort_days = serializers.DecimalField(None, None, allow_null=True, read_only=True, coerce_to_string=False)

    class Meta:
        model = Task
        fields = [
            "id", "service", "milestone", "work_item", "parent", "text", "claim", "expected", "owners", *_TARGET,
            "effort", "effort_days", *_WORK, *_PLACE,
        ]  # fmt: skip
        read_only_fields = ["id", "milestone", "work_item", "parent", "text", *_PLACE]


def _instant(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


class BindingEvidenceSerializer(serializers.Serializer):
    id = serializers.IntegerField(source="binding.pk")
    clause = serializers.CharField()
    verifier_key = serializers.CharField()
    evidence = serializers.CharField(source="state")
    observation = serializers.IntegerField(source="observation_id", allow_null=True)
    observed_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    summary = serializers.CharField()
    record = serializers.CharField(source="source", help_text="The address of the record behind the facts.")
    reasons = serializers.ListField(child=serializers.CharField())

    def to_representation(self, evidence: BindingEvidence) -> dict[str, Any]:
        """What the fields say, at a fraction of their cost: a list has hundreds of them."""
        return {
            "id": evidence.binding.pk,
            "clause": evidence.clause,
            "verifier_key": evidence.verifier_key,
            "evidence": str(evidence.state),
            "observation": evidence.observation_id,
            "observed_at": _instant(evidence.observed_at),
            "expires_at": _instant(evidence.expires_at),
            "summary": evidence.summary,
            "record": evidence.source,
            "reasons": list(evidence.reasons),
        }


class ActiveWaiverSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    ends_at = serializers.DateTimeField()
    reason_category = serializers.CharField()
    compensating_control = serializers.CharField()
    approved_by = serializers.CharField()


class StandingSerializer(WrittenPlainly):
    """The two axes that are derived when they are read."""

    evidence = serializers.CharField()
    standing = serializers.CharField()
    underlying = serializers.CharField(help_text="The standing without the waiver.")
    waiver = ActiveWaiverSerializer(allow_null=True)
    reason = serializers.CharField()
    action = serializers.CharField()
    uncovered = serializers.ListField(child=serializers.CharField(), help_text="Clauses that no check covers.")
    bindings = BindingEvidenceSerializer(many=True)


class CriterionSerializer(ClaimedSerializer):
    status = StandingSerializer(
        source="derived",
        allow_null=True,
        default=None,
        read_only=True,
        help_text="In the default environment, now.",
    )

    class Meta:
        model = Criterion
        fields = [
            "id", "service", "milestone", "work_item", "kind", "text", "requirement", "is_waivable", "measures",
            "placeholders", "claim", "expected", "owners", "status", *_WORK, *_PLACE,
        ]  # fmt: skip
        read_only_fields = [
            "id", "milestone", "work_item", "kind", "text", "is_waivable", "measures", "placeholders", *_PLACE,
        ]  # fmt: skip


class MitigationSerializer(serializers.ModelSerializer):
    class Meta:
        model = Mitigation
        fields = ["kind", "text"]


class RiskSerializer(WorkedSerializer):
    mitigations = MitigationSerializer(many=True, read_only=True)

    class Meta:
        model = Risk
        fields = [
            "id", "service", "title", "description", "impact", "severity", "likelihood", "status", "owners",
            "mitigations", *_WORK, *_PLACE,
        ]  # fmt: skip
        read_only_fields = ["id", "title", "description", "impact", *_PLACE]


class CostLineSerializer(EntrySerializer):
    class Meta:
        model = CostLine
        fields = [
            "id", "service", "work_item", "label", "text", "kind", "amount_minimum", "amount_maximum", "currency",
            "period", *_PLACE,
        ]  # fmt: skip


class BindingSerializer(serializers.ModelSerializer):
    service = serializers.SlugField(source="criterion.service.slug", read_only=True)
    ttl_seconds = Seconds(source="ttl", allow_null=True)

    class Meta:
        model = Binding
        fields = [
            "id", "service", "criterion", "clause", "verifier_key", "parameters", "rule", "ttl_seconds", "state",
            "decided_at",
        ]  # fmt: skip


class MilestoneStatusSerializer(serializers.Serializer):
    id = serializers.IntegerField(source="milestone.pk")
    name = serializers.CharField(source="milestone")
    claim = serializers.CharField()
    evidence = serializers.CharField()
    standing = serializers.CharField()
    owners = serializers.ListField(child=serializers.CharField())
    target_on = serializers.DateField(source="milestone.target_on", allow_null=True)
    target_precision = serializers.CharField(source="milestone.target_precision")
    is_overdue = serializers.BooleanField()
    days_late = serializers.IntegerField()
    tasks_done = serializers.IntegerField()
    tasks_total = serializers.IntegerField()
    criteria_proven = serializers.IntegerField()
    criteria_total = serializers.IntegerField()


class CriterionStatusSerializer(StandingSerializer):
    id = serializers.IntegerField(source="criterion.pk")
    milestone = serializers.IntegerField(source="milestone.pk", allow_null=True, default=None)
    text = serializers.CharField(source="criterion.text")
    requirement = serializers.CharField(source="criterion.requirement")
    claim = serializers.CharField()


class ContradictionSerializer(serializers.Serializer):
    kind = serializers.CharField()
    sentence = serializers.CharField()
    detail = serializers.CharField()
    action = serializers.CharField()
    milestone = serializers.IntegerField(source="milestone.pk", allow_null=True, default=None)
    criterion = serializers.IntegerField(source="criterion.pk", allow_null=True, default=None)
    lines = serializers.ListField(child=serializers.IntegerField())


class FlagSerializer(serializers.Serializer):
    kind = serializers.CharField()
    sentence = serializers.CharField()
    action = serializers.CharField()
    milestone = serializers.IntegerField(source="milestone.pk", allow_null=True, default=None)
    criterion = serializers.IntegerField(source="criterion.pk", allow_null=True, default=None)


class ReadinessSerializer(serializers.Serializer):
    service = serializers.CharField(source="service.slug")
    environment = serializers.CharField(source="environment.name")
    at = serializers.DateTimeField()
    milestones_claimed_done = serializers.IntegerField()
    milestones_total = serializers.IntegerField()
    criteria_proven = serializers.IntegerField()
    criteria_total = serializers.IntegerField()
    contradictions = ContradictionSerializer(many=True)
    milestones = MilestoneStatusSerializer(many=True)
    criteria = CriterionStatusSerializer(many=True)
    flags = FlagSerializer(many=True)


class GateWaiverSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    ends_at = serializers.DateTimeField()


class GateCriterionSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    text = serializers.CharField()
    milestone = serializers.CharField()
    requirement = serializers.CharField()
    claim = serializers.CharField()
    evidence = serializers.CharField()
    standing = serializers.CharField()
    outcome = serializers.CharField()
    reason = serializers.CharField()
    action = serializers.CharField()
    observations = serializers.ListField(child=serializers.IntegerField())
    bindings = serializers.ListField(child=serializers.CharField())
    kind = serializers.CharField()
    waiver = GateWaiverSerializer(allow_null=True)


class GateFindingSerializer(serializers.Serializer):
    id = serializers.CharField()
    kind = serializers.CharField()
    outcome = serializers.ChoiceField(["blocks", "warns"])
    sentence = serializers.CharField()
    action = serializers.CharField()


class GateSignatureSerializer(serializers.Serializer):
    person = serializers.CharField()
    approves = serializers.BooleanField()
    at = serializers.DateTimeField()
    comment = serializers.CharField()


class GateRoleSerializer(serializers.Serializer):
    role = serializers.CharField()
    needed = serializers.IntegerField()
    signed = serializers.IntegerField()
    is_signed = serializers.BooleanField()
    sentence = serializers.CharField()
    signatures = GateSignatureSerializer(many=True)


class GateOverrideSerializer(serializers.Serializer):
    role = serializers.CharField()
    person = serializers.CharField()
    reason = serializers.CharField()
    at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class GateLaunchSerializer(serializers.Serializer):
    at = serializers.DateTimeField()
    decision = serializers.CharField()
    evaluation = serializers.IntegerField(allow_null=True)


class GateSerializer(serializers.Serializer):
    """The answer; the same object as of `manage.py gate --format json`."""

    decision = serializers.CharField()
    headline = serializers.CharField()
    digest = serializers.CharField(help_text="Of every input, each observation included.")
    decision_digest = serializers.CharField(help_text="What a sign-off signs: a newer proof of the same keeps it.")
    service = serializers.CharField()
    environment = serializers.CharField()
    milestone = serializers.CharField(allow_null=True)
    policy_version = serializers.CharField()
    regressed = serializers.BooleanField(help_text="It was let go at its launch, and would not be today.")
    launched = GateLaunchSerializer(allow_null=True)
    override = GateOverrideSerializer(allow_null=True)
    sign_offs = GateRoleSerializer(many=True)
    findings = GateFindingSerializer(many=True)
    criteria = GateCriterionSerializer(many=True)
    warnings = serializers.ListField(child=serializers.CharField())


class RefusalSerializer(serializers.Serializer):
    detail = serializers.CharField()
    code = serializers.CharField()
