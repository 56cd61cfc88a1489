"""Campaigns in the API: begun, read with their progress, ended."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers as drf
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.models import User
from apps.catalog.models import Service, Team
from apps.common.clock import now
from apps.roadmap.api.serializers import EVIDENCE_STATES, Named, RefusalSerializer
from apps.roadmap.engines.campaigns import CampaignPhase
from apps.roadmap.models import Campaign
from apps.roadmap.selectors.campaigns import CampaignProgress, ServiceProgress, progress_of_each
from apps.roadmap.services.campaigns import begin_campaign, end_campaign

_REFUSALS = dict.fromkeys([400, 409], RefusalSerializer)


class ProgressSerializer(drf.Serializer):
    """How far a campaign is now, or was at its end."""

    at = drf.DateTimeField(help_text="The instant it is read at: now, or its end.")
    satisfied = drf.IntegerField(help_text="How many services have it.")
    total = drf.IntegerField(help_text="How many services are in its scope.")
    is_reached = drf.BooleanField()
    states = drf.DictField(child=drf.IntegerField(), help_text="How many services have each state of evidence.")


class CampaignSerializer(drf.ModelSerializer):
    owner: Any = Named("email", queryset=User.objects.filter(is_active=True, is_staff=True), required=False)
    owner_teams: Any = Named("name", queryset=Team.objects.all(), many=True, required=False)
    services: Any = Named("slug", queryset=Service.objects.all(), many=True, required=False)
    phase = drf.ChoiceField([str(phase) for phase in CampaignPhase], source="progress.phase", read_only=True)
    ends_at = drf.DateTimeField(read_only=True, help_text="When its last day is over, or when it was ended.")
    progress = ProgressSerializer(read_only=True)

    class Meta:
        model = Campaign
        fields = [
            "id", "name", "sentence", "owner", "verifier_key", "phrase", "parameters", "rule", "tiers", "owner_teams",
            "services", "starts_on", "target_on", "reminder_weekdays", "phase", "ends_at", "progress",
        ]  # fmt: skip
        validators: list[Any] = []  # the service says more, and in its own order


class ServiceProgressSerializer(drf.Serializer):
    """What a campaign asks of one service, as it stands."""

    service = drf.SlugField(source="service.slug")
    tier = drf.CharField(source="service.tier")
    owner = drf.CharField(source="service.owner.name", allow_null=True, default=None)
    environment = drf.CharField(source="environment.name", allow_null=True, default=None)
    state = drf.ChoiceField(EVIDENCE_STATES)
    reason = drf.CharField()
    action = drf.CharField(help_text="What to do; empty where it has it.")
    criterion = drf.IntegerField(source="evidence.binding.criterion_id", allow_null=True, default=None)
    observation = drf.IntegerField(source="evidence.observation_id", allow_null=True, default=None)
    expires_at = drf.DateTimeField(source="evidence.expires_at", allow_null=True, default=None)


class CampaignFilter(filters.FilterSet):
    phase = filters.ChoiceFilter(choices=[(str(phase), phase.capitalize()) for phase in CampaignPhase], method="in_it")
    owner = filters.CharFilter("owner__email")

    class Meta:
        model = Campaign
        fields = ["phase", "owner", "verifier_key"]

    def in_it(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.in_phase(value, now())


class CampaignViewSet(viewsets.ReadOnlyModelViewSet):
    """What many services are to have proven by a day. How far they are is read from their evidence."""

    serializer_class = CampaignSerializer
    queryset = Campaign.objects.with_scope()
    filterset_class = CampaignFilter

    def get_queryset(self) -> QuerySet[Campaign]:
        return self.queryset.all().by_urgency(now())

    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset)
        return _with_progress(page) if page and self.action == "list" else page

    def get_object(self) -> Campaign:
        return _with_progress([super().get_object()])[0]

    @extend_schema(responses={201: CampaignSerializer, **_REFUSALS})
    def create(self, request: Request) -> Response:
        """Begin a campaign; its owner is whoever asks unless another is named."""
        asked = self.get_serializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = dict(asked.validated_data)
        parts = {name: values.pop(name, []) for name in ("owner_teams", "services")}
        owner = values.pop("owner", request.user)
        campaign = begin_campaign(fields=values, owner=owner, **parts, actor=request.user)
        return Response(self._shown(campaign), status=201)

    @extend_schema(request=None, responses={200: CampaignSerializer, **_REFUSALS})
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: str | None = None) -> Response:
        """End it now; it stays as it stands."""
        return Response(self._shown(end_campaign(campaign=self.get_object(), actor=request.user)))

    @extend_schema(responses=ServiceProgressSerializer(many=True), filters=False)
    @action(detail=True, url_path="services", filter_backends=[])
    def service_progress(self, request: Request, pk: str | None = None) -> Response:
        """Each service in its scope, the worst first."""
        rows: tuple[ServiceProgress, ...] = self.get_object().progress.services  # type: ignore[attr-defined]
        shown = ServiceProgressSerializer(self.paginate_queryset(rows), many=True)
        return self.get_paginated_response(shown.data)

    def _shown(self, campaign: Campaign) -> Any:
        known = self.queryset.get(pk=campaign.pk)
        return self.get_serializer(_with_progress([known])[0]).data


def _with_progress(campaigns: Iterable[Campaign]) -> list[Campaign]:
    """The campaigns, each with its progress."""
    known = list(campaigns)
    found: list[CampaignProgress] = progress_of_each(known, at=now())
    for progress in found:
        progress.campaign.progress = progress  # type: ignore[attr-defined]
    return known
