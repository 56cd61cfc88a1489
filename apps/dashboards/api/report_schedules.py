"""Scheduled reports in the API."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.api_permissions import STAFF_BY_NAME
from apps.common.clock import now
from apps.dashboards import tasks
from apps.dashboards.api.person import person_of
from apps.dashboards.models import ReportRun, ReportSchedule
from apps.dashboards.services.mailing_reports import send_now


class ReportScheduleSerializer(serializers.ModelSerializer):
    service = serializers.SlugField(source="service.slug", allow_null=True, default=None, read_only=True)
    team = serializers.CharField(source="team.name", allow_null=True, default=None, read_only=True)
    people: Any = serializers.SlugRelatedField(slug_field="email", many=True, read_only=True)
    teams: Any = serializers.SlugRelatedField(slug_field="name", many=True, read_only=True)
    next_due_at = serializers.SerializerMethodField()

    class Meta:
        model = ReportSchedule
        fields = [
            "id", "name", "scope", "service", "team", "format", "cron", "time_zone", "people", "teams", "is_active",
            "next_due_at",
        ]  # fmt: skip

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_next_due_at(self, schedule: ReportSchedule) -> Any:
        return schedule.next_due_at(now())


class ReportRunSerializer(serializers.ModelSerializer):
    delivered_to = serializers.ListField(child=serializers.EmailField(), read_only=True)

    class Meta:
        model = ReportRun
        fields = ["id", "schedule", "status", "scheduled_for", "queued_at", "finished_at", "error", "delivered_to"]


class ReportScheduleViewSet(viewsets.ReadOnlyModelViewSet):
    """Which reports are mailed when, and to whom. They are set up in the admin."""

    serializer_class = ReportScheduleSerializer
    queryset = ReportSchedule.objects.select_related("service", "team").prefetch_related("people", "teams")
    filterset_fields = ["scope", "is_active"]
    required_permissions: ClassVar = ["dashboards.view_reportschedule"]

    @extend_schema(request=None, responses={201: ReportRunSerializer})
    @action(detail=True, methods=["post"], permission_classes=STAFF_BY_NAME)
    def send(self, request: Request, pk: str | None = None) -> Response:
        """Mail one now, to you."""
        run = send_now(schedule=self.get_object(), actor=person_of(request))
        tasks.send(run)
        return Response(ReportRunSerializer(run).data, status=201)


class ReportRunViewSet(viewsets.ReadOnlyModelViewSet):
    """What was mailed, the newest first."""

    serializer_class = ReportRunSerializer
    queryset = ReportRun.objects.all()
    filterset_fields = ["schedule", "status"]
