"""Words that depend on the instant at which a page is shown, also where a part of the page is kept."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import TypeVarTuple

from django.utils.safestring import SafeString, mark_safe

# No text of the database, and so no page, has this character.
_EDGE = "\0"
Arguments = TypeVarTuple("Arguments")
Place = tuple[Callable[..., str], tuple[object, ...]]
_places: ContextVar[list[Place] | None] = ContextVar("places", default=None)


@dataclass(frozen=True)
class KeptText:
    """HTML with places for words, each with the function that says them and its arguments. It can be pickled."""

    html: str
    places: tuple[Place, ...]

    def shown(self) -> SafeString:
        """The text as it reads now."""
        said = [words(*arguments) for words, arguments in self.places]
        pieces = self.html.split(_EDGE)
        pieces[1::2] = [said[int(number)] for number in pieces[1::2]]
        return mark_safe("".join(pieces))  # noqa: S308  both come from templates


def when_shown(words: Callable[[*Arguments], str]) -> Callable[[*Arguments], str]:
    """Let the function say its words, which are HTML, anew whenever what is kept of a page is shown."""

    @wraps(words)
    def said(*arguments: *Arguments) -> str:
        places = _places.get()
        if places is None:
            return words(*arguments)
        places.append((said, arguments))
        return SafeString(f"{_EDGE}{len(places) - 1}{_EDGE}")

    return said


def kept_text(render: Callable[[], str]) -> KeptText:
    """What is rendered, with places for what has to be said when it is shown."""
    with _keeping() as places:
        html = render()
    return KeptText(html, tuple(places))


@contextmanager
def _keeping() -> Iterator[list[Place]]:
    places: list[Place] = []
    token = _places.set(places)
    try:
        yield places
    finally:
        _places.reset(token)
