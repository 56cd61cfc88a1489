"""Observations in the API."""

from django_filters import rest_framework as filters
from rest_framework import serializers, viewsets

from apps.common.api import STAFF_BY_MODEL
from apps.evidence.models import ObservationRecord


class ObservationSerializer(serializers.ModelSerializer):
    service = serializers.SlugField(source="environment.service.slug", read_only=True)
    environment = serializers.SlugField(source="environment.name", read_only=True)

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

    permission_classes = STAFF_BY_MODEL
    serializer_class = ObservationSerializer
    queryset = ObservationRecord.objects.select_related("environment__service").order_by("-observed_at", "-pk")
    filterset_class = ObservationFilter
