"""The request's id, person and address in every line of the log."""

import structlog
from django.db import DatabaseError
from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware

from apps.common.client_address import client_address


class RequestLogMiddleware(RequestMiddleware):
    """Names the person of a request, unless the database that knows people is gone: then the page still answers."""

    @staticmethod
    def bind_user_id(request: HttpRequest) -> None:
        try:
            RequestMiddleware.bind_user_id(request)
        except DatabaseError:
            return

    @classmethod
    def bind_ip(cls, request: HttpRequest) -> None:
        # The library believes any X-Forwarded-For; this one only the trusted proxies'.
        structlog.contextvars.bind_contextvars(ip=str(client_address(request)))
