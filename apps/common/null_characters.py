"""What the database refuses because of a NUL in it."""

from collections.abc import Callable

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.defaults import bad_request


def is_about_null(error: Exception) -> bool:
    """Whether the database refused a text for the NUL that it holds."""
    return isinstance(error, DatabaseError | ValueError) and "cannot contain NUL" in str(error)


class NullCharacterMiddleware:
    """Fields refuse a NUL by themselves; one in an address or a bare filter is the asker's mistake, too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A refusal instead of an error page; the transaction of the request is taken back already."""
        return bad_request(request, error) if is_about_null(error) else None
