"""Words that depend on when a page is shown, or to whom, also where the page is kept."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Any, NamedTuple, TypeVarTuple

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.utils.safestring import SafeString, mark_safe

# No text of the database, and so no page, has this character.
_EDGE = "\0"
Arguments = TypeVarTuple("Arguments")


class _Place(NamedTuple):
    """What says the words of a place, and of what; before it the request that the page is shown to, where it asks."""

    words: Callable[..., str]
    arguments: tuple[object, ...]
    asks_who: bool

    def said(self, request: HttpRequest | None) -> str:
        return self.words(request, *self.arguments) if self.asks_who else self.words(*self.arguments)


_places: ContextVar[dict[_Place, int] | None] = ContextVar("places", default=None)


@dataclass(frozen=True)
class KeptText:
    """HTML with places for words, each with the function that says them and its arguments. It can be pickled."""

    html: str
    places: tuple[_Place, ...]

    def shown(self, request: HttpRequest | None = None) -> SafeString:
        """The text as it reads now, to whoever asks."""
        said = [place.said(request) for place in self.places]
        pieces = self.html.split(_EDGE)
        pieces[1::2] = [said[int(number)] for number in pieces[1::2]]
        return mark_safe("".join(pieces))  # noqa: S308  both come from templates


def when_shown(words: Callable[[*Arguments], str]) -> Callable[[*Arguments], str]:
    """Let the function say its words, which are HTML, anew whenever what is kept of a page is shown."""

    @wraps(words)
    def said(*arguments: *Arguments) -> str:
        return _here(said, arguments, asks_who=False) or words(*arguments)

    return said


def to_whom(words: Callable[[HttpRequest, *Arguments], str]) -> Callable[[HttpRequest, *Arguments], str]:
    """The same for words that depend on the request, which comes first: a person's name, or a token."""

    @wraps(words)
    def said(request: HttpRequest, *arguments: *Arguments) -> str:
        return _here(said, arguments, asks_who=True) or words(request, *arguments)

    return said


@to_whom
def csrf_token(request: HttpRequest) -> str:
    """The token of the request's forms."""
    return get_token(request)


def of_nobody(context: Mapping[str, Any], request: HttpRequest) -> dict[str, Any]:
    """The context of a page that is kept: without the person who happens to ask first, whom others would see."""
    return {**context, "user": "", "csrf_token": csrf_token(request)}


def kept_text(render: Callable[[], str]) -> KeptText:
    """What is rendered, with places for what has to be said when it is shown."""
    with _keeping() as places:
        html = render()
    return KeptText(html, tuple(places))


def _here(words: Callable[..., str], arguments: tuple[object, ...], *, asks_who: bool) -> SafeString | None:
    """A new place in what is being kept; nothing where the page is shown at once."""
    places = _places.get()
    if places is None:
        return None
    number = places.setdefault(_Place(words, arguments, asks_who), len(places))  # the same words are said once
    return SafeString(f"{_EDGE}{number}{_EDGE}")


@contextmanager
def _keeping() -> Iterator[dict[_Place, int]]:
    places: dict[_Place, int] = {}
    token = _places.set(places)
    try:
        yield places
    finally:
        _places.reset(token)
