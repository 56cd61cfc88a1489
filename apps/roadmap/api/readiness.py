"""How ready a service is, and the gate's answer, in the API."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers as drf
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.catalog.models import Environment
from apps.catalog.selectors import find_environment, find_service
from apps.common.api_permissions import STAFF_BY_NAME
from apps.common.clock import now
from apps.roadmap.api.serializers import GateSerializer, ReadinessSerializer, RefusalSerializer
from apps.roadmap.engines.gate_object import as_object
from apps.roadmap.selectors.gate import gate
from apps.roadmap.selectors.readiness import readiness
from apps.roadmap.selectors.summaries import current_digest


class QuestionSerializer(drf.Serializer):
    """What is asked about: an environment, and the instant."""

    environment = drf.SlugField(required=False, help_text="The service's default environment unless said otherwise.")
    at = drf.DateTimeField(required=False, default_timezone=UTC, help_text="An instant instead of now.")


class GateQuestionSerializer(QuestionSerializer):
    milestone = drf.CharField(required=False, help_text="Only the criteria of this milestone, such as M6.")


class MustPassSerializer(GateQuestionSerializer):
    must_pass = drf.BooleanField(
        required=False, default=False, help_text="Answer 409 unless it lets go: for pipelines that look at the status."
    )


class QuestionView(APIView):
    """Reads the question that every subclass is asked."""

    permission_classes = STAFF_BY_NAME
    required_permissions: ClassVar = ["catalog.view_service", "roadmap.view_milestone", "roadmap.view_criterion"]
    question_class: ClassVar[type[drf.Serializer]] = QuestionSerializer

    def read_question(self, request: Request, slug: str) -> tuple[Environment, datetime | None, dict[str, Any]]:
        """The environment, the instant, and the rest. Raises UnknownService, UnknownEnvironment and ValidationError."""
        question = self.question_class(data=request.query_params)
        question.is_valid(raise_exception=True)
        rest = dict(question.validated_data)
        environment = find_environment(find_service(slug), rest.pop("environment", ""))
        return environment, rest.pop("at", None), rest


class ReadinessView(QuestionView):
    """Claims, evidence and standings of everything, the contradictions first."""

    @extend_schema(
        operation_id="services_readiness",
        parameters=[QuestionSerializer],
        responses={200: ReadinessSerializer, 404: RefusalSerializer},
    )
    def get(self, request: Request, slug: str) -> Response:
        environment, at, _ = self.read_question(request, slug)
        return Response(ReadinessSerializer(readiness(environment=environment, at=at)).data)


class GateView(QuestionView):
    """Go or no-go, why, and the digest that a sign-off signs. The digest is the ETag."""

    question_class = MustPassSerializer

    @extend_schema(
        operation_id="services_gate",
        parameters=[
            MustPassSerializer,
            OpenApiParameter("If-None-Match", location="header", description="The digest that you know."),
        ],
        responses={200: GateSerializer, 304: None, 404: RefusalSerializer, 409: GateSerializer},
    )
    def get(self, request: Request, slug: str) -> Response:
        environment, at, rest = self.read_question(request, slug)
        known = request.headers.get("If-None-Match", "")
        digest = current_digest(environment, now()) if known and at is None and not any(rest.values()) else ""
        if _is_known(digest, known):
            return Response(status=304, headers=_headers(digest))
        answer = gate(environment=environment, at=at, milestone=rest.get("milestone", ""))
        if rest["must_pass"] and not answer.decision.lets_go:
            return Response(as_object(answer), status=409)
        if _is_known(answer.digest, known):
            return Response(status=304, headers=_headers(answer.digest))
        return Response(as_object(answer), headers=_headers(answer.digest))


def _is_known(digest: str, known: str) -> bool:
    return bool(digest) and digest in known


def _headers(digest: str) -> dict[str, str]:
    return {"ETag": f'"{digest}"', "Cache-Control": "private, no-cache"}
