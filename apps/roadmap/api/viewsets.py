"""Entries of a roadmap in the API: all can be read, and what people work on can be changed."""

from typing import Any, cast

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import viewsets
from rest_framework.serializers import BaseSerializer

from apps.common.clock import now
from apps.roadmap.api import filters, serializers
from apps.roadmap.api.changing import ChangeableViewSet, worked
from apps.roadmap.models import CostLine, Criterion, Milestone, Risk, Task, WorkItem
from apps.roadmap.selectors.standings import standings_of

_IF_MATCH = OpenApiParameter("If-Match", location="header", description="The ETag that you saw.")


def _describe(serializer: type[BaseSerializer]) -> Any:
    refusals = dict.fromkeys([400, 409, 428], serializers.RefusalSerializer)
    change = extend_schema(parameters=[_IF_MATCH], responses={200: serializer, **refusals})
    return extend_schema_view(partial_update=change)


@_describe(serializers.MilestoneSerializer)
class MilestoneViewSet(ChangeableViewSet):
    """Stages on the way to production."""

    serializer_class = serializers.MilestoneSerializer
    queryset = worked(Milestone, "owners")
    listed = ("owners", "assignees", "labels")
    filterset_class = filters.MilestoneFilter


@_describe(serializers.WorkItemSerializer)
class WorkItemViewSet(ChangeableViewSet):
    """Numbered pieces of work."""

    serializer_class = serializers.WorkItemSerializer
    queryset = worked(WorkItem, "owners")
    listed = ("owners", "assignees", "labels")
    filterset_class = filters.WorkItemFilter


@_describe(serializers.TaskSerializer)
class TaskViewSet(ChangeableViewSet):
    """Boxes to tick."""

    serializer_class = serializers.TaskSerializer
    queryset = worked(Task, "owner")
    filterset_class = filters.TaskFilter


@_describe(serializers.CriterionSerializer)
class CriterionViewSet(ChangeableViewSet):
    """Conditions that have to hold, each with its evidence and its standing now."""

    serializer_class = serializers.CriterionSerializer
    queryset = worked(Criterion, "owner").select_related("work_item").defer("work_item__spans", "work_item__imported")
    filterset_class = filters.CriterionFilter

    def get_object(self) -> Criterion:
        criterion = cast(Criterion, super().get_object())
        _derive([criterion])
        return criterion

    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset)
        _derive(page or [])
        return page


@_describe(serializers.RiskSerializer)
class RiskViewSet(ChangeableViewSet):
    """What may go wrong, and what is done about it."""

    serializer_class = serializers.RiskSerializer
    queryset = worked(Risk, "owner").prefetch_related("mitigations")
    filterset_class = filters.RiskFilter

    def rows_to_list(self) -> Any:
        return super().rows_to_list().prefetch_related("mitigations")


class CostLineViewSet(viewsets.ReadOnlyModelViewSet):
    """What things cost, or save."""

    serializer_class = serializers.CostLineSerializer
    queryset = CostLine.objects.current().in_order().select_related("service")
    filterset_class = filters.CostLineFilter


def _derive(criteria: list[Criterion]) -> None:
    statuses = standings_of(criteria, now())
    for criterion in criteria:
        criterion.derived = statuses.get(criterion.pk)  # type: ignore[attr-defined]
