"""Reports as they are sent, and what became of them, in the API."""

import json
from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.evidence.api.observations import ObservationSerializer
from apps.evidence.engines.formats import FORMATS
from apps.evidence.engines.pushes import Push
from apps.evidence.engines.reading import Subject


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
