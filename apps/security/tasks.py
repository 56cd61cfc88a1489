"""What workers do for security."""

from celery import shared_task

from apps.common.clock import now
from apps.security.models import SecurityCheckRun
from apps.security.services import checking


@shared_task
def tick_security_checks() -> None:
    """Queue the nightly run of the security checks, and end runs of dead workers."""
    at = now()
    checking.reap_checks(at=at)
    run = checking.queue_nightly_check(at=at)
    if run is not None:
        carry_out_security_check.delay(run.pk)


@shared_task
def carry_out_security_check(run_id: int) -> None:
    """Run the checks of one run. Safe to deliver twice: the run is claimed once."""
    checking.carry_out_check(run=SecurityCheckRun.objects.get(pk=run_id))
