"""Watches a drill while it works: one that uses too much of the disk, or lasts too long, is stopped."""

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from . import findings
from .report import Stopped, left_open
from .stages import TIMEOUT_SECONDS

LOOK_SECONDS = 0.5
SPARED_BYTES = 256 << 20  # what a drill leaves free for everybody else on the disk


@dataclass(frozen=True)
class Limits:
    """What a drill may use. Without a budget, it may use the disk but for a reserve."""

    timeout_seconds: float = TIMEOUT_SECONDS
    disk_budget_bytes: int | None = None
    spared_bytes: int = SPARED_BYTES


UNLIMITED = Limits()


@runtime_checkable
class Stoppable(Protocol):
    """A prover that works in a folder of its own and can be stopped from another thread."""

    @property
    def folder(self) -> Path:
        """Everything that it writes is in here."""

    def stop(self) -> None:
        """Make whatever it is doing fail, soon."""


class Watch:
    """Looks at the prover's folder and at the clock, and stops the prover at the first limit that is reached."""

    def __init__(self, prover: Stoppable, limits: Limits) -> None:
        self.reached: Stopped | None = None
        self._prover = prover
        self._limits = limits
        self._deadline = time.monotonic() + limits.timeout_seconds
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            self.reached = self._limit()
            if self.reached:
                self._prover.stop()
                return

    def _limit(self) -> Stopped | None:
        if time.monotonic() > self._deadline:
            message = f"The drill did not end within {self._limits.timeout_seconds:g} s and was stopped."
            return left_open(findings.TIME_LIMIT_REACHED, message)
        used, budget = used_bytes(self._prover.folder), self._limits.disk_budget_bytes
        if budget is not None and used > budget:
            message = f"The restore took {used >> 20} MiB; a drill may take {budget >> 20} MiB."
            return left_open(findings.DISK_BUDGET_EXCEEDED, message)
        free = shutil.disk_usage(self._prover.folder).free
        if free < self._limits.spared_bytes:
            message = f"The restore took {used >> 20} MiB and left only {free >> 20} MiB of the disk free."
            return left_open(findings.DISK_BUDGET_EXCEEDED, message)
        return None


@contextmanager
def watched(prover: object, limits: Limits) -> Iterator[None]:
    """Stop the prover when it reaches a limit, and say that instead of what it died of."""
    if not isinstance(prover, Stoppable):
        yield
        return
    watch = Watch(prover, limits)
    watch.start()
    try:
        yield
    except Exception as error:
        watch.end()
        if watch.reached:
            raise watch.reached from error
        raise
    finally:
        watch.end()
    if watch.reached:
        raise watch.reached


def used_bytes(folder: Path) -> int:
    """What the folder takes on the disk. Files that vanish meanwhile count nothing."""
    total = 0
    for parent, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            with suppress(OSError):
                total += os.lstat(os.path.join(parent, name)).st_blocks * 512
    return total
