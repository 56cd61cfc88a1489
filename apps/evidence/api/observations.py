"""Observations in the API."""

from django_filters import rest_framework as filters
from rest_framework import viewsets

from apps.catalog.api import InEnvironmentSerializer
from apps.evidence.models import ObservationRecord


class ObservationSerializer(InEnvironmentSerializer):
    class Meta:
        model = ObservationRecord
        fields = [
            "id", "service", "environment", "verifier_key", "verifier_version", "parameters", "facts", "error",
            "summary", "subject", "source", "trust", "observed_at", "recorded_at",
        ]  # fmt: skip


class ObservationFilter(filters.FilterSet):
    service = filters.CharFilter("environment__service__slug")
    environment = filters.CharFilter("environment__name")
    observed = filters.IsoDateTimeFromToRangeFilter("observed_at")

    class Meta:
        model = ObservationRecord
        fields = ["service", "environment", "verifier_key", "observed"]


class ObservationViewSet(viewsets.ReadOnlyModelViewSet):
    """Facts that were seen, the newest first. They are never changed."""

    serializer_class = ObservationSerializer
    queryset = ObservationRecord.objects.select_related("environment__service").order_by("-observed_at", "-pk")
    filterset_class = ObservationFilter
