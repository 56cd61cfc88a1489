"""Entries of a roadmap in the API: all can be read; of tasks and criteria the claim can be changed."""

from typing import Any, cast

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from apps.common.api import PreconditionRequired
from apps.common.clock import now
from apps.roadmap.api import filters, serializers
from apps.roadmap.models import Binding, CostLine, Criterion, Milestone, Risk, Task, WorkItem
from apps.roadmap.models.entries import ClaimedEntry
from apps.roadmap.selectors.documents import documents_with_newest_revision
from apps.roadmap.selectors.standings import standings_of
from apps.roadmap.services.claims import set_claim
from apps.roadmap.services.exporting import export_document

_IF_MATCH = OpenApiParameter("If-Match", location="header", description="The ETag that you saw.")


def _describe(serializer: type[BaseSerializer]) -> Any:
    refusals = dict.fromkeys([400, 409, 428], serializers.RefusalSerializer)
    change = extend_schema(parameters=[_IF_MATCH], responses={200: serializer, **refusals})
    return extend_schema_view(partial_update=change)


class DocumentViewSet(viewsets.ReadOnlyModelViewSet):
    """Documents that teams keep."""

    serializer_class = serializers.DocumentSerializer
    queryset = documents_with_newest_revision().order_by("pk")
    filterset_class = filters.DocumentFilter

    @extend_schema(responses={(200, "text/markdown"): OpenApiTypes.BINARY}, filters=False)
    @action(detail=True, pagination_class=None)
    def export(self, request: Request, pk: str | None = None) -> HttpResponse:
        """The document's own text, with only what was changed since replaced."""
        document = self.get_object()
        response = HttpResponse(export_document(document), content_type="text/markdown")
        response.headers["Content-Disposition"] = "attachment"
        return response


class MilestoneViewSet(viewsets.ReadOnlyModelViewSet):
    """Stages on the way to production."""

    serializer_class = serializers.MilestoneSerializer
    queryset = Milestone.objects.current().in_order().select_related("service").prefetch_related("owners")
    filterset_class = filters.MilestoneFilter


class WorkItemViewSet(viewsets.ReadOnlyModelViewSet):
    """Numbered pieces of work."""

    serializer_class = serializers.WorkItemSerializer
    queryset = WorkItem.objects.current().in_order().select_related("service")
    filterset_class = filters.WorkItemFilter


class ClaimedViewSet(mixins.RetrieveModelMixin, mixins.ListModelMixin, viewsets.GenericViewSet):
    """Reads entries, and changes their claims for whoever says what they saw."""

    def retrieve(self, request: Request, *arguments: Any, **options: Any) -> Response:
        return self._answer(self.get_object())

    def partial_update(self, request: Request, pk: str | None = None) -> Response:
        """Say how far it is, if it still is where you saw it."""
        entry: ClaimedEntry = self.get_object()
        change = self.get_serializer(data=request.data)
        change.is_valid(raise_exception=True)
        wanted = change.validated_data
        set_claim(entry=entry, claim=wanted["claim"], expected=self._expected(entry, wanted), actor=request.user)
        return self._answer(self.get_object())

    def _expected(self, entry: ClaimedEntry, data: dict[str, Any]) -> str:
        if "expected" in data:
            return cast(str, data["expected"])
        if not self.request.headers.get("If-Match"):
            raise PreconditionRequired
        name, _, claim = self.request.headers["If-Match"].strip('"').rpartition(":")
        return claim if name == _name(entry) else ""  # no claim is empty, so nothing matches

    def _answer(self, entry: ClaimedEntry) -> Response:
        response = Response(self.get_serializer(entry).data)
        response.headers["ETag"] = f'"{_name(entry)}:{entry.claim}"'
        return response


@_describe(serializers.TaskSerializer)
class TaskViewSet(ClaimedViewSet):
    """Boxes to tick."""

    serializer_class = serializers.TaskSerializer
    queryset = Task.objects.current().in_order().select_related("service", "owner")
    filterset_class = filters.TaskFilter


@_describe(serializers.CriterionSerializer)
class CriterionViewSet(ClaimedViewSet):
    """Conditions that have to hold, each with its evidence and its standing now."""

    serializer_class = serializers.CriterionSerializer
    queryset = Criterion.objects.current().in_order().select_related("service", "owner")
    filterset_class = filters.CriterionFilter

    def get_object(self) -> Criterion:
        criterion = cast(Criterion, super().get_object())
        _derive([criterion])
        return criterion

    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset)
        _derive(page or [])
        return page


class RiskViewSet(viewsets.ReadOnlyModelViewSet):
    """What may go wrong, and what is done about it."""

    serializer_class = serializers.RiskSerializer
    queryset = Risk.objects.current().in_order().select_related("service", "owner").prefetch_related("mitigations")
    filterset_class = filters.RiskFilter


class CostLineViewSet(viewsets.ReadOnlyModelViewSet):
    """What things cost, or save."""

    serializer_class = serializers.CostLineSerializer
    queryset = CostLine.objects.current().in_order().select_related("service")
    filterset_class = filters.CostLineFilter


class BindingViewSet(viewsets.ReadOnlyModelViewSet):
    """Which verifier proves which criterion."""

    serializer_class = serializers.BindingSerializer
    queryset = Binding.objects.select_related("criterion__service").order_by("pk")
    filterset_class = filters.BindingFilter


def _name(entry: ClaimedEntry) -> str:
    return f"{entry._meta.model_name}:{entry.pk}"


def _derive(criteria: list[Criterion]) -> None:
    statuses = standings_of(criteria, now())
    for criterion in criteria:
        criterion.derived = statuses.get(criterion.pk)  # type: ignore[attr-defined]
