"""Monitors in the admin."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.audit.models import AuditEvent
from apps.catalog.services import ensure_service
from apps.common.clock import now
from apps.healthchecks.models import Monitor, ProbeResult, ProbeRun

pytestmark = pytest.mark.django_db
LIST = "/admin/healthchecks/monitor/"


@pytest.fixture
def operator(client, olga):
    client.force_login(olga)
    return client


@pytest.fixture
def monitor(environment):
    return Monitor.objects.create(environment=environment, url="https://example.org/")


def add_results(monitor, count, *, failures=0):
    for minute in range(count):
        run, at = ProbeRun.objects.create(monitor_ids=[monitor.pk]), now() - timedelta(minutes=minute)
        is_up = minute >= failures
        ProbeResult.objects.create(
            run=run, monitor=monitor, scheduled_at=at, started_at=at, covers_seconds=60, duration_milliseconds=20,
            status_code=200 if is_up else 500, is_up=is_up, error="" if is_up else "Status 500 instead of 200.",
        )  # fmt: skip


def test_the_list_says_how_each_service_is(operator, monitor):
    add_results(monitor, 4, failures=1)
    text = operator.get(LIST).content.decode()
    assert "Status 500 instead of 200." in text
    assert "75.0 %" in text
    assert "Down" in text


def test_the_number_of_queries_does_not_grow_with_monitors(operator, monitor):
    def count():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert operator.get(LIST).status_code == 200
        return len(queries)

    add_results(monitor, 2)
    count()  # the first request fills caches
    before = count()
    for number in range(5):
        other = ensure_service(slug=f"service-{number}").environments.get()
        add_results(Monitor.objects.create(environment=other, url="https://example.org/"), 2)
    assert count() == before


def test_the_page_of_a_monitor_shows_its_last_answers(operator, monitor):
    add_results(monitor, 3, failures=1)
    text = operator.get(f"{LIST}{monitor.pk}/change/").content.decode()
    assert "Status 500 instead of 200." in text
    assert 'aria-label="3 answers, 1 of them failures"' in text
    assert "objective: 99.9 %" in text


def test_a_monitor_without_answers_says_what_happens_next(operator, monitor):
    assert "Not asked yet" in operator.get(f"{LIST}{monitor.pk}/change/").content.decode()


def test_check_now_queues_one_run_and_is_audited(operator, olga, monitor, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        response = operator.post(reverse("admin:healthchecks_monitor_check", args=[monitor.pk]), follow=True)
    assert "Asking 1 address" in response.content.decode()
    assert (ProbeRun.objects.get().monitor_ids, len(callbacks)) == ([monitor.pk], 1)
    assert AuditEvent.objects.get(action="monitor.checked").actor == olga


def test_the_history_says_what_was_answered_and_when(operator, monitor):
    add_results(monitor, 2, failures=1)
    results = operator.get("/admin/healthchecks/proberesult/").content.decode()
    assert "Down" in results
    assert "20 ms" in results
    assert "Queued" in operator.get("/admin/healthchecks/proberun/").content.decode()


def test_several_monitors_are_checked_in_one_run(operator, monitor):
    other = Monitor.objects.create(
        environment=ensure_service(slug="other").environments.get(), url="https://example.org/"
    )
    chosen = {"action": "check_now", "_selected_action": [monitor.pk, other.pk]}
    response = operator.post(LIST, chosen, follow=True)
    assert "Asking 2 addresses" in response.content.decode()
    assert sorted(ProbeRun.objects.get().monitor_ids) == [monitor.pk, other.pk]


def test_who_may_only_look_cannot_check(client, sam, monitor):
    client.force_login(sam)
    assert client.post(reverse("admin:healthchecks_monitor_check", args=[monitor.pk])).status_code == 403
    assert not ProbeRun.objects.exists()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"url": "http://root@example.org/"}, "must not hold a user or password"),
        ({"url": "http://example.org:6379/"}, "Port 6379 is not one of a web server"),
        ({"interval_seconds": 5}, "greater than or equal to 10"),
        ({"timeout_seconds": 30, "interval_seconds": 10}, "must not be longer than the interval"),
    ],
)
def test_a_monitor_that_cannot_work_is_refused_by_field(operator, environment, fields, message):
    values = {
        "environment": environment.pk, "url": "https://example.org/", "interval_seconds": 60, "timeout_seconds": 10,
        "expected_status": 200, "is_enabled": "on", **fields,
    }  # fmt: skip
    response = operator.post(f"{LIST}add/", values)
    assert response.status_code == 200
    assert message in response.content.decode()
    assert not Monitor.objects.exists()
