"""The prober, against real servers."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from apps.healthchecks.engines.prober import Target, probe_all


def target(url, *, expected_status=200, due_at=None, timeout_seconds=2.0, identity=1):
    return Target(identity, url, due_at or datetime.now(UTC), timeout_seconds, expected_status)


def test_a_right_answer_is_up(site):
    (outcome,) = probe_all([target(site.url)])
    assert (outcome.status_code, outcome.error, outcome.attempts) == (200, "", 1)
    assert 0 < outcome.duration_milliseconds < 2000


def test_a_failure_counts_only_when_it_happens_twice(site):
    site.statuses = [500, 200]
    (outcome,) = probe_all([target(site.url)], recheck_after_seconds=0.01)
    assert (outcome.error, outcome.attempts, site.asked) == ("", 2, 2)


def test_two_failures_are_down(site):
    site.statuses = [500]
    (outcome,) = probe_all([target(site.url)], recheck_after_seconds=0.01)
    assert outcome.error == "Status 500 instead of 200."
    assert (outcome.status_code, site.asked) == (500, 2)


def test_another_expected_status_is_up(site):
    site.statuses = [404]
    (outcome,) = probe_all([target(site.url, expected_status=404)])
    assert outcome.error == ""


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("http://127.0.0.1:9/", "Port 9 is not one of a web server."),
        ("http://169.254.169.254/", "is not a public address"),
        ("http://nowhere.invalid/", "The host name does not resolve."),
        ("http://root@127.0.0.1/", "must not hold a user or password"),
    ],
)
def test_what_cannot_be_asked_is_down_and_says_why(settings, url, error):
    settings.DIALLING_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    (outcome,) = probe_all([target(url)], recheck_after_seconds=0)
    assert error in outcome.error
    assert outcome.status_code is None


def test_a_refused_connection_is_down(site):
    url = site.url
    site.shutdown()
    site.server_close()
    (outcome,) = probe_all([target(url)], recheck_after_seconds=0)
    assert "The connection failed" in outcome.error


def test_one_bad_target_does_not_disturb_the_others(site):
    targets = [target(site.url, identity=1), target("http://[::", identity=2), target(site.url, identity=3)]
    outcomes = probe_all(targets, recheck_after_seconds=0)
    assert [outcome.identity for outcome in outcomes] == [1, 2, 3]
    assert [bool(outcome.error) for outcome in outcomes] == [False, True, False]


def test_it_waits_for_the_instant(site):
    due_at = datetime.now(UTC) + timedelta(milliseconds=300)
    started = time.monotonic()
    (outcome,) = probe_all([target(site.url, due_at=due_at)])
    assert time.monotonic() - started >= 0.29
    assert outcome.started_at >= due_at - timedelta(milliseconds=20)
