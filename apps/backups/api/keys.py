"""Keys in the API: who can decrypt backups. Identities never leave, and none is made here."""

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.backups.models import Plan, Recipient
from apps.backups.services.keys import add_offline_key, retire_key
from apps.common.api_permissions import ModelPermissions


class KeySerializer(serializers.ModelSerializer):
    state = serializers.CharField(read_only=True)
    databases = serializers.SerializerMethodField(help_text="Whose backups are encrypted to it.")

    class Meta:
        model = Recipient
        fields = [
            "id", "name", "public_key", "is_offline", "state", "databases", "added_at", "proven_at",
            "retired_at", "lost_at",
        ]  # fmt: skip
        read_only_fields = ["is_offline", "proven_at"]

    def get_databases(self, key: Recipient) -> list[str]:
        return [plan.database.name for plan in key.plans.all()]


class ChangesKeys(ModelPermissions):
    """What retiring asks for: to change the key, and not to add one."""

    perms_map = {**ModelPermissions.perms_map, "POST": ModelPermissions.perms_map["PATCH"]}


class KeyViewSet(mixins.CreateModelMixin, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Keys that backups are encrypted to. One that is added is an offline recovery key: its identity stays with you."""

    serializer_class = KeySerializer
    queryset = (
        Recipient.objects.defer("identity")
        .prefetch_related(Prefetch("plans", Plan.objects.select_related("database").defer("database__connection_url")))
        .order_by("name")
    )
    filterset_fields = ["name", "is_offline"]

    def perform_create(self, serializer: serializers.BaseSerializer) -> None:
        serializer.instance = add_offline_key(**serializer.validated_data, actor=self.request.user)

    @extend_schema(request=None, responses={200: KeySerializer})
    @action(detail=True, methods=["post"], permission_classes=[ChangesKeys])
    def retire(self, request: Request, pk: str | None = None) -> Response:
        """Encrypt nothing to it any more. What is encrypted to it can still be read with it."""
        key = self.get_object()
        retire_key(recipient=key, actor=request.user)
        return Response(self.get_serializer(key).data)
