"""After the launch the gate is asked on: each change of its decision is kept and told once."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from apps.accounts.models import Notice
from apps.audit.models import AuditEvent
from apps.common.clock import now
from apps.roadmap import tasks
from apps.roadmap.models import GateEvaluation
from apps.roadmap.selectors.gate import gate
from apps.roadmap.services import signing
from apps.roadmap.services.claims import set_claim
from apps.roadmap.services.watching import watch_gate
from tests.roadmap.deciding import team_of
from tests.roadmap.evidence import bind, observe


def go_live(environment, criterion, olga, sam):
    bind(criterion, decided_at=now())
    observe(environment, now() - timedelta(hours=1))
    environment.service.owner = team_of("Core", sam)
    environment.service.save()
    expected = gate(environment=environment).decision_digest
    signing.launch(environment=environment, expected=expected, actor=olga)


@pytest.fixture
def launched(recovery, environment, criterion, olga, sam):
    go_live(environment, criterion, olga, sam)
    return criterion


def watch(environment):
    return watch_gate(environment=environment, milestone="")


def test_while_nothing_turns_nothing_is_kept_or_told(launched, environment):
    assert watch(environment) is None
    assert GateEvaluation.objects.count() == 1
    assert not Notice.objects.exists()


def test_what_regressed_is_kept_and_told_once_to_the_owners(launched, environment, sam):
    set_claim(entry=launched, claim="todo", expected="done")
    evaluation = watch(environment)
    assert (evaluation.decision, evaluation.cause, evaluation.answer["regressed"]) == ("no_go", "tick", True)
    assert watch(environment) is None
    notice = Notice.objects.get()
    assert notice.recipient == sam
    assert notice.subject == "payments production: regressed, go → no-go"
    assert notice.text.startswith("Go at launch, no-go today: regressed.")
    assert notice.path == f"/admin/roadmap/gateevaluation/environment/{environment.pk}/"
    assert AuditEvent.objects.filter(action="gate.turned").count() == 1


def test_each_further_change_is_told_too(launched, environment):
    set_claim(entry=launched, claim="todo", expected="done")
    watch(environment)
    set_claim(entry=launched, claim="done", expected="todo")
    assert watch(environment).decision == "go"
    assert list(Notice.objects.order_by("pk").values_list("subject", flat=True)) == [
        "payments production: regressed, go → no-go",
        "payments production: no-go → go",
    ]


def test_an_answer_that_somebody_kept_meanwhile_hides_no_change(launched, environment, olga):
    set_claim(entry=launched, claim="todo", expected="done")
    at = now()
    signing.keep_evaluation(environment=environment, answer=gate(environment=environment, at=at), actor=olga, at=at)
    assert watch(environment) is not None


def test_what_was_never_launched_is_not_watched(environment, criterion):
    tasks.tick_gates()
    assert watch(environment) is None
    assert not GateEvaluation.objects.exists()


def test_the_tick_asks_every_launched_gate(launched, environment, at_once):
    set_claim(entry=launched, claim="todo", expected="done")
    tasks.tick_gates()
    assert GateEvaluation.objects.filter(cause="tick").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_one_tells(recovery, environment, criterion, olga, sam):
    go_live(environment, criterion, olga, sam)
    set_claim(entry=criterion, claim="todo", expected="done")
    start = threading.Barrier(2, timeout=30)

    def work():
        try:
            start.wait()
            watch(environment)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert GateEvaluation.objects.filter(cause="tick").count() == 1
    assert Notice.objects.count() == 1
