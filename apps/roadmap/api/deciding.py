"""Deciding about a gate in the API: keeping its answer, signing, overriding, launching."""

from datetime import UTC
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers as drf
from rest_framework.request import Request
from rest_framework.response import Response

from apps.catalog.models import Environment
from apps.catalog.selectors import find_environment, find_service
from apps.common.clock import now
from apps.roadmap.api.decisions import WholeEvaluationSerializer
from apps.roadmap.api.readiness import QuestionView
from apps.roadmap.api.serializers import RefusalSerializer
from apps.roadmap.models import GateEvaluation, SignOff
from apps.roadmap.services import signing
from apps.roadmap.services.evaluating import answer_as_read

_REFUSALS = dict.fromkeys([400, 404, 409], RefusalSerializer)


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
