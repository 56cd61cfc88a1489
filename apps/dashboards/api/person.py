"""What belongs to whoever asks: their work, their notices, their saved views."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.models import Notice, User
from apps.common.clock import now
from apps.dashboards.models import SavedView
from apps.dashboards.selectors.my_work import my_work
from apps.dashboards.services.saved_views import delete_view, save_view


class WorkEntrySerializer(serializers.Serializer):
    kind = serializers.CharField(source="_meta.model_name")
    id = serializers.IntegerField(source="pk")
    service = serializers.CharField(source="service.slug")
    name = serializers.CharField(source="__str__")
    claim = serializers.CharField()
    target_on = serializers.DateField(allow_null=True)


class WorkCriterionSerializer(serializers.Serializer):
    id = serializers.IntegerField(source="criterion.pk")
    service = serializers.CharField(source="criterion.service.slug")
    text = serializers.CharField(source="criterion.text")
    standing = serializers.CharField()
    reason = serializers.CharField()


class WorkSuggestionSerializer(serializers.Serializer):
    id = serializers.IntegerField(source="pk")
    criterion = serializers.IntegerField(source="criterion_id")
    verifier_key = serializers.CharField()


class WorkRiskSerializer(serializers.Serializer):
    id = serializers.IntegerField(source="pk")
    service = serializers.CharField(source="service.slug")
    title = serializers.CharField()
    severity = serializers.CharField()


class MyWorkSerializer(serializers.Serializer):
    overdue = WorkEntrySerializer(many=True)
    soon = WorkEntrySerializer(many=True)
    undated = WorkEntrySerializer(many=True)
    disproved = WorkCriterionSerializer(many=True)
    risks = WorkRiskSerializer(many=True)
    suggestions = WorkSuggestionSerializer(many=True)


class NoticeSerializer(serializers.ModelSerializer):
    class Meta:
        model = Notice
        fields = ["id", "subject", "text", "path", "created_at", "read_at", "mailed_at"]


class SavedViewSerializer(serializers.ModelSerializer):
    owner = serializers.EmailField(source="owner.email", read_only=True)
    list = serializers.CharField(max_length=100, help_text="Such as roadmap.task.")

    class Meta:
        model = SavedView
        fields = ["id", "owner", "list", "name", "query", "is_shared"]


class MyWorkView(APIView):
    """What is assigned to you or your teams, the most urgent first."""

    permission_classes = [IsAdminUser]

    @extend_schema(operation_id="my_work", responses=MyWorkSerializer)
    def get(self, request: Request) -> Response:
        return Response(MyWorkSerializer(my_work(person=person_of(request), at=now())).data)


class NoticeViewSet(viewsets.ReadOnlyModelViewSet):
    """What you were told."""

    permission_classes = [IsAdminUser]
    serializer_class = NoticeSerializer
    queryset = Notice.objects.all()

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(recipient=self.request.user.pk)

    @extend_schema(request=None, responses=NoticeSerializer)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: str | None = None) -> Response:
        """Note that you have read it."""
        self.get_object().read(at=now())
        return Response(self.get_serializer(self.get_object()).data)


class SavedViewViewSet(mixins.CreateModelMixin, mixins.DestroyModelMixin, viewsets.ReadOnlyModelViewSet):
    """Lists of the admin as they were filtered: your own, and those that others share."""

    permission_classes = [IsAdminUser]
    serializer_class = SavedViewSerializer
    queryset = SavedView.objects.all()
    filterset_fields = ["list", "is_shared"]

    def get_queryset(self) -> Any:
        return SavedView.objects.seen_by(self.request.user.pk).order_by("pk")

    def perform_create(self, serializer: Any) -> None:
        values = dict(serializer.validated_data)
        values["of"], values["query"] = values.pop("list"), values.get("query", "")
        serializer.instance = save_view(owner=person_of(self.request), **values)

    def perform_destroy(self, view: SavedView) -> None:
        delete_view(view=view, actor=person_of(self.request))


def person_of(request: Request) -> User:
    """The user of a request that the permission let in, so a known one."""
    if not isinstance(request.user, User):
        raise TypeError("the permission lets only staff in")
    return request.user
