"""Policies, snapshots, sign-offs, overrides, launches and changes of standing in the API."""

from datetime import UTC
from typing import Any, ClassVar

from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, viewsets
from rest_framework import serializers as drf
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from apps.catalog.api import InEnvironmentSerializer
from apps.catalog.models import Environment
from apps.catalog.selectors import find_environment, find_service
from apps.common.clock import now
from apps.common.numbers import read_number
from apps.roadmap.api.readiness import QuestionView
from apps.roadmap.api.serializers import GateSerializer, RefusalSerializer
from apps.roadmap.engines.gate_comparison import compare
from apps.roadmap.models import GateEvaluation, GatePolicy, PolicyRole, SignOff, StatusTransition
from apps.roadmap.services import signing
from apps.roadmap.services.evaluating import answer_as_read
from apps.roadmap.services.policies import change_policy

_REFUSALS = dict.fromkeys([400, 404, 409], RefusalSerializer)
_RULES = [
    "open_critical_risk", "placeholder", "owner_missing", "import_conflict", "overdue", "weak_trust", "minimum_trust",
    "met_without_claim_passes", "requirement_by_kind", "requirement_by_milestone",
]  # fmt: skip


class PolicyRoleSerializer(drf.ModelSerializer):
    class Meta:
        model = PolicyRole
        fields = ["name", "group", "team", "needed", "may_override"]


class GatePolicySerializer(drf.ModelSerializer):
    service = drf.SlugField(source="service.slug")
    environment = drf.SlugField(source="environment.name", allow_null=True, default=None)
    version = drf.CharField(read_only=True)
    author = drf.CharField(read_only=True)
    roles = PolicyRoleSerializer(many=True, required=False)
    expected = drf.IntegerField(
        write_only=True, required=False, help_text="The number of the version that you saw; 0 for none."
    )

    class Meta:
        model = GatePolicy
        fields = [
            "id", "service", "environment", "number", "version", *_RULES, "roles", "comment", "author", "created_at",
            "expected",
        ]  # fmt: skip
        validators: ClassVar[list[Any]] = []


class GatePolicyFilter(filters.FilterSet):
    service = filters.CharFilter("service__slug")
    environment = filters.CharFilter("environment__name")

    class Meta:
        model = GatePolicy
        fields = ["service", "environment", "number"]


class GatePolicyViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Versions of policies. A change is a new version."""

    serializer_class = GatePolicySerializer
    queryset = (
        GatePolicy.objects.select_related("service", "environment", "author").prefetch_related("roles").order_by("pk")
    )
    filterset_class = GatePolicyFilter

    @extend_schema(responses={201: GatePolicySerializer, **_REFUSALS})
    def create(self, request: Request) -> Response:
        """Make the next version."""
        asked = self.get_serializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = dict(asked.validated_data)
        service = find_service(values.pop("service")["slug"])
        name = (values.pop("environment", None) or {}).get("name")
        policy = change_policy(
            service=service,
            environment=find_environment(service, name) if name else None,
            roles=values.pop("roles", ()),
            comment=values.pop("comment"),
            expected=values.pop("expected", None),
            fields=values,
            actor=request.user,
        )
        return Response(self.get_serializer(policy).data, status=201)


class GateEvaluationSerializer(InEnvironmentSerializer):
    actor = drf.CharField(allow_null=True, default=None)

    class Meta:
        model = GateEvaluation
        fields = [
            "id", "service", "environment", "milestone", "at", "decision", "digest", "decision_digest",
            "policy_version", "cause", "actor",
        ]  # fmt: skip


class WholeEvaluationSerializer(GateEvaluationSerializer):
    answer = GateSerializer()

    class Meta(GateEvaluationSerializer.Meta):
        fields = [*GateEvaluationSerializer.Meta.fields, "answer"]


class TurnSerializer(drf.Serializer):
    id = drf.IntegerField()
    text = drf.CharField()
    milestone = drf.CharField()
    before = drf.CharField(help_text="The standing; empty where the criterion was not there.")
    after = drf.CharField()
    observations_added = drf.ListField(child=drf.IntegerField())
    observations_removed = drf.ListField(child=drf.IntegerField())


class TurnedFindingSerializer(drf.Serializer):
    id = drf.CharField()
    sentence = drf.CharField()
    outcome = drf.CharField()


class ComparisonSerializer(drf.Serializer):
    decisions = drf.ListField(child=drf.CharField(), help_text="Then, and after.")
    policies = drf.ListField(child=drf.CharField())
    is_same = drf.BooleanField()
    turned = TurnSerializer(many=True)
    renewed = TurnSerializer(many=True, help_text="The same standing, on other observations.")
    findings_added = TurnedFindingSerializer(many=True)
    findings_removed = TurnedFindingSerializer(many=True)


class EvaluationFilter(filters.FilterSet):
    service = filters.CharFilter("environment__service__slug")
    environment = filters.CharFilter("environment__name")
    at = filters.IsoDateTimeFromToRangeFilter("at")

    class Meta:
        model = GateEvaluation
        fields = ["service", "environment", "milestone", "decision", "cause"]


class GateEvaluationViewSet(viewsets.ReadOnlyModelViewSet):
    """Answers that were kept. One of them shows all of it; two can be compared."""

    queryset = GateEvaluation.objects.select_related("environment__service", "actor").order_by("-at", "-pk")
    filterset_class = EvaluationFilter

    def get_serializer_class(self) -> type[BaseSerializer]:
        return WholeEvaluationSerializer if self.action == "retrieve" else GateEvaluationSerializer

    @extend_schema(
        parameters=[OpenApiParameter("with", int, description="The other snapshot of the same environment.")],
        responses={200: ComparisonSerializer, 404: RefusalSerializer},
        filters=False,
    )
    @action(detail=True, pagination_class=None)
    def comparison(self, request: Request, pk: str | None = None) -> Response:
        """What turned between the two, the earlier first."""
        first: GateEvaluation = self.get_object()
        other = read_number(request.query_params.get("with"))
        known = self.get_queryset().filter(environment=first.environment_id)
        second = get_object_or_404(known, pk=first.pk if other is None else other)
        before, after = sorted([first, second], key=lambda each: (each.at, each.pk))
        return Response(ComparisonSerializer(compare(before.answer, after.answer)).data)


class SignOffSerializer(drf.ModelSerializer):
    service = drf.SlugField(source="evaluation.environment.service.slug", read_only=True)
    environment = drf.SlugField(source="evaluation.environment.name", read_only=True)
    milestone = drf.CharField(source="evaluation.milestone", read_only=True)
    person = drf.CharField(read_only=True)

    class Meta:
        model = SignOff
        fields = [
            "id", "service", "environment", "milestone", "evaluation", "decision_digest", "role", "person", "word",
            "comment", "at",
        ]  # fmt: skip


class SignOffFilter(filters.FilterSet):
    service = filters.CharFilter("evaluation__environment__service__slug")
    environment = filters.CharFilter("evaluation__environment__name")

    class Meta:
        model = SignOff
        fields = ["service", "environment", "role", "word", "decision_digest"]


class SignOffViewSet(viewsets.ReadOnlyModelViewSet):
    """Sign-offs. One counts while its digest is the gate's present `decision_digest`."""

    serializer_class = SignOffSerializer
    queryset = SignOff.objects.select_related("evaluation__environment__service", "person").order_by("-at", "-pk")
    filterset_class = SignOffFilter


class TransitionSerializer(InEnvironmentSerializer):
    actor = drf.CharField(allow_null=True, default=None)
    criterion = drf.IntegerField(source="criterion_id")

    class Meta:
        model = StatusTransition
        fields = [
            "id", "service", "environment", "criterion", "from_standing", "to_standing", "cause", "actor", "at",
            "recorded_at", "input",
        ]  # fmt: skip


class TransitionFilter(filters.FilterSet):
    service = filters.CharFilter("environment__service__slug")
    environment = filters.CharFilter("environment__name")
    criterion = filters.NumberFilter("criterion_id")
    at = filters.IsoDateTimeFromToRangeFilter("at")

    class Meta:
        model = StatusTransition
        fields = ["service", "environment", "criterion", "to_standing", "cause"]


class TransitionViewSet(viewsets.ReadOnlyModelViewSet):
    """When criteria came to stand otherwise, with cause, actor and input."""

    serializer_class = TransitionSerializer
    queryset = StatusTransition.objects.select_related("environment__service", "actor").order_by("-at", "-pk")
    filterset_class = TransitionFilter


class DecidedSerializer(drf.Serializer):
    """What every decision about a gate says: about what, and which answer was read."""

    environment = drf.SlugField(required=False, help_text="The service's default environment unless said otherwise.")
    milestone = drf.CharField(required=False, default="", allow_blank=True)
    expected = drf.CharField(max_length=64, help_text="The `decision_digest` of the answer that you read.")
    comment = drf.CharField(required=False, default="", allow_blank=True, max_length=5000)


class SignSerializer(DecidedSerializer):
    role = drf.CharField(max_length=60)
    word = drf.ChoiceField(SignOff.Word.choices)


class OverrideSerializer(DecidedSerializer):
    role = drf.CharField(max_length=60)
    comment = drf.CharField(max_length=5000, help_text="The reason.")
    ends_at = drf.DateTimeField(default_timezone=UTC)


class DecisionView(QuestionView):
    """Takes a decision about a gate, and answers with the snapshot that it was decided on."""

    http_method_names = ["post", "options"]
    body_class: ClassVar[type[DecidedSerializer]] = DecidedSerializer

    def post(self, request: Request, slug: str) -> Response:
        said = self.body_class(data=request.data)
        said.is_valid(raise_exception=True)
        values = dict(said.validated_data)
        environment = find_environment(find_service(slug), values.pop("environment", ""))
        evaluation = self.decide(environment, values, request.user)
        return Response(WholeEvaluationSerializer(evaluation).data, status=201)

    def decide(self, environment: Environment, values: dict[str, Any], actor: Any) -> GateEvaluation:
        raise NotImplementedError


def _describe(name: str, body: type[drf.Serializer]) -> Any:
    answers = {201: WholeEvaluationSerializer, **_REFUSALS}
    return extend_schema(operation_id=name, request=body, responses=answers)


class EvaluationsView(DecisionView):
    """Keeps the present answer."""

    required_permissions = [*QuestionView.required_permissions, "roadmap.sign_gate"]

    @_describe("services_gate_evaluations", DecidedSerializer)
    def post(self, request: Request, slug: str) -> Response:
        """Keep the present answer, to compare it later."""
        return super().post(request, slug)

    def decide(self, environment: Environment, values: dict[str, Any], actor: Any) -> GateEvaluation:
        at = now()
        asked = {name: values[name] for name in ("milestone", "expected")}
        answer = answer_as_read(environment=environment, at=at, **asked)
        return signing.keep_evaluation(environment=environment, answer=answer, actor=actor, at=at)


class SignOffsView(DecisionView):
    """Takes a word for a role."""

    required_permissions = [*QuestionView.required_permissions, "roadmap.sign_gate"]
    body_class = SignSerializer

    @_describe("services_gate_sign_offs", SignSerializer)
    def post(self, request: Request, slug: str) -> Response:
        """Approve or reject for a role, on the answer that you read."""
        return super().post(request, slug)

    def decide(self, environment: Environment, values: dict[str, Any], actor: Any) -> GateEvaluation:
        approves = values.pop("word") == SignOff.Word.APPROVE
        return signing.sign(environment=environment, approves=approves, actor=actor, **values).evaluation


class OverridesView(DecisionView):
    """Takes an override."""

    required_permissions = [*QuestionView.required_permissions, "roadmap.sign_gate"]
    body_class = OverrideSerializer

    @_describe("services_gate_overrides", OverrideSerializer)
    def post(self, request: Request, slug: str) -> Response:
        """Answer for a no-go until an instant."""
        return super().post(request, slug)

    def decide(self, environment: Environment, values: dict[str, Any], actor: Any) -> GateEvaluation:
        reason = values.pop("comment")
        return signing.override(environment=environment, reason=reason, actor=actor, **values).evaluation


class LaunchesView(DecisionView):
    """Takes a launch."""

    required_permissions = [*QuestionView.required_permissions, "roadmap.launch_gate"]

    @_describe("services_gate_launches", DecidedSerializer)
    def post(self, request: Request, slug: str) -> Response:
        """Record that it went live on the answer that you read."""
        return super().post(request, slug)

    def decide(self, environment: Environment, values: dict[str, Any], actor: Any) -> GateEvaluation:
        return signing.launch(environment=environment, actor=actor, **values).evaluation
