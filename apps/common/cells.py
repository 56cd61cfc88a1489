"""Cells of the admin's lists."""

from datetime import datetime

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.common.clock import now
from apps.common.statuses import look_of
from apps.common.wording import age_in_words, instant_in_words


def status_cell(value: object) -> SafeString:
    """A status as a word with its shape and colour."""
    return render_to_string("seaworthy/_status.html", {"look": look_of(value)})


def age_cell(instant: datetime | None) -> SafeString | None:
    """How long ago, with the instant in the title."""
    if instant is None:
        return None
    return format_html('<time title="{}">{}</time>', instant_in_words(instant), age_in_words(instant, at=now()))
