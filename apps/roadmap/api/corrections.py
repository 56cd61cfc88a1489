"""The review of an import in the API: lines with what they became, and what people say they are instead."""

from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, viewsets
from rest_framework import serializers as drf
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.roadmap.api.serializers import RefusalSerializer
from apps.roadmap.engines.corrections import Becomes
from apps.roadmap.models import Correction, Document
from apps.roadmap.selectors.documents import find_revision
from apps.roadmap.selectors.readings import Show, lines_of
from apps.roadmap.services.corrections import correct_lines, undo_correction

_REFUSALS = dict.fromkeys([400, 409], RefusalSerializer)


class ReadingSerializer(drf.Serializer):
    """What a line was read as."""

    kind = drf.CharField()
    words = drf.CharField()
    confidence = drf.FloatField()
    rule = drf.CharField()
    doubts: Any = drf.ListField(child=drf.CharField())
    claim = drf.CharField(allow_blank=True)
    owner = drf.CharField(allow_blank=True)
    target = drf.CharField(allow_blank=True)


class LineSerializer(drf.Serializer):
    """A line of a document's newest text."""

    number = drf.IntegerField()
    text = drf.CharField(allow_blank=True)
    becomes = drf.ChoiceField([*Becomes.choices, ("", "")], help_text="Empty where it only groups.")
    can_be_corrected = drf.BooleanField()
    correction = drf.IntegerField(source="correction.pk", allow_null=True, default=None)
    readings = ReadingSerializer(many=True)


class CorrectionSerializer(drf.ModelSerializer):
    made_by = drf.EmailField(source="made_by.email", allow_null=True, default=None)

    class Meta:
        model = Correction
        fields = ["id", "document", "line", "words", "section", "becomes", "values", "is_active", "made_by", "made_at"]


class CorrectedLinesSerializer(drf.Serializer):
    """Lines of the newest text, what they are, and what was read wrongly of them."""

    document: Any = drf.PrimaryKeyRelatedField(queryset=Document.objects.all())
    sha256 = drf.CharField(help_text="Of the text whose lines you saw.")
    lines: Any = drf.ListField(child=drf.IntegerField(min_value=1), min_length=1, max_length=1000)
    becomes = drf.ChoiceField(Becomes.choices)
    values = drf.DictField(child=drf.CharField(allow_blank=True), default=dict, help_text="text, claim, owner, target")


class LinesView(generics.ListAPIView):
    """What each line of a document's newest text became."""

    serializer_class = LineSerializer
    queryset = Document.objects.order_by("pk")
    filter_backends: Any = []

    @extend_schema(parameters=[OpenApiParameter("show", enum=[each.value for each in Show if each])])
    def get(self, request: Request, *arguments: Any, **options: Any) -> Response:
        """Every line, or with `show` those that are doubtful, prose or corrected."""
        lines = lines_of(self.get_object(), show=request.query_params.get("show", ""))
        return self.get_paginated_response(self.get_serializer(self.paginate_queryset(lines), many=True).data)


class CorrectionFilter(filters.FilterSet):
    waits = filters.BooleanFilter("line", lookup_expr="isnull", label="Its line is not in the newest text.")

    class Meta:
        model = Correction
        fields = ["document", "is_active", "becomes", "waits"]


class CorrectionViewSet(viewsets.ReadOnlyModelViewSet):
    """What people said lines are. It holds for later texts too."""

    serializer_class = CorrectionSerializer
    queryset = Correction.objects.select_related("made_by").order_by("pk")
    filterset_class = CorrectionFilter

    @extend_schema(request=CorrectedLinesSerializer, responses={201: CorrectionSerializer(many=True), **_REFUSALS})
    def create(self, request: Request) -> Response:
        """Say what lines are; rows follow at once."""
        asked = CorrectedLinesSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        document = said.pop("document")
        revision = find_revision(document, said.pop("sha256"))
        correct_lines(revision=revision, **said, actor=request.user)
        made = self.queryset.filter(document=document, is_active=True, line__in=said["lines"])
        return Response(self.get_serializer(made, many=True).data, status=201)

    @extend_schema(request=None, responses={200: CorrectionSerializer, **_REFUSALS})
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str | None = None) -> Response:
        """Let the rules speak again."""
        correction = self.get_object()
        undo_correction(correction=correction, actor=request.user)
        return Response(self.get_serializer(self.get_queryset().get(pk=correction.pk)).data)
