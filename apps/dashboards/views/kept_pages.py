"""Pages that are kept while a fresh one would say the same."""

import hashlib
import zlib
from collections.abc import Callable, Hashable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from redis.exceptions import RedisError

from apps.common.code_digest import code_digest
from apps.common.kept_answers import one_moment
from apps.common.when_shown import KeptText, kept_text, of_nobody

_LONGEST = timedelta(minutes=10)  # what was written over since has another name, and would fill Redis
logger = structlog.get_logger(__name__)


def kept_page(
    request: HttpRequest,
    template: str,
    *,
    of: Callable[[], tuple[str, ...]],
    at: datetime,
    context: Callable[[], Mapping[str, Any]],
) -> HttpResponse:
    """The page that the template renders, kept for everybody who may do the same, while it is of the same.

    `of` has to name everything that the page shows, so that whatever changes gives it another name; where something
    of it is empty, nothing is known to hold, and nothing is kept. What is of a person or request has a place of its
    own (`to_whom`).
    """

    def name() -> str:
        named = of()
        return _name(_release(), template, request.path, at.date(), _reader(request), named) if all(named) else ""

    page = _read(name(), at)
    if page is None:
        with one_moment():  # what is shown has to be what it is named after
            current = name()
            page = kept_text(lambda: _render(template, context(), request))
        _keep(current, page, at)
    return HttpResponse(page.shown(request))


def _release() -> tuple[str, str]:
    """Which code and static files a page is made of: the address of a file that was replaced leads nowhere."""
    return code_digest(), getattr(staticfiles_storage, "manifest_hash", "")


def _reader(request: HttpRequest) -> Hashable:
    return request.user.is_superuser, sorted(request.user.get_all_permissions())


def _render(template: str, context: Mapping[str, Any], request: HttpRequest) -> str:
    return render_to_string(template, of_nobody(context, request), request)


def _name(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _read(name: str, at: datetime) -> KeptText | None:
    if not name:
        return None
    try:
        kept = caches["pages"].get(name)
        return _unpack(kept, at) if kept else None
    except (RedisError, OSError) as error:
        logger.warning("kept_pages_unreachable", error=type(error).__name__)
    except Exception as error:  # what was damaged, or put there by something else, is replaced
        logger.warning("kept_page_unreadable", error=type(error).__name__)
    return None


def _unpack(kept: tuple[datetime, bytes, Any], at: datetime) -> KeptText | None:
    kept_at, packed, places = kept
    is_young = timedelta(0) <= at - kept_at < _LONGEST
    return KeptText(zlib.decompress(packed).decode(), places) if is_young else None


def _keep(name: str, page: KeptText, at: datetime) -> None:
    if not name:
        return
    try:
        packed = zlib.compress(page.html.encode(), 1)
        caches["pages"].set(name, (at, packed, page.places), _LONGEST.total_seconds())
    except (RedisError, OSError) as error:
        logger.warning("kept_pages_unreachable", error=type(error).__name__)
