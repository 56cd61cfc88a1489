"""Queueing probes, carrying them out, and the availability that they prove."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from apps.audit.models import AuditEvent
from apps.catalog.services import ensure_service
from apps.common.clock import now
from apps.common.runs import RunStatus
from apps.evidence.models import ObservationRecord
from apps.evidence.services import collect
from apps.healthchecks import services
from apps.healthchecks.engines.schedule import WINDOW
from apps.healthchecks.models import Monitor, ProbeResult, ProbeRun
from apps.healthchecks.selectors.availability import availability

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

pytestmark = pytest.mark.django_db


def queue_in_a_minute(start):
    """What six ticks, one a window, queue in a minute."""
    ticks = (services.queue_due_probes(at=start + number * WINDOW) for number in range(6))
    return [run for runs in ticks for run in runs]


def add_result(monitor, at, *, is_up=True, covers=60, milliseconds=20.0):
    run = ProbeRun.objects.create(monitor_ids=[monitor.pk])
    return ProbeResult.objects.create(
        run=run, monitor=monitor, scheduled_at=at, started_at=at, covers_seconds=covers,
        duration_milliseconds=milliseconds, is_up=is_up, error="" if is_up else "Status 500 instead of 200.",
    )  # fmt: skip


def test_a_monitor_of_a_minute_is_queued_once_a_minute(monitor):
    runs = queue_in_a_minute(NOON)
    assert len(runs) == 1
    assert runs[0].monitor_ids == [monitor.pk]


def test_two_ticks_queue_a_window_once(monitor):
    first, second = queue_in_a_minute(NOON), queue_in_a_minute(NOON)
    assert (len(first), len(second), ProbeRun.objects.count()) == (1, 0, 1)


def test_a_disabled_monitor_is_not_queued(monitor):
    Monitor.objects.update(is_enabled=False)
    assert queue_in_a_minute(NOON) == []


def test_all_due_monitors_share_one_run(monitor, site):
    for name in "abcdefgh":
        other = ensure_service(slug=name).environments.get()
        Monitor.objects.create(environment=other, url=site.url, interval_seconds=10, timeout_seconds=5)
    runs = services.queue_due_probes(at=NOON)
    assert len(runs) == 1
    assert len(runs[0].monitor_ids) >= 8


def run_scheduled(monitor):
    start = now() - timedelta(seconds=60)
    (run,) = queue_in_a_minute(start)
    return run


def test_carrying_out_keeps_the_results(monitor):
    Monitor.objects.update(interval_seconds=10)
    (run,) = services.queue_due_probes(at=now() - WINDOW)
    services.carry_out_probes(run=run)
    result = ProbeResult.objects.get()
    assert (run.status, result.is_up, result.covers_seconds) == (RunStatus.SUCCEEDED, True, 10)
    assert run.scheduled_for <= result.scheduled_at < run.scheduled_for + WINDOW


def test_a_second_delivery_asks_nobody(monitor, site):
    Monitor.objects.update(interval_seconds=10)
    (run,) = services.queue_due_probes(at=now() - WINDOW)
    services.carry_out_probes(run=run)
    services.carry_out_probes(run=ProbeRun.objects.get(pk=run.pk))
    assert (site.asked, ProbeResult.objects.count()) == (1, 1)


def test_a_run_that_comes_too_late_is_missed_and_asks_nobody(monitor, site):
    run = run_scheduled(monitor)
    services.carry_out_probes(run=run, clock=lambda: run.scheduled_for + timedelta(minutes=1))
    run.refresh_from_db()
    assert (run.status, site.asked) == (RunStatus.MISSED, 0)


def test_asking_by_hand_is_audited_and_does_not_count_for_availability(monitor, olga):
    run = services.queue_probe_now(monitors=[monitor], at=now(), actor=olga)
    services.carry_out_probes(run=run)
    assert ProbeResult.objects.get().covers_seconds == 0
    assert availability(monitor, end=now() + HOUR, window=2 * HOUR).checks == 0
    assert AuditEvent.objects.get(action="monitor.checked").actor == olga


def test_old_results_are_deleted_and_new_ones_kept(monitor):
    add_result(monitor, NOON)
    ProbeRun.objects.update(queued_at=now() - timedelta(days=91))
    add_result(monitor, NOON + HOUR)
    services.forget_old_results(at=now())
    assert [result.scheduled_at for result in ProbeResult.objects.all()] == [NOON + HOUR]


@pytest.mark.parametrize(
    "values",
    [
        {"interval_seconds": 9},
        {"interval_seconds": 86_401},
        {"timeout_seconds": 0},
        {"interval_seconds": 10, "timeout_seconds": 11},
        {"expected_status": 99},
    ],
)
def test_the_database_refuses_a_monitor_out_of_range(monitor, values):
    with pytest.raises(IntegrityError), transaction.atomic():
        Monitor.objects.update(**values)


def test_unknown_time_counts_for_nothing_but_the_coverage(monitor):
    for minute in range(30):
        add_result(monitor, NOON - timedelta(minutes=minute), is_up=minute != 5)
    figures = availability(monitor, end=NOON, window=HOUR)
    assert (figures.checks, figures.failures) == (30, 1)
    assert figures.availability_percent == 96.666
    assert figures.coverage_percent == 50.0


def test_time_is_weighed_and_not_checks(monitor):
    add_result(monitor, NOON, covers=1800)
    for second in range(1, 4):
        add_result(monitor, NOON - timedelta(seconds=second), is_up=False, covers=600)
    assert availability(monitor, end=NOON, window=HOUR).availability_percent == 50.0


def test_p95_is_that_of_the_good_answers(monitor):
    for number in range(1, 101):
        add_result(monitor, NOON - timedelta(seconds=number), milliseconds=float(number), covers=1)
    add_result(monitor, NOON, is_up=False, milliseconds=9999.0)
    assert availability(monitor, end=NOON, window=HOUR).p95_milliseconds == 95.0


def test_a_figure_just_below_a_hundred_is_not_rounded_up(monitor):
    add_result(monitor, NOON, covers=86_399)
    add_result(monitor, NOON - timedelta(seconds=1), is_up=False, covers=1)
    assert availability(monitor, end=NOON, window=timedelta(days=1)).availability_percent == 99.998


def test_the_evidence_is_as_old_as_the_newest_answer(monitor, environment):
    add_result(monitor, NOON - HOUR)
    add_result(monitor, NOON)
    record = collect(environment=environment, key="healthchecks.availability", parameters={"window_hours": 1})
    assert record is not None
    assert record.observed_at == NOON
    assert record.facts == {
        "availability_percent": 100.0,
        "checks": 1,
        "failures": 0,
        "coverage_percent": 1.666,
        "p95_milliseconds": 20.0,
    }


def test_a_monitor_younger_than_its_window_is_no_evidence_yet(monitor, environment):
    add_result(monitor, NOON - HOUR / 2)
    add_result(monitor, NOON)
    assert collect(environment=environment, key="healthchecks.availability", parameters={"window_hours": 1}) is None


def test_looking_again_without_a_new_answer_adds_no_evidence(monitor, environment):
    add_result(monitor, NOON - 24 * HOUR)
    add_result(monitor, NOON)
    first = collect(environment=environment, key="healthchecks.availability")
    second = collect(environment=environment, key="healthchecks.availability")
    assert first == second
    assert ObservationRecord.objects.count() == 1


def test_before_the_first_answer_there_is_no_evidence(monitor, environment):
    assert collect(environment=environment, key="healthchecks.availability") is None


def test_without_a_monitor_the_evidence_is_an_error_that_says_what_to_do(environment):
    record = collect(environment=environment, key="healthchecks.availability")
    assert record is not None
    assert "Add one in the admin" in record.error
