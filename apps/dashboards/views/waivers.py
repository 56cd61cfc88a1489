"""When waivers end, across services."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from apps.common.clock import now
from apps.dashboards.selectors.waiver_calendar import waiver_calendar

VIEW_WAIVERS = ("catalog.view_service", "roadmap.view_criterion", "roadmap.view_waiver")


def calendar(request: HttpRequest) -> HttpResponse:
    """The waivers that hold or will, as bars from their start to their end, the next end first."""
    if not request.user.has_perms(VIEW_WAIVERS):
        raise PermissionDenied
    found = waiver_calendar(at=now(), page_number=request.GET.get("page"))
    context = {**admin.site.each_context(request), "title": "When waivers end", "calendar": found}
    return TemplateResponse(request, "dashboards/waivers.html", context)
