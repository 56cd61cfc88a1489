"""Evidence from outside, as it comes in."""

import json
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import exceptions, serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from apps.accounts.models import ApiToken
from apps.common.api import BoundedJSONParser
from apps.evidence.api.observations import ObservationSerializer
from apps.evidence.authentication import BoundedTokenAuthentication
from apps.evidence.engines.formats import FORMATS
from apps.evidence.engines.reading import Subject
from apps.evidence.models import TokenScope
from apps.evidence.services.pushing import Push, push_evidence

_LONGEST_KEY = 200


class TooLarge(exceptions.APIException):
    """The body is longer than may be sent. It was not read."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"


class LengthRequired(exceptions.APIException):
    """The body does not say how long it is."""

    status_code = status.HTTP_411_LENGTH_REQUIRED
    default_code = "length_required"
    default_detail = "Send the body with a Content-Length, not in chunks."


class HasScope(BasePermission):
    """Only a token that was made for pushing evidence."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, ApiToken):
            raise exceptions.NotAuthenticated(
                "Evidence is pushed with a token: Authorization: Bearer <token>. A session does not count."
            )
        view.scope = TokenScope.objects.filter(token=request.auth).first()
        if view.scope is None:
            raise exceptions.PermissionDenied(
                "This token was not made for pushing evidence. Make one in the admin, under Evidence."
            )
        return True


class EachToken(SimpleRateThrottle):
    """So many reports a minute from one token."""

    rate = "120/minute"
    scope = "evidence"

    def get_cache_key(self, request: Request, view: Any) -> str:
        return f"evidence-of-token-{request.auth.pk}"


class InstantField(serializers.DateTimeField):
    """An instant. Without a time zone it would be a guess."""

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.tzinfo is None:
            raise serializers.ValidationError("Must name its time zone, such as 2026-01-31T12:00:00Z.")
        return super().enforce_timezone(value)


@extend_schema_field(OpenApiTypes.ANY)
class ReportField(serializers.Field):
    """A report: a file of a form, a text, or a value of JSON."""

    def to_internal_value(self, data: Any) -> bytes:
        if isinstance(data, UploadedFile):
            return data.read()
        text = data if isinstance(data, str) else json.dumps(data, sort_keys=True)
        return text.encode(errors="surrogatepass")

    def to_representation(self, value: bytes) -> str:
        return value.decode(errors="replace")


class SubjectSerializer(serializers.Serializer):
    """What was tested: an artifact by name and digest, or a commit."""

    name = serializers.CharField(max_length=100, required=False, default="")
    digest = serializers.RegexField(
        r"^[a-zA-Z0-9]+:[0-9a-fA-F]{32,128}$", max_length=150, required=False, default="", help_text="Such as sha256:…"
    )
    commit = serializers.RegexField(r"^[0-9a-f]{7,64}$", required=False, default="")


class PushSerializer(serializers.Serializer):
    """A report, and what it is about."""

    service = serializers.CharField(max_length=50)
    environment = serializers.CharField(
        max_length=50, required=False, default="", help_text="Without one, the service's default environment."
    )
    verifier = serializers.CharField(max_length=100, help_text="Whose facts the report holds, such as ci.tests.")
    format = serializers.ChoiceField(sorted(FORMATS))
    observed_at = InstantField(help_text="When it was seen, with a time zone.")
    parameters = serializers.JSONField(required=False, default=dict, help_text="Which stream of reports it is one of.")
    subject = SubjectSerializer(required=False, default=dict)
    run_url = serializers.URLField(max_length=500, required=False, default="", help_text="The page of the run.")
    report = ReportField(help_text="The report itself: a file of a form, or a value of the JSON body.")

    def validate_parameters(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise serializers.ValidationError("Must be a JSON object.")
        return value

    def as_push(self) -> Push:
        """What was sent, once it is valid."""
        values = {**self.validated_data}
        return Push(**{**values, "subject": Subject(**values["subject"])})


class PushedSerializer(serializers.Serializer):
    """What became of a report."""

    is_new = serializers.BooleanField(help_text="False: the same report had been taken before, under that key.")
    format = serializers.CharField()
    sha256 = serializers.CharField(help_text="The digest of the report, of which only the facts are kept.")
    observation = ObservationSerializer(source="record")


class EvidenceView(APIView):
    """Takes evidence from outside. The same Idempotency-Key with the same content gives the first answer."""

    takes_evidence = True
    authentication_classes = [BoundedTokenAuthentication]
    permission_classes = [HasScope]
    throttle_classes = [EachToken]
    parser_classes = [BoundedJSONParser, MultiPartParser]
    scope: TokenScope

    @extend_schema(
        request={"application/json": PushSerializer, "multipart/form-data": PushSerializer},
        responses={200: PushedSerializer, 201: PushedSerializer},
        parameters=[OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, required=True)],
    )
    def post(self, request: Request) -> Response:
        _check_length(request)
        key = _idempotency_key(request)
        sent = PushSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        report, is_new = push_evidence(scope=self.scope, idempotency_key=key, push=sent.as_push())
        report.is_new = is_new  # type: ignore[attr-defined]
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(PushedSerializer(report).data, status=code)


def _check_length(request: Request) -> None:
    longest = settings.EVIDENCE_LONGEST_BYTES
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length.isdigit():
        raise LengthRequired
    if int(length) > longest:
        raise TooLarge(f"The body has {int(length):,} bytes; {longest:,} are the most. It was not read.")


def _idempotency_key(request: Request) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not key.isascii() or not key.isprintable() or not 1 <= len(key) <= _LONGEST_KEY:
        raise exceptions.ParseError(
            f"Send a header Idempotency-Key, another for each report: 1 to {_LONGEST_KEY} plain characters."
        )
    return key
