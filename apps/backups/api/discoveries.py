"""Databases that nobody protects, in the API: listed, protected, or set aside with a reason."""

from collections.abc import Sequence
from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.backups.models import DiscoveredDatabase
from apps.backups.services.discovery import protect, set_aside
from apps.common.api_permissions import STAFF_BY_NAME
from apps.common.clock import now

from . import DatabaseSerializer


class DiscoveredDatabaseSerializer(serializers.ModelSerializer):
    state = serializers.CharField(read_only=True)
    seen_through = serializers.SlugField(source="seen_through.name", read_only=True)
    covered_by = serializers.SlugField(source="covered_by.name", read_only=True, allow_null=True)

    class Meta:
        model = DiscoveredDatabase
        fields = [
            "id", "name", "address", "engine", "size_bytes", "state", "seen_through", "covered_by", "first_seen_at",
            "last_seen_at", "gone_at", "ignored_at", "ignored_reason",
        ]  # fmt: skip


class SettingAsideSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=200, help_text="Why it needs no backup.")


class DiscoveredDatabaseFilter(filters.FilterSet):
    is_unprotected = filters.BooleanFilter(method="unprotected", label="There, not backed up, and not set aside.")

    class Meta:
        model = DiscoveredDatabase
        fields = ["engine", "address", "is_unprotected"]

    def unprotected(self, found: Any, name: str, value: bool) -> Any:
        unprotected = DiscoveredDatabase.objects.unprotected()
        return found.filter(pk__in=unprotected) if value else found.exclude(pk__in=unprotected)


class DiscoveredDatabaseViewSet(viewsets.ReadOnlyModelViewSet):
    """Every database on the servers that protected ones live on, as seen last."""

    serializer_class = DiscoveredDatabaseSerializer
    queryset = (
        DiscoveredDatabase.objects.select_related("seen_through", "covered_by")
        .defer("seen_through__connection_url", "covered_by__connection_url")
        .order_by("address", "name")
    )
    filterset_class = DiscoveredDatabaseFilter
    required_permissions: Sequence[str] = ()  # each action names its own

    @extend_schema(request=None, responses={201: DatabaseSerializer})
    @action(
        detail=True, methods=["post"], permission_classes=STAFF_BY_NAME, required_permissions=["backups.add_database"]
    )
    def protect(self, request: Request, pk: str | None = None) -> Response:
        """Add it, with the connection, plan and schedules of the database that it was seen through."""
        database = protect(found=self.get_object(), at=now(), actor=request.user)
        return Response(DatabaseSerializer(database, context=self.get_serializer_context()).data, status=201)

    @extend_schema(request=SettingAsideSerializer, responses={200: DiscoveredDatabaseSerializer})
    @action(
        detail=True,
        methods=["post"],
        url_path="set-aside",
        permission_classes=STAFF_BY_NAME,
        required_permissions=["backups.change_discovereddatabase"],
    )
    def set_aside(self, request: Request, pk: str | None = None) -> Response:
        """Note that it needs no backup, and why."""
        said = SettingAsideSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        set_aside(found=self.get_object(), **said.validated_data, at=now(), actor=request.user)
        return Response(self.get_serializer(self.get_object()).data)
