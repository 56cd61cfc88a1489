"""Running checks of django-health-check: together, each within its time, unknown errors never shown."""

import asyncio
import dataclasses
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from celery import current_app
from health_check.base import HealthCheck, HealthCheckResult
from health_check.exceptions import ServiceUnavailable
from kombu.exceptions import OperationalError

from apps.common.clock import Clock, now

_BROKER_SECONDS = 3
# Not the loop's own executor: closing that one waits for a check that hangs.
_threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="health")


@dataclasses.dataclass(frozen=True)
class CheckStatus:
    """How one check went. The reason is empty when it is up, and safe to show when not."""

    name: str
    is_up: bool
    duration_milliseconds: float
    reason: str = ""


@dataclasses.dataclass(frozen=True)
class HealthReport:
    """All checks at one instant."""

    checked_at: datetime
    checks: tuple[CheckStatus, ...]

    @property
    def is_up(self) -> bool:
        return all(check.is_up for check in self.checks)


@dataclasses.dataclass
class Broker(HealthCheck):
    """The broker lets this process in."""

    timeout = timedelta(seconds=_BROKER_SECONDS)

    def run(self) -> None:
        try:
            with current_app.connection_for_write(connect_timeout=_BROKER_SECONDS) as connection:
                connection.ensure_connection(max_retries=1, interval_start=0, timeout=_BROKER_SECONDS)
        except (OperationalError, OSError) as error:
            raise ServiceUnavailable("the broker refuses the connection") from error


def run_checks(checks: dict[str, HealthCheck], *, clock: Clock = now) -> HealthReport:
    """Run the checks at the same time, and report each by its name."""

    async def run() -> Sequence[HealthCheckResult]:
        return await asyncio.gather(*(check.get_result(_threads) for check in checks.values()))

    results = asyncio.run(run())
    statuses = (_status(name, result) for name, result in zip(checks, results, strict=True))
    return HealthReport(checked_at=clock(), checks=tuple(statuses))


def _status(name: str, result: HealthCheckResult) -> CheckStatus:
    return CheckStatus(
        name=name,
        is_up=result.error is None,
        duration_milliseconds=round(result.time_taken * 1000, 1),
        reason=result.error.message if result.error else "",
    )


class KeptReport:
    """Keeps a report for a few seconds: a storm of probes costs one run of the checks in each process."""

    def __init__(self, make: Callable[[], HealthReport], *, seconds: float) -> None:
        self._make = make
        self._seconds = seconds
        self._lock = threading.Lock()
        self._report: HealthReport | None = None
        self._made_seconds = 0.0

    def read(self) -> HealthReport:
        """The report, made anew when the kept one is too old. Who comes meanwhile waits for the same one."""
        with self._lock:
            if self._report is None or time.monotonic() - self._made_seconds >= self._seconds:
                self._report = self._make()
                self._made_seconds = time.monotonic()
            return self._report

    def forget(self) -> None:
        """Let the next reader run the checks."""
        with self._lock:
            self._report = None
