"""Databases, backups and drills in the API. Connection URLs never leave."""

from django.db.models import Prefetch
from django_filters import rest_framework as filters
from rest_framework import serializers, viewsets

from apps.backups.models import Backup, BackupCopy, Database, DrillRun, ProofRun, Storage
from apps.backups.selectors.storages import with_contents
from apps.catalog.api import InEnvironmentSerializer
from apps.common.api import Seconds


class DatabaseSerializer(InEnvironmentSerializer):
    rpo_objective_seconds = Seconds(source="rpo_objective")
    rto_objective_seconds = Seconds(source="rto_objective")

    class Meta:
        model = Database
        fields = [
            "id", "name", "service", "environment", "engine", "rpo_objective_seconds", "rto_objective_seconds",
            "is_enabled",
        ]  # fmt: skip


class CopySerializer(serializers.ModelSerializer):
    storage = serializers.SlugField(source="storage.name", read_only=True)
    state = serializers.CharField(read_only=True)

    class Meta:
        model = BackupCopy
        fields = ["storage", "state", "stored_at", "verified_at", "missing_at", "removed_at", "error"]


class BackupSerializer(serializers.ModelSerializer):
    database = serializers.SlugField(source="database.name", read_only=True)
    copies = CopySerializer(many=True, read_only=True)

    class Meta:
        model = Backup
        fields = [
            "id", "database", "sha256", "size_bytes", "content_bytes", "database_size_bytes", "tables", "rows",
            "server_version", "snapshot_at", "finished_at", "held_until", "hold_reason", "removal_asked_at",
            "removal_reason", "removed_at", "lost_at", "copies",
        ]  # fmt: skip


class FindingSerializer(serializers.Serializer):
    id = serializers.CharField()
    message = serializers.CharField()
    severity = serializers.CharField(default="refutes")
    advice = serializers.CharField(default="")


class StorageFindingSerializer(serializers.Serializer):
    id = serializers.CharField()
    message = serializers.CharField()


class StorageSerializer(serializers.ModelSerializer):
    """Without its access key."""

    place = serializers.CharField(read_only=True)
    findings = StorageFindingSerializer(source="check_findings", many=True, read_only=True)
    stored_count = serializers.IntegerField(read_only=True)
    stored_bytes = serializers.IntegerField(read_only=True)

    class Meta:
        model = Storage
        fields = [
            "id", "name", "kind", "place", "region", "locked_days", "lock_mode", "reads_back", "gigabyte_month_cost",
            "is_enabled", "checked_at", "findings", "stored_count", "stored_bytes",
        ]  # fmt: skip


class DrillSerializer(serializers.ModelSerializer):
    database = serializers.SlugField(source="database.name", read_only=True)
    outcome = serializers.CharField(read_only=True)
    findings = FindingSerializer(many=True, read_only=True)
    warnings = FindingSerializer(many=True, read_only=True)
    storage = serializers.SlugField(
        source="storage.name", read_only=True, allow_null=True, help_text="Whose copy was drilled."
    )
    stages = serializers.SerializerMethodField()

    class Meta:
        model = DrillRun
        fields = [
            "id", "database", "backup", "storage",
            "status", "verdict", "outcome", "findings", "warnings", "rto_seconds",
            "rpo_seconds", "satisfied_by", "stages", "tables", "rows", "size_bytes", "error", "scheduled_for",
            "queued_at", "started_at", "finished_at",
        ]  # fmt: skip

    def get_stages(self, drill: DrillRun) -> dict[str, float]:
        return dict(drill.stage_rows)


class DatabaseFilter(filters.FilterSet):
    service = filters.CharFilter("environment__service__slug")
    environment = filters.CharFilter("environment__name")

    class Meta:
        model = Database
        fields = ["service", "environment", "is_enabled"]


class BackupFilter(filters.FilterSet):
    database = filters.CharFilter("database__name")
    service = filters.CharFilter("database__environment__service__slug")
    is_stored = filters.BooleanFilter("removed_at", lookup_expr="isnull")

    class Meta:
        model = Backup
        fields = ["database", "service", "is_stored"]


class DrillFilter(filters.FilterSet):
    database = filters.CharFilter("database__name")
    service = filters.CharFilter("database__environment__service__slug")

    class Meta:
        model = DrillRun
        fields = ["database", "service", "status", "verdict", "backup"]


class DatabaseViewSet(viewsets.ReadOnlyModelViewSet):
    """Databases that are backed up."""

    serializer_class = DatabaseSerializer
    queryset = Database.objects.select_related("environment__service").defer("connection_url").order_by("name")
    filterset_class = DatabaseFilter


class BackupViewSet(viewsets.ReadOnlyModelViewSet):
    """Finished backups, the newest first."""

    serializer_class = BackupSerializer
    queryset = (
        Backup.objects.select_related("database")
        .prefetch_related(Prefetch("copies", BackupCopy.objects.select_related("storage").order_by("pk")))
        .defer("fingerprint", "database__connection_url")
        .order_by("-snapshot_at", "-pk")
    )
    filterset_class = BackupFilter


class StorageViewSet(viewsets.ReadOnlyModelViewSet):
    """Places that keep backups, with what was found wrong with them and what they hold."""

    serializer_class = StorageSerializer
    queryset = with_contents(Storage.objects.defer("secret_access_key")).order_by("name")
    filterset_fields = ["kind", "is_enabled"]


class DrillViewSet(viewsets.ReadOnlyModelViewSet):
    """Restores of backups into a throwaway server, the newest first."""

    serializer_class = DrillSerializer
    queryset = (
        DrillRun.objects.select_related("database", "storage")
        .defer("database__connection_url", "storage__secret_access_key")
        .order_by("-queued_at", "-pk")
    )
    filterset_class = DrillFilter


class ProvenFaultSerializer(serializers.Serializer):
    id = serializers.CharField()
    sentence = serializers.CharField()
    caught_by = serializers.CharField()
    caught = serializers.BooleanField()
    finding = serializers.CharField(allow_null=True)
    message = serializers.CharField()


class ProofSerializer(serializers.ModelSerializer):
    outcome = serializers.CharField(read_only=True)
    faults = ProvenFaultSerializer(many=True, read_only=True)

    class Meta:
        model = ProofRun
        fields = [
            "id", "status", "outcome", "holds", "caught", "missed", "healthy", "false_alarms", "faults", "error",
            "scheduled_for", "queued_at", "started_at", "finished_at",
        ]  # fmt: skip


class ProofViewSet(viewsets.ReadOnlyModelViewSet):
    """Proofs of the drill: faults that were made to happen to copies of a backup, and what the drill said of them."""

    serializer_class = ProofSerializer
    queryset = ProofRun.objects.order_by("-queued_at", "-pk")
    filterset_fields = ["status", "holds"]
