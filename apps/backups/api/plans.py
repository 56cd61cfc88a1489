"""Plans in the API, and what retention makes of a database's backups."""

from datetime import timedelta
from typing import Any

from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.audit import services as audit
from apps.backups.models import Database, Plan, Recipient, Storage
from apps.backups.selectors.storages import to_be_copied
from apps.backups.services.plans import doubts_about, preview_of
from apps.backups.services.retention import look_ahead
from apps.common.api_permissions import STAFF_BY_NAME
from apps.common.clock import now

RULES = [
    "keep_newest", "keep_hourly", "keep_daily", "keep_weekly", "keep_monthly", "keep_yearly", "keep_within",
    "largest_size_bytes", "proven_floor", "removal_grace", "quiet_from", "quiet_until", "priority",
]  # fmt: skip


class PlanSerializer(serializers.ModelSerializer):
    database = serializers.SlugField(source="database.name", read_only=True)
    storages: Any = serializers.SlugRelatedField("name", queryset=Storage.objects.filter(is_enabled=True), many=True)
    recipients: Any = serializers.SlugRelatedField("name", queryset=Recipient.objects.active(), many=True)

    class Meta:
        model = Plan
        fields = ["id", "database", "storages", "recipients", *RULES, "frozen_because"]
        extra_kwargs = {"removal_grace": {"min_value": timedelta(0)}, "keep_within": {"min_value": timedelta(hours=1)}}

    def validate_storages(self, storages: list[Storage]) -> list[Storage]:
        if not storages:
            raise serializers.ValidationError("Name one storage at least.")
        return storages

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The model's own rules, for fields together."""
        begins, ends = (attrs.get(name, getattr(self.instance, name, None)) for name in ("quiet_from", "quiet_until"))
        if (begins is None) != (ends is None) or (begins is not None and begins == ends):
            raise serializers.ValidationError({"quiet_until": "Quiet hours need a beginning and another end."})
        return attrs


class OnePlanSerializer(PlanSerializer):
    """A plan with what it comes to."""

    sentence = serializers.SerializerMethodField(help_text="What it keeps, and what that comes to.")
    doubts = serializers.SerializerMethodField(help_text="Why it may not protect as its owners expect.")
    copies_to_come = serializers.SerializerMethodField(
        help_text="By the name of each storage that lacks some: how many backups are yet to be copied into it."
    )

    class Meta(PlanSerializer.Meta):
        fields = [*PlanSerializer.Meta.fields, "sentence", "doubts", "copies_to_come"]

    def get_sentence(self, plan: Plan) -> str:
        return preview_of(plan, at=now())

    def get_doubts(self, plan: Plan) -> list[str]:
        return doubts_about(plan, at=now())

    def get_copies_to_come(self, plan: Plan) -> dict[str, int]:
        return {storage.name: count for storage, count in to_be_copied(plan).items()}


class PlanFilter(filters.FilterSet):
    database = filters.CharFilter("database__name")

    class Meta:
        model = Plan
        fields = ["database"]


class PlanViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.UpdateModelMixin, viewsets.GenericViewSet):
    """How each database is protected."""

    serializer_class = PlanSerializer
    queryset = (
        Plan.objects.select_related("database")
        .defer("database__connection_url")
        .prefetch_related("storages", "recipients")
        .order_by("database__name")
    )
    filterset_class = PlanFilter
    http_method_names = ["get", "patch", "head", "options"]

    def get_serializer_class(self) -> type[PlanSerializer]:
        return PlanSerializer if self.action == "list" else OnePlanSerializer

    def perform_update(self, serializer: serializers.BaseSerializer) -> None:
        plan = serializer.save()
        details = {"fields": sorted(serializer.validated_data)}
        audit.record(action="plan.changed", subject=plan, actor=self.request.user, details=details)


class JudgedSerializer(serializers.Serializer):
    """One backup, and what becomes of it."""

    backup = serializers.IntegerField(source="backup.pk")
    snapshot_at = serializers.DateTimeField(source="backup.snapshot_at")
    size_bytes = serializers.IntegerField(source="backup.size_bytes")
    stays = serializers.BooleanField(source="decision.stays")
    why = serializers.CharField()
    goes_at = serializers.DateTimeField(allow_null=True, help_text="When its grace is over; null while not let go.")


class OutlookSerializer(serializers.Serializer):
    """What retention would do now."""

    database = serializers.SlugField(source="plan.database.name")
    frozen_because = serializers.CharField(help_text="Why nothing goes for now; empty when retention works.")
    freed_bytes = serializers.IntegerField()
    backups = JudgedSerializer(source="judged", many=True)


class RetentionView(APIView):
    """What would go now, and why everything else stays. Looking changes nothing."""

    permission_classes = STAFF_BY_NAME
    required_permissions = ["backups.view_database", "backups.view_backup"]

    @extend_schema(responses=OutlookSerializer)
    def get(self, request: Request, pk: int) -> Response:
        database = get_object_or_404(Database, pk=pk)
        return Response(OutlookSerializer(look_ahead(database=database, at=now())).data)
