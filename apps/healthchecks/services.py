"""Writing pulses, queueing and carrying out probes."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from apps.audit import services as audit
from apps.common.clock import Clock, now
from apps.common.runs import RunStatus, carry_out, reap
from apps.healthchecks.engines import prober
from apps.healthchecks.engines.schedule import WINDOW, due_in_window, window_after
from apps.healthchecks.models import Monitor, ProbeResult, ProbeRun, Pulse

LATEST_START = timedelta(seconds=20)
KEEP_RESULTS = timedelta(days=90)
TOO_LATE = "No worker was free in time, so what happened in these seconds is unknown."


def record_pulse(*, name: str, at: datetime) -> None:
    """Note that the process of that name works."""
    Pulse.objects.update_or_create(name=name, defaults={"at": at})


@transaction.atomic
def queue_due_probes(*, at: datetime) -> list[ProbeRun]:
    """Add the run of the coming window, once, unless no monitor is due in it. The caller enqueues the task."""
    window = window_after(at)
    due = due_in_window(Monitor.objects.enabled().values_list("pk", "interval_seconds"), window)
    if not due:
        return []
    run, is_new = ProbeRun.objects.get_or_create(
        scheduled_for=window, defaults={"monitor_ids": sorted(due), "queued_at": at}
    )
    return [run] if is_new else []


@transaction.atomic
def queue_probe_now(*, monitors: Iterable[Monitor], at: datetime, actor: object = None) -> ProbeRun:
    """Add a run that asks the monitors at once. The caller enqueues the task."""
    chosen = list(monitors)
    run = ProbeRun.objects.create(monitor_ids=[monitor.pk for monitor in chosen], queued_at=at)
    for monitor in chosen:
        audit.record(action="monitor.checked", subject=monitor, actor=actor)
    return run


def carry_out_probes(*, run: ProbeRun, clock: Clock = now) -> None:
    """Ask the run's monitors and keep the results. A run that comes too late is recorded as missed."""
    if run.scheduled_for and clock() > run.scheduled_for + WINDOW + LATEST_START:
        miss_late_probes(at=clock())
        return
    monitors = Monitor.objects.in_bulk(run.monitor_ids)

    def record(outcomes: list[prober.Outcome]) -> dict[str, object]:
        results = [_result(run, monitors[outcome.identity], outcome) for outcome in outcomes]
        ProbeResult.objects.bulk_create(results, batch_size=1000)
        return {}

    carry_out(run, lambda: prober.probe_all(_targets(run, monitors)), record, clock=clock)


def miss_late_probes(*, at: datetime) -> int:
    """Record as missed the windows that nobody took in time, end the runs of dead workers; how many there were."""
    late = ProbeRun.objects.filter(status=RunStatus.QUEUED, scheduled_for__lt=at - WINDOW - LATEST_START)
    return late.update(status=RunStatus.MISSED, finished_at=at, error=TOO_LATE) + reap(ProbeRun, at=at)


def forget_old_results(*, at: datetime) -> int:
    """Delete the runs and results that are older than is kept, and return how many rows that were."""
    return ProbeRun.objects.filter(queued_at__lt=at - KEEP_RESULTS).delete()[0]


def _targets(run: ProbeRun, monitors: dict[int, Monitor]) -> list[prober.Target]:
    intervals = ((pk, monitor.interval_seconds) for pk, monitor in monitors.items())
    due = due_in_window(intervals, run.scheduled_for) if run.scheduled_for else dict.fromkeys(monitors, run.queued_at)
    return [
        prober.Target(
            identity=pk,
            url=monitors[pk].url,
            due_at=instant,
            timeout_seconds=monitors[pk].timeout_seconds,
            expected_status=monitors[pk].expected_status,
        )
        for pk, instant in due.items()
    ]


def _result(run: ProbeRun, monitor: Monitor, outcome: prober.Outcome) -> ProbeResult:
    return ProbeResult(
        run=run,
        monitor=monitor,
        scheduled_at=outcome.due_at,
        started_at=outcome.started_at,
        covers_seconds=monitor.interval_seconds if run.scheduled_for else 0,
        duration_milliseconds=outcome.duration_milliseconds,
        attempts=outcome.attempts,
        status_code=outcome.status_code,
        is_up=not outcome.error,
        error=outcome.error[:300],
    )
