"""What workers do for health."""

from celery import shared_task

from apps.common.clock import now
from apps.healthchecks import services
from apps.healthchecks.models import ProbeRun
from apps.healthchecks.selectors.own_health import WORKER


@shared_task
def tick_probes() -> None:
    """Show that a worker works, and queue the probes of the coming seconds."""
    at = now()
    services.record_pulse(name=WORKER, at=at)
    services.miss_late_probes(at=at)
    for run in services.queue_due_probes(at=at):
        carry_out_probes.delay(run.pk)


@shared_task(soft_time_limit=120, time_limit=150)
def carry_out_probes(run_id: int) -> None:
    """Ask the monitors of one run. Safe to deliver twice: the run is claimed once."""
    services.carry_out_probes(run=ProbeRun.objects.get(pk=run_id))


@shared_task
def forget_old_results() -> None:
    """Delete the results that are older than is kept."""
    services.forget_old_results(at=now())
