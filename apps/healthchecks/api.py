"""Monitors in the API."""

from django_filters import rest_framework as filters
from rest_framework import serializers, viewsets

from apps.common.api import STAFF_BY_MODEL
from apps.healthchecks.models import Monitor


class MonitorSerializer(serializers.ModelSerializer):
    service = serializers.SlugField(source="environment.service.slug", read_only=True)
    environment = serializers.SlugField(source="environment.name", read_only=True)

    class Meta:
        model = Monitor
        fields = [
            "id", "service", "environment", "url", "interval_seconds", "timeout_seconds", "expected_status",
            "is_enabled", "created_at",
        ]  # fmt: skip


class MonitorFilter(filters.FilterSet):
    service = filters.CharFilter("environment__service__slug")

    class Meta:
        model = Monitor
        fields = ["service", "is_enabled"]


class MonitorViewSet(viewsets.ReadOnlyModelViewSet):
    """Addresses of services that are asked again and again."""

    permission_classes = STAFF_BY_MODEL
    serializer_class = MonitorSerializer
    queryset = Monitor.objects.select_related("environment__service").order_by("pk")
    filterset_class = MonitorFilter
