"""Entries of a roadmap in the API: all can be read, and what people work on can be changed."""

from collections.abc import Sequence
from typing import Any

from django.db.models import prefetch_related_objects
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import viewsets
from rest_framework.serializers import BaseSerializer

from apps.common.clock import now
from apps.roadmap.api import filters, serializers
from apps.roadmap.api.changing import ChangeableViewSet
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
    queryset = Milestone.objects.current().in_order()
    filterset_class = filters.MilestoneFilter


@_describe(serializers.WorkItemSerializer)
class WorkItemViewSet(ChangeableViewSet):
    """Numbered pieces of work."""

    serializer_class = serializers.WorkItemSerializer
    queryset = WorkItem.objects.current().in_order()
    filterset_class = filters.WorkItemFilter


@_describe(serializers.TaskSerializer)
class TaskViewSet(ChangeableViewSet):
    """Boxes to tick."""

    serializer_class = serializers.TaskSerializer
    queryset = Task.objects.current().in_order()
    filterset_class = filters.TaskFilter


@_describe(serializers.CriterionSerializer)
class CriterionViewSet(ChangeableViewSet):
    """Conditions that have to hold, each with its evidence and its standing now."""

    serializer_class = serializers.CriterionSerializer
    queryset = Criterion.objects.current().in_order()
    filterset_class = filters.CriterionFilter

    def rows_to_say(self, keys: Sequence[int]) -> list[Criterion]:
        criteria: list[Any] = super().rows_to_say(keys)
        statuses = standings_of(criteria, now())
        for criterion in criteria:
            criterion.derived = statuses.get(criterion.pk)
        return criteria


@_describe(serializers.RiskSerializer)
class RiskViewSet(ChangeableViewSet):
    """What may go wrong, and what is done about it."""

    serializer_class = serializers.RiskSerializer
    queryset = Risk.objects.current().in_order()
    filterset_class = filters.RiskFilter

    def rows_to_say(self, keys: Sequence[int]) -> list[Risk]:
        risks: list[Risk] = super().rows_to_say(keys)
        prefetch_related_objects(risks, "mitigations")
        return risks


class CostLineViewSet(viewsets.ReadOnlyModelViewSet):
    """What things cost, or save."""

    serializer_class = serializers.CostLineSerializer
    queryset = CostLine.objects.current().in_order().select_related("service")
    filterset_class = filters.CostLineFilter
