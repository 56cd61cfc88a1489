"""Runs: claimed once, ended once, given back by a worker that must stop."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.common.exceptions import OperationError
from apps.common.runs import LEASE, RunStatus, carry_out, reap
from apps.security.models import SecurityCheckRun

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def run(environment):
    return SecurityCheckRun.objects.create(environment=environment)


def fail(error):
    raise error


def copy_of(run):
    return SecurityCheckRun.objects.get(pk=run.pk)


def test_good_work_ends_as_succeeded_with_what_was_recorded(run):
    assert carry_out(run, lambda: 3, lambda warnings: {"warnings": warnings}, clock=lambda: NOON)
    assert (run.status, run.warnings, run.finished_at) == (RunStatus.SUCCEEDED, 3, NOON)


def test_a_run_is_claimed_once(run):
    assert copy_of(run).claim(at=NOON)
    assert not carry_out(run, lambda: pytest.fail("it was claimed twice"))


def test_a_refusal_of_the_world_ends_as_failed_in_its_own_words(run):
    assert carry_out(run, lambda: fail(OperationError("The disk is full.")))
    assert (run.status, run.error) == (RunStatus.FAILED, "The disk is full.")


def test_a_mistake_of_the_code_ends_as_errored_without_its_words_and_is_raised(run):
    with pytest.raises(RuntimeError):
        carry_out(run, lambda: fail(RuntimeError("password=hunter2")))
    assert run.status == RunStatus.ERRORED
    assert "hunter2" not in run.error


@pytest.mark.parametrize("signal", [SystemExit(1), KeyboardInterrupt()])
def test_a_worker_that_must_stop_gives_the_run_back_for_another(run, signal):
    with pytest.raises(type(signal)):
        carry_out(run, lambda: fail(signal))
    assert (run.status, run.started_at, run.lease_expires_at) == (RunStatus.QUEUED, None, None)
    assert carry_out(copy_of(run), lambda: None)
    assert copy_of(run).status == RunStatus.SUCCEEDED
    assert copy_of(run).fence == 2


def test_a_worker_that_was_thought_dead_gives_nothing_back(run):
    run.claim(at=NOON)
    reap(SecurityCheckRun, at=NOON + LEASE + timedelta(seconds=1))
    assert not run.give_back()
    assert run.status == RunStatus.ERRORED


def test_the_result_of_a_run_that_was_ended_meanwhile_is_dropped(run):
    def work():
        SecurityCheckRun.objects.update(status=RunStatus.ERRORED, finished_at=NOON, lease_expires_at=None)

    assert carry_out(run, work, lambda result: {"warnings": 1})
    assert (run.status, run.warnings) == (RunStatus.ERRORED, None)


def test_only_runs_whose_lease_ran_out_are_reaped(run):
    run.claim(at=NOON)
    assert reap(SecurityCheckRun, at=NOON + LEASE - timedelta(seconds=1)) == 0
    assert reap(SecurityCheckRun, at=NOON + LEASE + timedelta(seconds=1)) == 1


def test_a_lease_from_a_clock_that_was_set_back_is_reaped(run):
    run.claim(at=NOON + timedelta(days=365))
    assert reap(SecurityCheckRun, at=NOON) == 1
