"""Staff pages across subjects: they parse, call and render."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from apps.catalog.exceptions import UnknownEnvironment, UnknownService
from apps.catalog.selectors import find_environment, find_service
from apps.common.clock import now
from apps.dashboards.selectors import portfolio as selectors
from apps.dashboards.selectors.service_page import service_page

VIEW_READINESS = ("catalog.view_service", "roadmap.view_milestone", "roadmap.view_criterion")


def portfolio(request: HttpRequest) -> HttpResponse:
    """All services, the worst first; then the admin's own index."""
    may_read = request.user.has_perms(VIEW_READINESS)
    found = selectors.portfolio(at=now(), page_number=request.GET.get("page")) if may_read else None
    return admin.site.index(request, extra_context={"portfolio": found})


def readiness(request: HttpRequest, slug: str) -> HttpResponse:
    """How ready a service is in an environment, the answer first."""
    if not request.user.has_perms(VIEW_READINESS):
        raise PermissionDenied
    try:
        service = find_service(slug)
    except UnknownService as error:
        raise Http404(error.message) from error
    context = {**admin.site.each_context(request), "title": service.name, "service": service}
    try:
        environment = find_environment(service, request.GET.get("environment", ""))
    except UnknownEnvironment as error:
        return TemplateResponse(request, "dashboards/no_environment.html", {**context, "reason": error.message})
    page = service_page(environment=environment, at=now())
    return TemplateResponse(request, "dashboards/readiness.html", {**context, "page": page})
