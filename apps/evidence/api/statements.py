"""Observations as in-toto Statements."""

import json
from typing import Any

from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.catalog.selectors import find_service
from apps.common.api_permissions import STAFF_BY_NAME
from apps.evidence.models import ObservationRecord
from apps.evidence.services.exporting import export_statement, export_statements, signing_key

_SIGNED = OpenApiParameter("signed", bool, description="In a DSSE envelope, signed with this installation's key.")


_RECORDS = ObservationRecord.objects.select_related("environment__service")


class _Wanted(serializers.Serializer):
    """How a statement is asked for."""

    signed = serializers.BooleanField(required=False, default=False)
    recorded_from = serializers.DateTimeField(required=False, default=None)


def _read_wanted(request: Request) -> dict[str, Any]:
    wanted = _Wanted(data=request.query_params)
    wanted.is_valid(raise_exception=True)
    return dict(wanted.validated_data)


class StatementView(APIView):
    """One observation, as an in-toto Statement, version 1."""

    permission_classes = STAFF_BY_NAME
    required_permissions = ["evidence.view_observationrecord"]

    @extend_schema(responses={200: OpenApiTypes.OBJECT}, parameters=[_SIGNED])
    def get(self, request: Request, pk: int) -> Response:
        wanted = _read_wanted(request)
        record = get_object_or_404(_RECORDS, pk=pk)
        return Response(export_statement(record, is_signed=wanted["signed"]))


class StatementsView(APIView):
    """All that was seen of a service, one statement a line, the oldest first."""

    permission_classes = STAFF_BY_NAME
    required_permissions = ["evidence.view_observationrecord"]

    @extend_schema(
        responses={(200, "application/x-ndjson"): OpenApiResponse(OpenApiTypes.STR)},
        parameters=[_SIGNED, OpenApiParameter("recorded_from", OpenApiTypes.DATETIME)],
    )
    def get(self, request: Request, slug: str) -> StreamingHttpResponse:
        wanted = _read_wanted(request)
        if wanted["signed"]:
            signing_key()  # a refusal must come before the first line
        statements = export_statements(
            service=find_service(slug), recorded_from=wanted["recorded_from"], is_signed=wanted["signed"]
        )
        lines = (f"{json.dumps(statement, sort_keys=True)}\n" for statement in statements)
        return StreamingHttpResponse(lines, content_type="application/x-ndjson")
