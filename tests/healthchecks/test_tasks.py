"""What workers do for health."""

import pytest
from celery import current_app

from apps.common.clock import now
from apps.healthchecks import tasks
from apps.healthchecks.models import Monitor, ProbeResult, ProbeRun, Pulse
from apps.healthchecks.services import queue_probe_now

pytestmark = pytest.mark.django_db


def test_a_tick_shows_the_worker_and_queues_what_is_due(monitor):
    Monitor.objects.update(interval_seconds=10, timeout_seconds=5)
    tasks.tick_probes()
    assert Pulse.objects.filter(name="worker").exists()
    assert ProbeRun.objects.get().monitor_ids == [monitor.pk]


def test_a_tick_without_monitors_queues_nothing(db):
    tasks.tick_probes()
    assert not ProbeRun.objects.exists()


def test_a_run_is_carried_out_by_its_id(monitor, at_once):
    run = queue_probe_now(monitors=[monitor], at=now())
    tasks.carry_out_probes.delay(run.pk)
    tasks.forget_old_results.delay()
    assert ProbeResult.objects.get().run == run


def test_the_task_names_are_those_that_beat_sends(settings):
    current_app.loader.import_default_modules()
    scheduled = {str(entry["task"]) for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert scheduled <= set(current_app.tasks)
