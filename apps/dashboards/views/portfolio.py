"""The start page: all services."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from apps.common.clock import now
from apps.dashboards.selectors.portfolio import Choice
from apps.dashboards.selectors.portfolio import portfolio as read_portfolio
from apps.dashboards.views.kept_pages import kept_page
from apps.roadmap.selectors.summaries import figures_of_all
from apps.roadmap.services.summarising import bring_up_to_date

VIEW_READINESS = ("catalog.view_service", "roadmap.view_milestone", "roadmap.view_criterion")


def portfolio(request: HttpRequest) -> HttpResponse:
    """All services, the worst first; then the admin's own index."""
    at, choice, page_number = now(), Choice.read(request.GET.dict()), request.GET.get("page")
    may_read = request.user.has_perms(VIEW_READINESS)
    if may_read:
        bring_up_to_date(at)
    return kept_page(
        request,
        "admin/index.html",
        of=lambda: (figures_of_all(), repr((choice, page_number))),
        at=at,
        context=lambda: {
            **admin.site.each_context(request),
            "title": admin.site.index_title,
            "app_list": admin.site.get_app_list(request),
            "portfolio": read_portfolio(choice=choice, page_number=page_number) if may_read else None,
        },
    )
