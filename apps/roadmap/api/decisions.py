"""Kept answers of gates, sign-offs and changes of standing in the API."""

from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers as drf
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from apps.catalog.api import InEnvironmentSerializer
from apps.common.numbers import read_number
from apps.roadmap.api.serializers import GateSerializer, RefusalSerializer
from apps.roadmap.engines.gate_comparison import compare
from apps.roadmap.models import GateEvaluation, SignOff, StatusTransition


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
