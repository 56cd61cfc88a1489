"""Room for calls of functions that lie deep below a request."""

from collections.abc import Callable, Iterable
from typing import Any

WSGIApplication = Callable[..., Iterable[bytes]]
_WORDS = 1 << 16


def with_room(application: WSGIApplication) -> WSGIApplication:
    """The application, with room for every call below it.

    Python holds what functions are at work on in chunks of 16 KB, and gives a chunk back to the system as soon as the
    first function in it returns. A template whose innermost functions happen to be the first in theirs took a chunk
    and gave it back thousands of times, which was a fifth of the time of a large page. A function that asks for much
    is given a chunk of twice that size, which all functions below it share. What nobody uses of it takes no memory.
    """

    def called(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        return application(environ, start_response)

    called.__code__ = called.__code__.replace(co_stacksize=_WORDS)
    return called
