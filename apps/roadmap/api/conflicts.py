"""Conflicts in the API: what people and a document changed differently, and how that is settled."""

from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers as drf
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.api_permissions import ModelPermissions
from apps.roadmap.api.serializers import RefusalSerializer
from apps.roadmap.models import Conflict
from apps.roadmap.selectors.conflicts import conflicts_with_entries
from apps.roadmap.services.conflicts import settle_conflict, value_seen
from apps.roadmap.services.row_values import read_row

_CHOICES = [(each.value, each.label) for each in Conflict.Choice if each != Conflict.Choice.LAPSED]
_REFUSALS = dict.fromkeys([400, 409], RefusalSerializer)


class ConflictSerializer(drf.ModelSerializer):
    kind = drf.CharField(source="content_type.model", help_text="Of the entry, such as task.")
    entry = drf.IntegerField(source="object_id")
    was = drf.JSONField(source="base", help_text="What both said before.")
    ours = drf.SerializerMethodField(help_text="What the entry says now; once it is settled, what it said then.")
    seen = drf.SerializerMethodField(help_text="Send it back with your choice. Empty once it is settled.")
    settled_by = drf.EmailField(source="settled_by.email", allow_null=True, default=None)

    class Meta:
        model = Conflict
        fields = [
            "id", "document", "kind", "entry", "field", "was", "ours", "theirs", "seen", "raised_at", "settled_at",
            "settled_by", "choice",
        ]  # fmt: skip

    def get_ours(self, conflict: Conflict) -> Any:
        return read_row(conflict.entry, conflict.field) if _can_be_settled(conflict) else conflict.ours

    def get_seen(self, conflict: Conflict) -> str:
        return value_seen(conflict) if _can_be_settled(conflict) else ""


class ChoiceSerializer(drf.Serializer):
    """Which of the values is to stand; `value` is the text to write where it is another."""

    choice = drf.ChoiceField(_CHOICES)
    value = drf.CharField(default="", allow_blank=True)
    seen = drf.CharField(help_text="Of the values that you chose between.")


class ConflictFilter(filters.FilterSet):
    service = filters.CharFilter("document__service__slug")
    is_open = filters.BooleanFilter("settled_at", lookup_expr="isnull")

    class Meta:
        model = Conflict
        fields = ["service", "document", "field", "choice"]


class SettlesConflicts(ModelPermissions):
    """Settling one asks for the permission to change it."""

    perms_map = {**ModelPermissions.perms_map, "POST": ModelPermissions.perms_map["PATCH"]}


class ConflictViewSet(viewsets.ReadOnlyModelViewSet):
    """Values that were changed both here and in the document. The entry keeps ours until somebody chooses."""

    serializer_class = ConflictSerializer
    queryset = conflicts_with_entries().order_by("pk")
    filterset_class = ConflictFilter

    @extend_schema(request=ChoiceSerializer, responses={200: ConflictSerializer, **_REFUSALS})
    @action(detail=True, methods=["post"], permission_classes=[SettlesConflicts])
    def settle(self, request: Request, pk: str | None = None) -> Response:
        """Keep the value here, take the document's, or write another."""
        conflict = self.get_object()
        chosen = ChoiceSerializer(data=request.data)
        chosen.is_valid(raise_exception=True)
        settle_conflict(conflict=conflict, actor=request.user, **chosen.validated_data)
        return Response(self.get_serializer(self.get_object()).data)


def _can_be_settled(conflict: Conflict) -> bool:
    return conflict.settled_at is None and conflict.entry is not None
