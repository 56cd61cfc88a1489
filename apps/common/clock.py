"""The clock, as a value that callers pass on: tests move it, nothing else reads the time."""

from collections.abc import Callable
from datetime import datetime

from django.utils import timezone

Clock = Callable[[], datetime]


def now() -> datetime:
    """The present instant, in UTC."""
    return timezone.now()
