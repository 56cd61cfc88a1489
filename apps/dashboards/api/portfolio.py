"""All services in the API."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.api_permissions import STAFF_BY_NAME
from apps.dashboards.selectors.portfolio import Choice, chosen_summaries
from apps.roadmap.models import ServiceSummary
from apps.roadmap.services.summarising import bring_up_to_date


class ChoiceSerializer(serializers.Serializer):
    """Which services are asked about."""

    team = serializers.CharField(required=False, help_text="The name of the team that owns the service.")
    tier = serializers.CharField(required=False, help_text="A, B or C.")
    decision = serializers.CharField(required=False, help_text="What the gate says, such as no_go.")
    milestone = serializers.CharField(required=False, help_text="Services that have a milestone of this code.")
    search = serializers.CharField(required=False, help_text="A part of the service's name.")


class MilestoneFiguresSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    code = serializers.CharField()
    title = serializers.CharField()
    claim = serializers.CharField()
    standing = serializers.CharField()
    target_on = serializers.DateField(allow_null=True)
    target_precision = serializers.CharField()
    criteria_proven = serializers.IntegerField()
    criteria_total = serializers.IntegerField()


class SummarySerializer(serializers.ModelSerializer):
    service = serializers.SlugField(source="environment.service.slug")
    name = serializers.CharField(source="environment.service.name")
    tier = serializers.CharField(source="environment.service.tier")
    owner = serializers.CharField(source="environment.service.owner.name", allow_null=True, default=None)
    environment = serializers.CharField(source="environment.name")
    standings = serializers.DictField(
        child=serializers.IntegerField(), help_text="How many criteria have each standing."
    )
    milestones = MilestoneFiguresSerializer(many=True)

    class Meta:
        model = ServiceSummary
        fields = [
            "service", "name", "tier", "owner", "environment", "decision", "regression", "digest", "blocking",
            "contradictions", "criteria_proven", "criteria_total", "milestones_claimed_done", "milestones_total",
            "standings", "milestones", "computed_at",
        ]  # fmt: skip
        read_only_fields = fields


class PortfolioView(generics.ListAPIView):
    """All services with what the gate says of their default environments now, the worst first."""

    permission_classes = STAFF_BY_NAME
    required_permissions: ClassVar = ["catalog.view_service", "roadmap.view_milestone", "roadmap.view_criterion"]
    serializer_class = SummarySerializer
    filter_backends = ()

    @extend_schema(operation_id="portfolio", parameters=[ChoiceSerializer])
    def get(self, request: Request, *arguments: Any, **options: Any) -> Response:
        bring_up_to_date()
        return super().get(request, *arguments, **options)

    def get_queryset(self) -> QuerySet[ServiceSummary]:
        return chosen_summaries(Choice.read(self.request.query_params.dict()))
