"""The policies of gates in the API: versions, and making the next one."""

from typing import Any, ClassVar

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework import serializers as drf
from rest_framework.request import Request
from rest_framework.response import Response

from apps.catalog.selectors import find_environment, find_service
from apps.roadmap.api.serializers import RefusalSerializer
from apps.roadmap.models import GatePolicy, PolicyRole
from apps.roadmap.services.policies import change_policy

_REFUSALS = dict.fromkeys([400, 404, 409], RefusalSerializer)
_RULES = [
    "open_critical_risk", "placeholder", "owner_missing", "import_conflict", "overdue", "weak_trust", "minimum_trust",
    "met_without_claim_passes", "requirement_by_kind", "requirement_by_milestone",
]  # fmt: skip


class PolicyRoleSerializer(drf.ModelSerializer):
    class Meta:
        model = PolicyRole
        fields = ["name", "group", "team", "needed", "may_override"]


class GatePolicySerializer(drf.ModelSerializer):
    service = drf.SlugField(source="service.slug")
    environment = drf.SlugField(source="environment.name", allow_null=True, default=None)
    version = drf.CharField(read_only=True)
    author = drf.CharField(read_only=True)
    roles = PolicyRoleSerializer(many=True, required=False)
    expected = drf.IntegerField(
        write_only=True, required=False, help_text="The number of the version that you saw; 0 for none."
    )

    class Meta:
        model = GatePolicy
        fields = [
            "id", "service", "environment", "number", "version", *_RULES, "roles", "comment", "author", "created_at",
            "expected",
        ]  # fmt: skip
        validators: ClassVar[list[Any]] = []


class GatePolicyFilter(filters.FilterSet):
    service = filters.CharFilter("service__slug")
    environment = filters.CharFilter("environment__name")

    class Meta:
        model = GatePolicy
        fields = ["service", "environment", "number"]


class GatePolicyViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Versions of policies. A change is a new version."""

    serializer_class = GatePolicySerializer
    queryset = (
        GatePolicy.objects.select_related("service", "environment", "author").prefetch_related("roles").order_by("pk")
    )
    filterset_class = GatePolicyFilter

    @extend_schema(responses={201: GatePolicySerializer, **_REFUSALS})
    def create(self, request: Request) -> Response:
        """Make the next version."""
        asked = self.get_serializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = dict(asked.validated_data)
        service = find_service(values.pop("service")["slug"])
        name = (values.pop("environment", None) or {}).get("name")
        policy = change_policy(
            service=service,
            environment=find_environment(service, name) if name else None,
            roles=values.pop("roles", ()),
            comment=values.pop("comment"),
            expected=values.pop("expected", None),
            fields=values,
            actor=request.user,
        )
        return Response(self.get_serializer(policy).data, status=201)
