"""How ready a service is."""

from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST
from kombu.exceptions import OperationalError as BrokerUnreachable

from apps.audit.audited_admin import staff_user
from apps.catalog.exceptions import UnknownEnvironment, UnknownService
from apps.catalog.models import Environment, Service
from apps.catalog.selectors import find_environment, find_service, find_service_environment
from apps.common.clock import now
from apps.dashboards.selectors.recovery import recovery, recovery_state
from apps.dashboards.selectors.service_page import service_page
from apps.dashboards.views.kept_pages import kept_page
from apps.dashboards.views.portfolio import VIEW_READINESS
from apps.roadmap.selectors.summaries import currency_of
from apps.roadmap.services.collecting import request_check
from apps.roadmap.tasks import collect_all_evidence

ASK_FOR_CHECKS = "roadmap.change_binding"


def readiness(request: HttpRequest, slug: str) -> HttpResponse:
    """How ready a service is in an environment, the answer first."""
    _refuse_who_may_not_read(request)
    try:
        environment = find_service_environment(slug, request.GET.get("environment", ""))
    except UnknownService as error:
        raise Http404(error.message) from error
    except UnknownEnvironment as error:
        context = {**_frame(request, find_service(slug)), "reason": error.message}
        return TemplateResponse(request, "dashboards/no_environment.html", context)
    return _readiness_of(request, environment)


def _readiness_of(request: HttpRequest, environment: Environment) -> HttpResponse:
    at = now()
    recovered = recovery(environment, at=at)
    return kept_page(
        request,
        "dashboards/readiness.html",
        of=lambda: (currency_of(environment, at), recovery_state(recovered)),
        at=at,
        context=lambda: {
            **_frame(request, environment.service),
            "environment": environment,
            "page": service_page(environment=environment, recovery=recovered, at=at),
        },
    )


def _frame(request: HttpRequest, service: Service) -> dict[str, object]:
    return {**admin.site.each_context(request), "title": service.name, "service": service}


@require_POST
def check(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for everything about a service to be checked now. The answers come from the worker."""
    service = service_to_read(request, slug)
    if not request.user.has_perm(ASK_FOR_CHECKS):
        raise PermissionDenied
    try:
        environment = find_environment(service, request.POST.get("environment", ""))
        request_check(environment=environment, actor=staff_user(request))
        transaction.on_commit(lambda: collect_all_evidence.delay(environment.pk))
    except UnknownEnvironment as error:
        messages.error(request, error.message)
    except BrokerUnreachable:
        messages.error(request, "The queue does not answer, so nothing was checked. See Health, then try again.")
    else:
        messages.success(request, f"Every check of {environment} is asked now; the answers appear here as they come.")
    query = f"?{urlencode({'environment': request.POST['environment']})}" if request.POST.get("environment") else ""
    return redirect(reverse("dashboards:readiness", args=[slug]) + query)


def service_to_read(request: HttpRequest, slug: str) -> Service:
    """The service of the slug, for somebody who may read readiness. Raises PermissionDenied and Http404."""
    _refuse_who_may_not_read(request)
    try:
        return find_service(slug)
    except UnknownService as error:
        raise Http404(error.message) from error


def _refuse_who_may_not_read(request: HttpRequest) -> None:
    if not request.user.has_perms(VIEW_READINESS):
        raise PermissionDenied
