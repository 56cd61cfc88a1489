"""The gate's answer as a badge, for a README or a dashboard."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers as drf
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.api_permissions import STAFF_BY_NAME
from apps.common.statuses import look_of
from apps.roadmap.api.readiness import GateQuestionSerializer, QuestionView
from apps.roadmap.engines.badge import draw_badge
from apps.roadmap.models import PublicBadge
from apps.roadmap.selectors.gate import gate


class BadgeQuestionSerializer(GateQuestionSerializer):
    at = None  # type: ignore[assignment]  # a badge is of now
    key = drf.CharField(required=False, max_length=64, help_text="The badge's public key, instead of signing in.")


class SvgRenderer(BaseRenderer):
    """Pictures. A refusal is a picture too: pages show badges as images."""

    media_type = "image/svg+xml"
    format = "svg"
    charset = "utf-8"

    def render(self, data: Any, *arguments: Any, **options: Any) -> str:
        return draw_badge("unknown", "") if isinstance(data, Mapping) else str(data)


class KnowsTheKey(BasePermission):
    """Whoever has the public key of this service's badge, or may read its gate."""

    def has_permission(self, request: Request, view: Any) -> bool:
        key = request.query_params.get("key", "")
        if key:
            return public_badge(view.kwargs["slug"], key) is not None
        return all(permission().has_permission(request, view) for permission in STAFF_BY_NAME)


class BadgeView(QuestionView):
    """The gate's decision as a picture, never stored by whoever shows it."""

    permission_classes = [KnowsTheKey]
    renderer_classes = [SvgRenderer]
    question_class = BadgeQuestionSerializer

    @extend_schema(
        operation_id="services_gate_badge",
        parameters=[BadgeQuestionSerializer],
        responses={(200, "image/svg+xml"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, slug: str) -> Response:
        environment, _, rest = self.read_question(request, slug)
        badge = public_badge(slug, rest["key"]) if rest.get("key") else None
        answer = gate(environment=badge.environment if badge else environment, milestone=rest.get("milestone", ""))
        look = look_of(answer.decision)
        word = f"{look.word.lower()}, regressed" if answer.is_regressed else look.word.lower()
        return Response(draw_badge(word, look.tone), headers={"Cache-Control": "no-store"})

    def finalize_response(self, request: Request, response: Any, *arguments: Any, **options: Any) -> Any:
        response.headers["Cache-Control"] = "no-store"
        return super().finalize_response(request, response, *arguments, **options)


def public_badge(slug: str, key: str) -> PublicBadge | None:
    """The public badge of the service that has the key."""
    if "\0" in key + slug:
        return None
    badges = PublicBadge.objects.select_related("environment__service")
    return badges.filter(environment__service__slug=slug, token=key).first()
