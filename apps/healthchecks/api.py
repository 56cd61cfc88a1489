"""Monitors in the API."""

from django_filters import rest_framework as filters
from rest_framework import viewsets

from apps.catalog.api import InEnvironmentSerializer
from apps.healthchecks.models import Monitor


class MonitorSerializer(InEnvironmentSerializer):
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

    serializer_class = MonitorSerializer
    queryset = Monitor.objects.select_related("environment__service").order_by("pk")
    filterset_class = MonitorFilter
