"""Signing in within limits, and the pages that say what went wrong."""

import sys
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.csrf import requires_csrf_token
from redis.exceptions import ConnectionError as RedisConnectionError
from rest_framework.exceptions import NotFound
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.security.engines.sign_in_limits import check_sign_in, count_failed_sign_in
from apps.security.exceptions import LimitsUnreachable, TooManyAttempts
from apps.security.services.signing_in import record_sign_in

UNREACHABLE = (OperationalError, InterfaceError, RedisConnectionError)
RETRY_AFTER_SECONDS = 30


def sign_in_within_limits(request: HttpRequest, sign_in: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """What `sign_in` answers, unless there were too many failures: then 429. Each attempt is in the audit trail."""
    if request.method != "POST":
        return sign_in()
    account = request.POST.get("username", "")
    try:
        check_sign_in(request, account)
        response = sign_in()
        succeeded = response.status_code == HTTPStatus.FOUND
        if not succeeded:
            count_failed_sign_in(request, account)
    except TooManyAttempts as error:
        return _sorry(request, HTTPStatus.TOO_MANY_REQUESTS, retry_after_seconds=error.retry_after_seconds)
    except LimitsUnreachable:
        return _sorry(request, HTTPStatus.SERVICE_UNAVAILABLE, retry_after_seconds=RETRY_AFTER_SECONDS)
    record_sign_in(request=request, account=account, succeeded=succeeded)
    return response


@login_not_required
@requires_csrf_token
def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 when it is the database or Redis that cannot be reached."""
    if isinstance(sys.exc_info()[1], UNREACHABLE):
        return _sorry(request, HTTPStatus.SERVICE_UNAVAILABLE, retry_after_seconds=RETRY_AFTER_SECONDS)
    return render(request, "500.html", status=HTTPStatus.INTERNAL_SERVER_ERROR)


def _sorry(request: HttpRequest, status: HTTPStatus, *, retry_after_seconds: int) -> HttpResponse:
    minutes = -(-retry_after_seconds // 60)
    response = render(request, f"{status.value}.html", {"minutes": minutes}, status=status)
    response["Retry-After"] = str(retry_after_seconds)
    return response


class UnknownAddressView(APIView):
    """Says in JSON that the API has nothing at an address."""

    permission_classes = [IsAuthenticated]
    schema = None

    def initial(self, request: Request, *arguments: Any, **options: Any) -> None:
        super().initial(request, *arguments, **options)
        raise NotFound("There is nothing at this address. Addresses of the API end in a slash.")
