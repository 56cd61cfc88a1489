"""Waivers in the API: read, asked for, approved, denied and revoked."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers as drf
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from apps.catalog.api import InEnvironmentSerializer
from apps.catalog.selectors import find_environment
from apps.common.api_permissions import ModelPermissions
from apps.common.clock import now
from apps.roadmap.api.serializers import RefusalSerializer
from apps.roadmap.models import Criterion, Phase, Waiver
from apps.roadmap.services.waivers import APPROVE, approve_waiver, deny_waiver, request_waiver, revoke_waiver

_REFUSALS = dict.fromkeys([400, 409], RefusalSerializer)


class WaiverSerializer(InEnvironmentSerializer):
    phase = drf.ChoiceField([str(phase) for phase in Phase], source="phase_now", help_text="What it is now.")
    requested_by = drf.EmailField(source="requested_by.email")
    decided_by = drf.EmailField(source="decided_by.email", allow_null=True, default=None)
    revoked_by = drf.EmailField(source="revoked_by.email", allow_null=True, default=None)

    class Meta:
        model = Waiver
        fields = [
            "id", "service", "environment", "criterion", "phase", "reason_category", "reason", "compensating_control",
            "starts_at", "ends_at", "requested_by", "requested_at", "decided_by", "decided_at", "decision_comment",
            "revoked_by", "revoked_at", "revocation_comment",
        ]  # fmt: skip


class WaiverRequestSerializer(drf.Serializer):
    """What is asked for. It ends at the instant given, and starts now unless said otherwise."""

    criterion: Any = drf.PrimaryKeyRelatedField(queryset=Criterion.objects.select_related("service"))
    environment = drf.SlugField(default="", help_text="The service's default environment unless said otherwise.")
    reason_category = drf.ChoiceField(Waiver.ReasonCategory.choices)
    reason = drf.CharField()
    compensating_control = drf.CharField(help_text="What protects production until the criterion is proven.")
    starts_at = drf.DateTimeField(required=False)
    ends_at = drf.DateTimeField()


class WaiverDecisionSerializer(drf.Serializer):
    comment = drf.CharField(default="", allow_blank=True, help_text="Why; to deny and to revoke it has to be said.")


class WaiverFilter(filters.FilterSet):
    service = filters.CharFilter("environment__service__slug")
    environment = filters.CharFilter("environment__name")
    phase = filters.ChoiceFilter(choices=[(str(phase), phase.capitalize()) for phase in Phase], method="in_phase")
    ends = filters.IsoDateTimeFromToRangeFilter("ends_at")

    class Meta:
        model = Waiver
        fields = ["service", "environment", "criterion", "phase", "reason_category", "ends"]

    def in_phase(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.in_phase(value, now())


class MayDecide(BasePermission):
    """Whoever may approve waivers; and whoever asked, to take the request back."""

    def has_object_permission(self, request: Request, view: Any, waiver: Waiver) -> bool:
        takes_back = view.action == "deny" and request.user == waiver.requested_by
        return takes_back or request.user.has_perm(APPROVE)


class SeesWaivers(ModelPermissions):
    """What reading asks for, of whatever method: the rest depends on the waiver."""

    perms_map = {**ModelPermissions.perms_map, "POST": ModelPermissions.perms_map["GET"]}


class WaiverViewSet(viewsets.ReadOnlyModelViewSet):
    """What need not be proven for a while. It lapses by itself, and never counts as proven."""

    serializer_class = WaiverSerializer
    queryset = Waiver.objects.select_related(
        "environment__service", "criterion__service", "requested_by", "decided_by", "revoked_by"
    )
    filterset_class = WaiverFilter

    def get_queryset(self) -> QuerySet[Waiver]:
        return self.queryset.all().by_urgency(now())

    @extend_schema(request=WaiverRequestSerializer, responses={201: WaiverSerializer, **_REFUSALS})
    def create(self, request: Request) -> Response:
        """Ask for a waiver; somebody else has to approve it."""
        asked = WaiverRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = dict(asked.validated_data)
        environment = find_environment(values["criterion"].service, values.pop("environment"))
        waiver = request_waiver(environment=environment, actor=request.user, **values)
        return Response(self.get_serializer(waiver).data, status=201)

    @extend_schema(request=WaiverDecisionSerializer, responses={200: WaiverSerializer, **_REFUSALS})
    @action(detail=True, methods=["post"], permission_classes=[SeesWaivers, MayDecide])
    def approve(self, request: Request, pk: str | None = None) -> Response:
        """From its start to its end the criterion is waived."""
        return self._decide(request, approve_waiver)

    @extend_schema(request=WaiverDecisionSerializer, responses={200: WaiverSerializer, **_REFUSALS})
    @action(detail=True, methods=["post"], permission_classes=[SeesWaivers, MayDecide])
    def deny(self, request: Request, pk: str | None = None) -> Response:
        """Refuse the request, or take back one's own."""
        return self._decide(request, deny_waiver)

    @extend_schema(request=WaiverDecisionSerializer, responses={200: WaiverSerializer, **_REFUSALS})
    @action(detail=True, methods=["post"], permission_classes=[SeesWaivers, MayDecide])
    def revoke(self, request: Request, pk: str | None = None) -> Response:
        """End the waiver now."""
        return self._decide(request, revoke_waiver)

    def _decide(self, request: Request, decide: Any) -> Response:
        decision = WaiverDecisionSerializer(data=request.data)
        decision.is_valid(raise_exception=True)
        waiver = decide(waiver=self.get_object(), actor=request.user, **decision.validated_data)
        return Response(self.get_serializer(waiver).data)
