"""The pictures of a service."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from apps.catalog.exceptions import UnknownEnvironment
from apps.catalog.selectors import find_environment
from apps.common.clock import now
from apps.dashboards.selectors.pictures.burn_up import LONGEST_DAYS, USUAL_DAYS
from apps.dashboards.selectors.pictures.page import pictures_page
from apps.dashboards.views.readiness import service_to_read

SPANS = (30, USUAL_DAYS, LONGEST_DAYS)


def pictures(request: HttpRequest, slug: str) -> HttpResponse:
    """A service over time and at a glance: targets, proof, owners, risks and costs."""
    service = service_to_read(request, slug)
    context = {**admin.site.each_context(request), "title": f"Pictures of {service}", "service": service}
    try:
        environment = find_environment(service, request.GET.get("environment", ""))
    except UnknownEnvironment as error:
        return TemplateResponse(request, "dashboards/no_environment.html", {**context, "reason": error.message})
    page = pictures_page(environment=environment, at=now(), days=_days(request))
    return TemplateResponse(request, "dashboards/pictures.html", {**context, "page": page, "spans": SPANS})


def _days(request: HttpRequest) -> int:
    asked = request.GET.get("days", "")
    return int(asked) if asked in map(str, SPANS) else USUAL_DAYS
