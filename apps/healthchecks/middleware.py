"""Answers probes before anything that could need a host name, TLS, a session or the database."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.healthchecks import views

_PROBES = {"/livez": views.livez, "/readyz": views.readyz}


class ProbeMiddleware:
    """First in the list: a platform asks for /livez and /readyz by IP address, in plain HTTP."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        view = _PROBES.get(request.path_info)
        return view(request) if view else self.get_response(request)
