"""Times on a command line."""

from argparse import ArgumentTypeError
from datetime import UTC, datetime


def parse_moment(text: str) -> datetime:
    """A time in ISO 8601, in UTC unless it says otherwise."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text} is not a time; write 2026-11-20T12:00:00Z") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
