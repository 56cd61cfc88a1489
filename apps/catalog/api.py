"""Teams, services and environments in the API."""

from django_filters import rest_framework as filters
from rest_framework import serializers, viewsets

from apps.catalog.models import Environment, Service, Team
from apps.catalog.selectors import find_service


class TeamSerializer(serializers.ModelSerializer):
    class Meta:
        model = Team
        fields = ["id", "name", "email"]


class ServiceSerializer(serializers.ModelSerializer):
    owner = serializers.CharField(source="owner.name", allow_null=True, default=None, read_only=True)

    class Meta:
        model = Service
        fields = ["slug", "name", "tier", "availability_objective", "owner", "repository_url"]


class EnvironmentSerializer(serializers.ModelSerializer):
    service = serializers.SlugField(source="service.slug", read_only=True)

    class Meta:
        model = Environment
        fields = ["id", "service", "name", "url", "is_default"]


class InEnvironmentSerializer(serializers.ModelSerializer):
    """Something that belongs to a service's environment."""

    service = serializers.SlugField(source="environment.service.slug", read_only=True)
    environment = serializers.SlugField(source="environment.name", read_only=True)


class EnvironmentFilter(filters.FilterSet):
    service = filters.CharFilter("service__slug")

    class Meta:
        model = Environment
        fields = ["service", "name", "is_default"]


class TeamViewSet(viewsets.ReadOnlyModelViewSet):
    """Who owns things."""

    serializer_class = TeamSerializer
    queryset = Team.objects.order_by("name")
    filterset_fields = ["name"]


class ServiceViewSet(viewsets.ReadOnlyModelViewSet):
    """What goes to production."""

    serializer_class = ServiceSerializer
    queryset = Service.objects.select_related("owner").order_by("slug")
    lookup_field = "slug"
    filterset_fields = ["tier"]

    def get_object(self) -> Service:
        return find_service(self.kwargs["slug"])


class EnvironmentViewSet(viewsets.ReadOnlyModelViewSet):
    """Where services run."""

    serializer_class = EnvironmentSerializer
    queryset = Environment.objects.select_related("service").order_by("service__slug", "name")
    filterset_class = EnvironmentFilter
