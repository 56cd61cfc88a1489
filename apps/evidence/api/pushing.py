"""Evidence from outside, as it comes in."""

from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, status
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from apps.accounts.models import ApiToken
from apps.common.api import BoundedJSONParser
from apps.common.numbers import read_number
from apps.evidence.api.reports import PushedSerializer, PushSerializer
from apps.evidence.authentication import BoundedTokenAuthentication
from apps.evidence.models import TokenScope
from apps.evidence.services.pushing import push_evidence

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
        sent = PushSerializer(data=_read_body(request))
        sent.is_valid(raise_exception=True)
        report, is_new = push_evidence(scope=self.scope, idempotency_key=key, push=sent.as_push())
        report.is_new = is_new  # type: ignore[attr-defined]
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(PushedSerializer(report).data, status=code)


def _check_length(request: Request) -> None:
    longest = settings.EVIDENCE_LONGEST_BYTES
    length = read_number(request.META.get("CONTENT_LENGTH"))
    if length is None:
        raise LengthRequired
    if length > longest:
        raise TooLarge(f"The body has {length:,} bytes; {longest:,} are the most. It was not read.")


def _read_body(request: Request) -> Any:
    try:
        return request.data
    except SuspiciousOperation as error:  # Django's own limits
        raise exceptions.ParseError("There are too many fields or files.") from error


def _idempotency_key(request: Request) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not key.isascii() or not key.isprintable() or not 1 <= len(key) <= _LONGEST_KEY:
        raise exceptions.ParseError(
            f"Send a header Idempotency-Key, another for each report: 1 to {_LONGEST_KEY} plain characters."
        )
    return key
