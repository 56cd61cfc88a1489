from datetime import timedelta

import pytest

from apps.audit.models import AuditEvent
from apps.common import clock
from apps.evidence.models import ObservationRecord
from apps.roadmap import tasks
from apps.roadmap.models import Criterion
from apps.roadmap.services.collecting import collect_all_evidence, collect_due_evidence, request_check
from tests.evidence.recovery import CannotObserve
from tests.roadmap.evidence import DAY, MINUTE, NOW, bind, observe

PROVEN = {"verdict": "proven"}


def collect(environment, at=NOW):
    return collect_due_evidence(environment=environment, at=at)


def test_evidence_is_asked_for_when_there_is_none(recovery, environment, criterion):
    bind(criterion)
    recovery.shelf = [PROVEN]
    assert collect(environment) == 1
    assert ObservationRecord.objects.get().facts == PROVEN


def test_it_is_asked_for_again_after_a_quarter_of_its_time_to_live(recovery, environment, criterion):
    bind(criterion, ttl=4 * DAY)
    observe(environment, NOW - DAY)
    assert collect(environment, NOW - timedelta(seconds=1)) == 0
    assert collect(environment) == 1


def test_the_shortest_time_to_live_decides_for_bindings_that_ask_the_same(recovery, environment, service, criterion):
    bind(criterion, ttl=4 * DAY)
    bind(Criterion.objects.create(service=service, text="Another"), ttl=2 * DAY)
    observe(environment, NOW - DAY / 2)
    assert collect(environment) == 1
    assert recovery.asked == [{}]


def test_it_is_never_asked_more_often_than_each_minute(recovery, environment, criterion):
    bind(criterion, ttl=MINUTE)
    observe(environment, NOW)
    assert collect(environment, NOW + timedelta(seconds=59)) == 0
    assert collect(environment, NOW + MINUTE) == 1


def test_an_error_is_tried_again_soon_and_kept_as_an_observation(recovery, environment, criterion):
    bind(criterion)
    recovery.shelf = [CannotObserve("The server did not answer.")]
    collect(environment, clock.now())
    record = ObservationRecord.objects.get()
    assert record.error == "The server did not answer."
    assert collect(environment, record.observed_at + 14 * MINUTE) == 0
    assert collect(environment, record.observed_at + 15 * MINUTE) == 1


def test_a_broken_verifier_is_an_error_without_its_details(recovery, environment, criterion, caplog):
    bind(criterion)
    recovery.shelf = [ZeroDivisionError("secret")]
    collect(environment)
    assert ObservationRecord.objects.get().error == "Unexpected error; the log has the details."


@pytest.mark.parametrize("state", ["suggested", "declined"])
def test_only_accepted_bindings_are_asked_for(recovery, environment, criterion, state):
    bind(criterion, state=state)
    assert collect(environment) == 0


def test_a_binding_whose_verifier_is_gone_is_left_alone(environment, criterion):
    bind(criterion, verifier_key="tests.gone")
    assert collect(environment) == 0


def test_a_vanished_criterion_is_left_alone(recovery, environment, criterion):
    bind(criterion)
    Criterion.objects.update(orphaned_at=NOW)
    assert collect(environment) == 0


def test_everything_is_asked_when_a_person_wants_it(recovery, environment, criterion, olga):
    bind(criterion)
    observe(environment, clock.now())
    recovery.shelf = [PROVEN]
    request_check(environment=environment, actor=olga)
    assert collect_all_evidence(environment=environment) == 1
    assert ObservationRecord.objects.count() == 2
    assert AuditEvent.objects.first().action == "evidence.check_requested"


def test_the_tick_asks_for_each_environment_of_a_service_with_bindings(recovery, environment, criterion, at_once):
    environment.service.environments.create(name="staging")
    bind(criterion)
    recovery.shelf = [PROVEN, PROVEN]
    tasks.tick()
    assert set(ObservationRecord.objects.values_list("environment__name", flat=True)) == {"production", "staging"}


def test_collecting_twice_asks_once(recovery, environment, criterion):
    bind(criterion)
    recovery.shelf = [PROVEN, PROVEN]
    tasks.collect_due_evidence(environment.pk)
    tasks.collect_due_evidence(environment.pk)
    assert ObservationRecord.objects.count() == 1
    tasks.collect_all_evidence(environment.pk)
    assert ObservationRecord.objects.count() == 2
