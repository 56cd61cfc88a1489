"""Seconds per stage, measured with a clock that only goes forward."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

TIMEOUT_SECONDS = 5.5 * 3600  # of each program: below a task's time limit, so that the run ends in its own words


class Stages:
    """Named durations in the order in which they happened."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @property
    def total_seconds(self) -> float:
        return round(sum(self.seconds.values()), 3)

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        try:
            yield
        finally:
            self.add(name, time.monotonic() - started)

    def add(self, name: str, seconds: float) -> None:
        """Note a stage that was measured elsewhere."""
        self.seconds[name] = round(seconds, 3)
