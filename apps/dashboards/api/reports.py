"""Reports of services in the API."""

from datetime import UTC
from typing import Any, ClassVar

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.catalog.selectors import find_environment, find_service
from apps.common.api_permissions import STAFF_BY_NAME
from apps.common.clock import now
from apps.dashboards.api.portfolio import ChoiceSerializer
from apps.dashboards.engines.reports.formats import Format, as_download, make_file
from apps.dashboards.engines.reports.values import Report
from apps.dashboards.selectors.portfolio import Choice
from apps.dashboards.selectors.reports import READERS
from apps.dashboards.selectors.reports.portfolio import portfolio_report
from apps.dashboards.selectors.reports.service import service_report
from apps.roadmap.services.summarising import bring_up_to_date

FILES = {(200, kind.split(";")[0]): OpenApiTypes.BINARY for kind in sorted({each.media_type for each in Format})}


class InJSON(DefaultContentNegotiation):
    """Refusals are JSON whatever `format` says: it names the file that is asked for, no renderer of the API."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class WantedSerializer(serializers.Serializer):
    """Which file."""

    format = serializers.ChoiceField([each.value for each in Format], default=Format.JSON.value)


class ServiceReportSerializer(WantedSerializer):
    environment = serializers.SlugField(default="", help_text="The default one unless said otherwise.")
    at = serializers.DateTimeField(required=False, default_timezone=UTC, help_text="An instant instead of now.")


class PortfolioReportSerializer(ChoiceSerializer, WantedSerializer):
    """Which services, and which file."""


class ReportView(APIView):
    """Gives a report as a file."""

    permission_classes = STAFF_BY_NAME
    required_permissions: ClassVar = READERS
    content_negotiation_class = InJSON
    question_class: ClassVar[type[serializers.Serializer]] = WantedSerializer

    def read_question(self, request: Request) -> dict[str, Any]:
        """The question's values. Raises ValidationError."""
        question = self.question_class(data=request.query_params)
        question.is_valid(raise_exception=True)
        return dict(question.validated_data)

    def answer(self, report: Report, question: dict[str, Any]) -> HttpResponse:
        return as_download(make_file(report, Format(question["format"])))


class ServiceReportView(ReportView):
    """The report of a service: the gate's answer, and everything that it rests on."""

    question_class = ServiceReportSerializer

    @extend_schema(operation_id="services_report", parameters=[ServiceReportSerializer], responses=FILES)
    def get(self, request: Request, slug: str) -> HttpResponse:
        question = self.read_question(request)
        environment = find_environment(find_service(slug), question["environment"])
        return self.answer(service_report(environment=environment, at=question.get("at") or now()), question)


class PortfolioReportView(ReportView):
    """The report of the chosen services, the worst first."""

    question_class = PortfolioReportSerializer

    @extend_schema(operation_id="portfolio_report", parameters=[PortfolioReportSerializer], responses=FILES)
    def get(self, request: Request) -> HttpResponse:
        question = self.read_question(request)
        bring_up_to_date()
        choice = Choice.read(request.query_params.dict())
        return self.answer(portfolio_report(choice=choice, at=now()), question)
