"""The figures behind the pictures of a service, for charts of one's own."""

from datetime import datetime
from typing import Any, ClassVar

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.catalog.models import Environment
from apps.common.clock import now
from apps.dashboards.selectors.pictures.burn_up import LONGEST_DAYS, USUAL_DAYS, burn_up_picture
from apps.dashboards.selectors.pictures.costs import costs_picture
from apps.dashboards.selectors.pictures.evidence_calendar import DayState, evidence_calendar
from apps.dashboards.selectors.pictures.owners import owners_picture
from apps.dashboards.selectors.pictures.risks import risks_picture
from apps.dashboards.selectors.pictures.timeline import timeline_picture
from apps.roadmap.api.readiness import QuestionSerializer, QuestionView
from apps.roadmap.api.serializers import EVIDENCE_STATES, RefusalSerializer
from apps.roadmap.models import Criterion
from apps.roadmap.selectors.readiness import readiness

DAY_STATES = [(each.value, each.word) for each in DayState]


class PastTargetSerializer(serializers.Serializer):
    since = serializers.DateTimeField()
    starts_on = serializers.DateField(allow_null=True)
    on = serializers.DateField(help_text="The last day of the target's period.")
    precision = serializers.CharField()


class WaitSerializer(serializers.Serializer):
    id = serializers.IntegerField(source="predecessor.pk")
    service = serializers.CharField(source="predecessor.service.slug")
    title = serializers.CharField(source="predecessor")
    is_conflict = serializers.BooleanField(help_text="It is due later than what waits for it, and not finished.")


class PlannedMilestoneSerializer(serializers.Serializer):
    id = serializers.IntegerField(source="milestone.pk")
    name = serializers.CharField()
    claim = serializers.CharField(source="milestone.claim")
    standing = serializers.CharField()
    targets = PastTargetSerializer(many=True, help_text="The first one first, the present one last.")
    moves = serializers.IntegerField()
    days_moved = serializers.IntegerField(help_text="From the first target to the present one.")
    waits_for = WaitSerializer(many=True)


class TimelineChartSerializer(serializers.Serializer):
    milestones = PlannedMilestoneSerializer(many=True)


class DayCountsSerializer(serializers.Serializer):
    day = serializers.DateField()
    total = serializers.IntegerField()
    claimed = serializers.IntegerField()
    proven = serializers.IntegerField()
    claimed_unproven = serializers.IntegerField()
    waived = serializers.IntegerField()


class BurnUpChartSerializer(serializers.Serializer):
    days = DayCountsSerializer(many=True)


class OwnedCriteriaSerializer(serializers.Serializer):
    owner = serializers.CharField()
    standing = serializers.CharField()
    count = serializers.IntegerField()
    criteria = serializers.ListField(child=serializers.IntegerField())


class OwnersChartSerializer(serializers.Serializer):
    cells = OwnedCriteriaSerializer(many=True)


class RiskCellSerializer(serializers.Serializer):
    likelihood = serializers.CharField(help_text="Empty where nobody said it.")
    severity = serializers.CharField(help_text="Empty where nobody said it.")
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="How many have each status.")
    risks = serializers.ListField(child=serializers.IntegerField(), source="keys")


class RisksChartSerializer(serializers.Serializer):
    cells = RiskCellSerializer(many=True)


class CostSumSerializer(serializers.Serializer):
    tier = serializers.CharField()
    currency = serializers.CharField()
    minimum = serializers.DecimalField(max_digits=16, decimal_places=2, help_text="Savings are below zero.")
    maximum = serializers.DecimalField(max_digits=16, decimal_places=2)
    lines = serializers.IntegerField()


class CostsChartSerializer(serializers.Serializer):
    monthly = CostSumSerializer(many=True)
    once = CostSumSerializer(many=True)
    stated = CostSumSerializer(many=True, help_text="Sums that a document makes itself; they are in no other sum.")
    left_out = serializers.ListField(
        child=serializers.IntegerField(), source="keys_left_out", help_text="The cost lines that are in no sum."
    )


class CalendarDaySerializer(serializers.Serializer):
    day = serializers.DateField()
    state = serializers.ChoiceField(choices=DAY_STATES)
    observations = serializers.IntegerField()


class PhaseSerializer(serializers.Serializer):
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=EVIDENCE_STATES)
    observation = serializers.IntegerField(source="observation.pk", allow_null=True, default=None)


class EvidenceChartSerializer(serializers.Serializer):
    days = CalendarDaySerializer(many=True)
    phases = PhaseSerializer(many=True)


class DaysQuestionSerializer(QuestionSerializer):
    days = serializers.IntegerField(required=False, min_value=1, max_value=LONGEST_DAYS, help_text="90 by default.")


def describe(operation: str, serializer: type[serializers.Serializer], question: Any = QuestionSerializer) -> Any:
    """What the schema says of one chart."""
    return extend_schema(
        operation_id=f"charts_{operation}",
        parameters=[question],
        responses={200: serializer, 404: RefusalSerializer},
    )


class ChartView(QuestionView):
    """Reads the question of a chart: an environment, and an instant."""

    def ask(self, request: Request, slug: str) -> tuple[Environment, datetime, dict[str, Any]]:
        environment, at, rest = self.read_question(request, slug)
        return environment, at or now(), dict(rest)


class TimelineChart(ChartView):
    """Milestones with every target they had, and what they wait for."""

    @describe("timeline", TimelineChartSerializer)
    def get(self, request: Request, slug: str) -> Response:
        environment, at, _ = self.ask(request, slug)
        known = readiness(environment=environment, at=at)
        return Response(TimelineChartSerializer(timeline_picture(known)).data)


class BurnUpChart(ChartView):
    """Criteria in all, claimed done, proven and waived at the end of each day."""

    question_class = DaysQuestionSerializer

    @describe("burn_up", BurnUpChartSerializer, DaysQuestionSerializer)
    def get(self, request: Request, slug: str) -> Response:
        environment, at, rest = self.ask(request, slug)
        picture = burn_up_picture(readiness(environment=environment, at=at), days=rest.get("days", USUAL_DAYS))
        return Response(BurnUpChartSerializer(picture).data)


class OwnersChart(ChartView):
    """Criteria by owner and standing."""

    @describe("owners", OwnersChartSerializer)
    def get(self, request: Request, slug: str) -> Response:
        environment, at, _ = self.ask(request, slug)
        return Response(OwnersChartSerializer(owners_picture(readiness(environment=environment, at=at))).data)


class RisksChart(ChartView):
    """Risks by likelihood and severity, as they are now."""

    required_permissions: ClassVar = [*ChartView.required_permissions, "roadmap.view_risk"]

    @describe("risks", RisksChartSerializer)
    def get(self, request: Request, slug: str) -> Response:
        return Response(RisksChartSerializer(risks_picture(self.ask(request, slug)[0].service)).data)


class CostsChart(ChartView):
    """Costs a month by the priority of their work, as they are now."""

    required_permissions: ClassVar = [*ChartView.required_permissions, "roadmap.view_costline"]

    @describe("costs", CostsChartSerializer)
    def get(self, request: Request, slug: str) -> Response:
        return Response(CostsChartSerializer(costs_picture(self.ask(request, slug)[0].service)).data)


class EvidenceChart(ChartView):
    """The last half year of a criterion's evidence, with the instants at which it turned."""

    required_permissions: ClassVar = [*ChartView.required_permissions, "evidence.view_observationrecord"]

    @describe("evidence", EvidenceChartSerializer)
    def get(self, request: Request, pk: int) -> Response:
        criterion = get_object_or_404(Criterion.objects.select_related("service"), pk=pk)
        environment, at, _ = self.ask(request, criterion.service.slug)
        found = evidence_calendar(criterion, readiness(environment=environment, at=at))
        return Response(EvidenceChartSerializer(found or {"days": [], "phases": []}).data)
