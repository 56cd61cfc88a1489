"""What every page may use: statuses, and figures in words."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from django import template
from django.db.models import Model
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from apps.common import addresses, wording
from apps.common.clock import now
from apps.common.statuses import Look, look_of
from apps.common.when_shown import when_shown

register = template.Library()


@register.simple_tag
def status(value: object) -> SafeString:
    """A status as a word with its shape and colour."""
    return _render_status(look_of(value))


@lru_cache
def _render_status(shown: Look) -> SafeString:
    # A page shows a hundred of them, and there are twenty.
    return render_to_string("seaworthy/_status.html", {"look": shown})


@register.simple_tag
def look(value: object) -> object:
    """The word, symbol and tone of a status, for pages that place them apart."""
    return look_of(value)


@register.filter
def page_of(entry: Model | None) -> str:
    """The address of an object's page in the admin; empty where it has none."""
    return addresses.change_address(entry) if entry else ""


@register.filter
def ago(instant: datetime | None) -> SafeString | str:
    """An instant as its age, with the instant itself in the title."""
    return _time(instant, _ago(instant)) if instant else "never"


@register.filter
def age(instant: datetime | None) -> SafeString | str:
    """The time since an instant to two units: `3 h 12 min`."""
    return _time(instant, _age(instant)) if instant else "none"


@register.filter
def good_for(instant: datetime | None) -> SafeString | str:
    """What is left until an instant, or how long ago it ran out."""
    return _time(instant, _good_for(instant)) if instant else ""


@register.filter
def exact(instant: datetime | None) -> SafeString | str:
    """An instant to the second, in UTC."""
    return _time(instant, wording.instant_in_words(instant.astimezone(UTC))) if instant else ""


@register.filter
def duration(value: timedelta | float | None) -> str:
    """A length of time, or a number of seconds, in words."""
    if value is None:
        return ""
    return wording.duration_in_words(value if isinstance(value, timedelta) else timedelta(seconds=float(value)))


@register.filter
def late(target_on: date | None) -> str:
    """How far past its day a target is; empty while the day is not over."""
    return wording.lateness_in_words(target_on, at=now()) if target_on else ""


@register.filter
def on(day: date | None, precision: str = "day") -> str:
    """A date, as exact as it was said."""
    return wording.date_in_words(day, str(precision)) if day else ""


@register.filter
def amount(value: Decimal | None) -> str:
    """An amount without needless zeros."""
    return wording.amount_in_words(value) if value is not None else ""


@register.filter(is_safe=True)
def marked(text: str) -> SafeString:
    """A line of Markdown with its code and its emphasis; everything else stays as it is written."""
    safe = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
    return mark_safe(re.sub(r"\*\*([^*]+)\*\*", r"<b>\1</b>", safe))  # noqa: S308  escaped in the line before


@register.filter
def size(size_bytes: int | None) -> str:
    """A number of bytes in words."""
    return wording.size_in_words(size_bytes) if size_bytes is not None else ""


@register.simple_tag
@when_shown
def exactly_now() -> str:
    """The instant at which the page is shown, to the second, in UTC."""
    return exact(now())


@when_shown
def _ago(instant: datetime) -> str:
    return wording.age_in_words(instant, at=now())


@when_shown
def _age(instant: datetime) -> str:
    return wording.duration_in_words(now() - instant)


@when_shown
def _good_for(instant: datetime) -> str:
    left = instant - now()
    return f"good for {wording.about(left)}" if left > timedelta(0) else f"ran out {wording.about(left)} ago"


def _time(instant: datetime, words: str) -> SafeString:
    instant = instant.astimezone(UTC)
    title = wording.instant_in_words(instant)
    return mark_safe(f'<time datetime="{instant.isoformat()}" title="{title}">{words}</time>')  # noqa: S308  our words
