"""The report that a schedule asks for."""

from datetime import datetime

from apps.catalog.selectors import find_environment
from apps.dashboards.engines.reports.values import Report
from apps.dashboards.models import ReportSchedule
from apps.dashboards.selectors.portfolio import Choice
from apps.dashboards.selectors.reports.portfolio import portfolio_report
from apps.dashboards.selectors.reports.service import service_report


def scheduled_report(schedule: ReportSchedule, *, at: datetime) -> Report:
    """Of its service's default environment, of its team's services, or of all. Raises UnknownEnvironment."""
    if schedule.service:
        return service_report(environment=find_environment(schedule.service), at=at)
    return portfolio_report(choice=Choice(team=schedule.team.name if schedule.team else ""), at=at)
