"""Documents in the API: imported, and given back as a file or as a patch."""

from collections.abc import Mapping
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers as drf
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from apps.catalog.models import Service
from apps.common.api import BoundedJSONParser
from apps.roadmap.api.filters import DocumentFilter
from apps.roadmap.api.serializers import DocumentSerializer, Named, RefusalSerializer
from apps.roadmap.engines.source import Limits
from apps.roadmap.selectors.documents import documents_with_newest_revision
from apps.roadmap.services.exporting import plan_export
from apps.roadmap.services.importing import import_document

_REFUSALS: dict[Any, Any] = dict.fromkeys([400, 409], RefusalSerializer)


class TextSerializer(drf.Serializer):
    """A Markdown text, as a file or as a string, and the service whose roadmap it is."""

    service: Any = Named("slug", queryset=Service.objects.all())
    name = drf.CharField(max_length=300, default="", help_text="Unique in its service. The file's own unless said.")
    text = drf.CharField(required=False, trim_whitespace=False)
    file = drf.FileField(required=False)
    dry_run = drf.BooleanField(default=False, help_text="Report everything and write nothing.")

    def validate_file(self, file: UploadedFile) -> UploadedFile:
        """Refuse what is too large before it is read."""
        limit = Limits().size_bytes
        if (file.size or 0) > limit:
            raise drf.ValidationError(f"The file is larger than {limit // 1024 // 1024} MB: split it.")
        return file

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        if ("text" in said) == ("file" in said):
            raise drf.ValidationError({"text": ["Send a text or a file: one of the two."]})
        said["name"] = said["name"] or getattr(said.get("file"), "name", "")
        if not said["name"]:
            raise drf.ValidationError({"name": ["Name the document, such as roadmap.md."]})
        return said


class ProseSerializer(drf.Serializer):
    start_line = drf.IntegerField()
    end_line = drf.IntegerField()
    words = drf.CharField()
    hint = drf.CharField(allow_blank=True, help_text="What a person may do about it.")


class DoubtSerializer(drf.Serializer):
    line = drf.IntegerField()
    message = drf.CharField()


class ChangesSerializer(drf.Serializer):
    created = drf.IntegerField()
    updated = drf.IntegerField()
    vanished = drf.IntegerField()
    kept = drf.IntegerField(help_text="Values that people changed here, and the text did not.")
    conflicts = drf.IntegerField(help_text="Values that both changed: settle them.")


class ImportReportSerializer(drf.Serializer):
    """What an import found and changed, and what stayed prose."""

    document = drf.IntegerField(source="document.pk", allow_null=True, default=None)
    name = drf.CharField()
    title = drf.CharField()
    is_unchanged = drf.BooleanField()
    is_dry_run = drf.BooleanField()
    counts = drf.DictField()
    changes = ChangesSerializer()
    findings = DoubtSerializer(many=True)
    prose = ProseSerializer(many=True)


class DocumentViewSet(viewsets.ReadOnlyModelViewSet):
    """Documents that teams keep."""

    serializer_class = DocumentSerializer
    queryset = documents_with_newest_revision().order_by("pk")
    filterset_class = DocumentFilter
    parser_classes = [BoundedJSONParser, MultiPartParser]

    @extend_schema(
        request={"application/json": TextSerializer, "multipart/form-data": TextSerializer},
        responses={200: ImportReportSerializer, 201: ImportReportSerializer, **_REFUSALS},
    )
    def create(self, request: Request) -> Response:
        """Import a text, all of it or nothing. 201 when it was written, 200 when there was nothing to write."""
        asked = TextSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        report = import_document(
            service=said["service"], name=said["name"], raw=_raw(said), actor=request.user, dry_run=said["dry_run"]
        )
        is_written = not (report.is_dry_run or report.is_unchanged)
        return Response(ImportReportSerializer(report).data, status=201 if is_written else 200)

    @extend_schema(responses={(200, "text/markdown"): OpenApiTypes.BINARY}, filters=False)
    @action(detail=True, pagination_class=None)
    def export(self, request: Request, pk: str | None = None) -> HttpResponse:
        """The document's own text, with only what was changed since replaced."""
        return _file(plan_export(self.get_object()).content, "text/markdown")

    @extend_schema(responses={(200, "text/x-diff"): OpenApiTypes.BINARY, **_REFUSALS}, filters=False)
    @action(detail=True, pagination_class=None, url_path="patch")
    def write_back(self, request: Request, pk: str | None = None) -> HttpResponse:
        """What was changed since the import, as `git apply` takes it."""
        return _file(plan_export(self.get_object()).patch, "text/x-diff")


def _raw(said: Mapping[str, Any]) -> bytes:
    return said["file"].read() if "file" in said else said["text"].encode()


def _file(content: bytes, content_type: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response.headers["Content-Disposition"] = "attachment"
    return response
