"""By what entries of a roadmap can be filtered in the API."""

from django_filters import rest_framework as filters

from apps.roadmap.models import Binding, CostLine, Criterion, Document, Milestone, Risk, Task, WorkItem


class ServiceFilter(filters.FilterSet):
    service = filters.CharFilter("service__slug")


class DocumentFilter(ServiceFilter):
    class Meta:
        model = Document
        fields = ["service", "name"]


class MilestoneFilter(ServiceFilter):
    target = filters.DateFromToRangeFilter("target_on")

    class Meta:
        model = Milestone
        fields = ["service", "document", "code", "kind", "claim", "priority", "target"]


class WorkItemFilter(ServiceFilter):
    class Meta:
        model = WorkItem
        fields = ["service", "document", "milestone", "priority"]


class TaskFilter(ServiceFilter):
    class Meta:
        model = Task
        fields = ["service", "document", "milestone", "work_item", "claim", "owners"]


class CriterionFilter(ServiceFilter):
    class Meta:
        model = Criterion
        fields = ["service", "document", "milestone", "work_item", "kind", "claim", "requirement", "owners"]


class RiskFilter(ServiceFilter):
    class Meta:
        model = Risk
        fields = ["service", "document", "severity", "status", "owners"]


class CostLineFilter(ServiceFilter):
    class Meta:
        model = CostLine
        fields = ["service", "document", "work_item", "kind", "period"]


class BindingFilter(filters.FilterSet):
    service = filters.CharFilter("criterion__service__slug")

    class Meta:
        model = Binding
        fields = ["service", "criterion", "verifier_key", "state"]
