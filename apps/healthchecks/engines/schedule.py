"""When a monitor is due, as a pure function: nothing is stored, so nothing drifts."""

import zlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

WINDOW = timedelta(seconds=10)


def window_after(at: datetime) -> datetime:
    """The start of the first window that has not begun at the instant."""
    seconds = int(WINDOW.total_seconds())
    return datetime.fromtimestamp(-(-at.timestamp() // seconds) * seconds, UTC)


def due_instant(identity: int, interval_seconds: int, window: datetime) -> datetime | None:
    """The instant in the window at which the monitor is due, if there is one."""
    start = int(window.timestamp())
    # Each monitor has a phase of its own, which spreads monitors of one interval evenly over it.
    phase = zlib.crc32(f"monitor:{identity}".encode()) % interval_seconds
    wait = (phase - start) % interval_seconds
    return window + timedelta(seconds=wait) if wait < WINDOW.total_seconds() else None


def due_in_window(monitors: Iterable[tuple[int, int]], window: datetime) -> dict[int, datetime]:
    """The due instants by monitor, of pairs of identity and interval in seconds."""
    instants = {identity: due_instant(identity, interval, window) for identity, interval in monitors}
    return {identity: instant for identity, instant in instants.items() if instant}
