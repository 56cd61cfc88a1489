"""The start page: all services."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from apps.dashboards.selectors.portfolio import Choice, Portfolio
from apps.dashboards.selectors.portfolio import portfolio as read_portfolio
from apps.roadmap.services.summarising import bring_up_to_date

VIEW_READINESS = ("catalog.view_service", "roadmap.view_milestone", "roadmap.view_criterion")


def portfolio(request: HttpRequest) -> HttpResponse:
    """All services, the worst first; then the admin's own index."""
    found = _read(request) if request.user.has_perms(VIEW_READINESS) else None
    return admin.site.index(request, extra_context={"portfolio": found})


def _read(request: HttpRequest) -> Portfolio:
    bring_up_to_date()
    return read_portfolio(choice=Choice.read(request.GET.dict()), page_number=request.GET.get("page"))
