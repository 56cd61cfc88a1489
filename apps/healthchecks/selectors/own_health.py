"""Is this installation ready, and is all of it well?"""

import dataclasses
from datetime import timedelta

from django.db import DatabaseError, connection
from health_check.base import HealthCheck
from health_check.checks import Cache, Database
from health_check.exceptions import ServiceUnavailable

from apps.common.clock import now
from apps.healthchecks.engines.checks import Broker, HealthReport, KeptReport, run_checks
from apps.healthchecks.models import Pulse

BEAT, WORKER = "beat", "worker"
LONGEST_SILENCE = {BEAT: timedelta(seconds=30), WORKER: timedelta(minutes=2)}
KEPT_SECONDS = 3


@dataclasses.dataclass
class PulseOf(HealthCheck):
    """The process has shown lately that it works."""

    name: str

    def run(self) -> None:
        try:
            with connection.temporary_connection():
                pulse = Pulse.objects.filter(name=self.name).first()
        except DatabaseError as error:
            raise ServiceUnavailable("its pulse cannot be read") from error
        if pulse is None:
            raise ServiceUnavailable(f"{self.name} has not run yet")
        silence = now() - pulse.at
        if silence > LONGEST_SILENCE[self.name]:
            raise ServiceUnavailable(f"{self.name} has been silent for {silence.total_seconds():.0f} s")


def check_readiness() -> HealthReport:
    """Whether this installation can serve: its database, its broker, and beat's pulse."""
    return run_checks({"database": Database(), "broker": Broker(), BEAT: PulseOf(BEAT)})


def check_health() -> HealthReport:
    """Everything this installation stands on."""
    checks: dict[str, HealthCheck] = {"database": Database(), "broker": Broker(), "cache": Cache()}
    return run_checks(checks | {name: PulseOf(name) for name in (BEAT, WORKER)})


readiness = KeptReport(check_readiness, seconds=KEPT_SECONDS)
health = KeptReport(check_health, seconds=KEPT_SECONDS)
