"""Restores in the API: read, asked for, approved and refused."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from apps.backups import services, tasks
from apps.backups.models import Backup, Database, RestoreRun
from apps.backups.models.restores import LONGEST_NAME
from apps.backups.services.restore_notices import APPROVE
from apps.common.api_permissions import ModelPermissions


class RestoreSerializer(serializers.ModelSerializer):
    database = serializers.SlugField(source="backup.database.name", read_only=True)
    kind = serializers.CharField(source="destination.noun", read_only=True, help_text="database, file or folder.")
    server = serializers.SlugField(source="server.name", read_only=True)
    requested_by: Any = serializers.EmailField(source="requested_by.email", allow_null=True, default=None)
    approved_by: Any = serializers.EmailField(source="approved_by.email", allow_null=True, default=None)
    waits_for_approval = serializers.BooleanField(read_only=True)
    percent = serializers.IntegerField(allow_null=True, read_only=True)

    class Meta:
        model = RestoreRun
        fields = [
            "id", "backup", "database", "kind", "server", "new_name", "parts", "with_owners", "target_at", "reason",
            "status", "waits_for_approval", "percent", "outcome", "findings", "error", "requested_by", "approved_by",
            "approved_at", "queued_at", "started_at", "finished_at",
        ]  # fmt: skip


class RestoreRequestSerializer(serializers.Serializer):
    """What is asked for: a backup as something new, on the server of its own database unless said otherwise."""

    backup: Any = serializers.PrimaryKeyRelatedField(
        queryset=Backup.objects.select_related("database__environment").defer("fingerprint")
    )
    new_name = serializers.CharField(
        max_length=LONGEST_NAME,
        help_text="The name of the new database, free on its server; or the path of the new file or folder.",
    )
    server: Any = serializers.SlugRelatedField(
        "name",
        queryset=Database.objects.select_related("environment"),
        required=False,
        help_text="A database on whose server the new one is made. Not for files and folders.",
    )
    parts = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_NAME),
        default=list,
        max_length=1000,
        help_text="Only these tables; or of files, these paths.",
    )
    with_owners = serializers.BooleanField(default=True)
    target_at = serializers.DateTimeField(
        required=False, help_text="The moment to recover to, for engines that keep a log."
    )
    reason = serializers.CharField()


class RestoreRefusalSerializer(serializers.Serializer):
    comment = serializers.CharField(help_text="Why it is refused.")


class RestoreFilter(filters.FilterSet):
    database = filters.CharFilter("backup__database__name")

    class Meta:
        model = RestoreRun
        fields = ["database", "backup", "status"]


class MayDecide(BasePermission):
    """Whoever may approve restores; and whoever asked, to take the request back."""

    def has_object_permission(self, request: Request, view: Any, run: RestoreRun) -> bool:
        takes_back = view.action == "refuse" and request.user == run.requested_by
        return takes_back or request.user.has_perm(APPROVE)


class SeesRestores(ModelPermissions):
    """What reading asks for, of whatever method: the rest depends on the restore."""

    perms_map = {**ModelPermissions.perms_map, "POST": ModelPermissions.perms_map["GET"]}


class RestoreViewSet(viewsets.ReadOnlyModelViewSet):
    """Restores into something new, the newest first. Nothing is ever overwritten."""

    serializer_class = RestoreSerializer
    queryset = RestoreRun.objects.select_related("backup__database", "server", "requested_by", "approved_by").order_by(
        "-queued_at", "-pk"
    )
    filterset_class = RestoreFilter

    def get_queryset(self) -> QuerySet[RestoreRun]:
        hidden = ("backup__fingerprint", "backup__database__connection_url", "server__connection_url")
        return super().get_queryset().defer(*hidden)

    @extend_schema(request=RestoreRequestSerializer, responses={202: RestoreSerializer})
    def create(self, request: Request) -> Response:
        """Ask for a restore. Into production, somebody else has to approve it before it runs."""
        asked = RestoreRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        run = services.request_restore(actor=request.user, **asked.validated_data)
        if not run.waits_for_approval:
            tasks.send(run)
        return Response(self.get_serializer(run).data, status=202)

    @extend_schema(request=None, responses={200: RestoreSerializer})
    @action(detail=True, methods=["post"], permission_classes=[SeesRestores, MayDecide])
    def approve(self, request: Request, pk: str | None = None) -> Response:
        """Let it run."""
        run = services.approve_restore(run=self.get_object(), actor=request.user)
        tasks.send(run)
        return Response(self.get_serializer(run).data)

    @extend_schema(request=RestoreRefusalSerializer, responses={200: RestoreSerializer})
    @action(detail=True, methods=["post"], permission_classes=[SeesRestores, MayDecide])
    def refuse(self, request: Request, pk: str | None = None) -> Response:
        """End it before it begins, or take back one's own."""
        run = self.get_object()
        said = RestoreRefusalSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        run = services.refuse_restore(run=run, actor=request.user, **said.validated_data)
        return Response(self.get_serializer(run).data)
