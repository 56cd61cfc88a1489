"""The clock, as a value that callers pass on, so that tests can move it."""

from collections.abc import Callable
from datetime import datetime

from django.utils import timezone

Clock = Callable[[], datetime]


def now() -> datetime:
    """The present instant, in UTC."""
    return timezone.now()
