"""Parts of pages that are kept while a fresh one would say the same."""

import hashlib
import zlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.core.cache import caches
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from redis.exceptions import RedisError

from apps.common.code_digest import code_digest
from apps.common.kept_answers import one_moment
from apps.common.when_shown import KeptText, kept_text

_LONGEST = timedelta(minutes=10)  # what was written over since has another name, and would fill Redis
logger = structlog.get_logger(__name__)


def kept_part(
    request: HttpRequest,
    template: str,
    *,
    of: Callable[[], tuple[str, ...]],
    at: datetime,
    context: Callable[[], Mapping[str, Any]],
) -> SafeString:
    """The rendered template, for everybody who may do the same, while it is of the same.

    `of` has to name everything that the part shows, so that whatever changes gives it another name; where something
    of it is empty, nothing is known to hold, and nothing is kept. The part holds nothing of a person or request.
    """

    def name() -> str:
        named, allowed = of(), sorted(request.user.get_all_permissions())
        return _name(code_digest(), template, at.date(), allowed, named) if all(named) else ""

    part = _read(name(), at)
    if part is None:
        with one_moment():  # what is shown has to be what it is named after
            current = name()
            part = kept_text(lambda: render_to_string(template, {**context()}, request))
        _keep(current, part, at)
    return part.shown()


def _name(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _read(name: str, at: datetime) -> KeptText | None:
    if not name:
        return None
    try:
        kept = caches["pages"].get(name)
    except (RedisError, OSError) as error:
        logger.warning("kept_parts_unreachable", error=type(error).__name__)
        return None
    if kept is None:
        return None
    kept_at, packed, places = kept
    is_young = timedelta(0) <= at - kept_at < _LONGEST
    return KeptText(zlib.decompress(packed).decode(), places) if is_young else None


def _keep(name: str, part: KeptText, at: datetime) -> None:
    if not name:
        return
    try:
        packed = zlib.compress(part.html.encode(), 1)
        caches["pages"].set(name, (at, packed, part.places), _LONGEST.total_seconds())
    except (RedisError, OSError) as error:
        logger.warning("kept_parts_unreachable", error=type(error).__name__)
