"""The addresses that say how Seaworthy is: alive, ready, in detail, in figures."""

import secrets
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.common.metrics import CONTENT_TYPE, exposition
from apps.healthchecks.engines.checks import CheckStatus, HealthReport
from apps.healthchecks.selectors import own_health


@login_not_required
@never_cache
@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """200 while this process answers; it looks at nothing else."""
    return HttpResponse("alive\n", content_type="text/plain")


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when this installation can serve, else 503. Says which check is down, not why."""
    report = own_health.readiness.read()
    states = {check.name: _word(check.is_up) for check in report.checks}
    return _answer(report, {"status": _word(report.is_up), "checks": states})


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Every check with its duration and reason, for staff and for who holds HEALTH_TOKEN; 503 when one is down."""
    if not (_has_token(request) or _is_staff(request)):
        return _refuse()
    report = own_health.health.read()
    details = {check.name: _details(check) for check in report.checks}
    return _answer(
        report, {"status": _word(report.is_up), "checked_at": report.checked_at.isoformat(), "checks": details}
    )


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus, for staff and for who holds HEALTH_TOKEN."""
    if not (_has_token(request) or _is_staff(request)):
        return _refuse()
    return HttpResponse(exposition(), content_type=CONTENT_TYPE)


def _refuse() -> JsonResponse:
    message = "Sign in as staff, or send: Authorization: Bearer <HEALTH_TOKEN>."
    refusal = JsonResponse({"detail": message}, status=HTTPStatus.UNAUTHORIZED)
    refusal["WWW-Authenticate"] = "Bearer"
    return refusal


def _answer(report: HealthReport, content: dict[str, object]) -> JsonResponse:
    return JsonResponse(content, status=HTTPStatus.OK if report.is_up else HTTPStatus.SERVICE_UNAVAILABLE)


def _details(check: CheckStatus) -> dict[str, object]:
    details = {"status": _word(check.is_up), "duration_milliseconds": check.duration_milliseconds}
    return details | ({"reason": check.reason} if check.reason else {})


def _word(is_up: bool) -> str:
    return "up" if is_up else "down"


def _has_token(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    is_right = secrets.compare_digest(token.encode(), settings.HEALTH_TOKEN.encode())
    return bool(settings.HEALTH_TOKEN) and scheme.lower() == "bearer" and is_right


def _is_staff(request: HttpRequest) -> bool:
    return request.user.is_active and request.user.is_staff
