"""What a waiver does to readiness and to the gate, and what it never does."""

from datetime import timedelta

import pytest
from django.core.management import call_command

from apps.roadmap.engines.standing import Standing
from apps.roadmap.models import Criterion, Task
from apps.roadmap.selectors.gate import gate
from apps.roadmap.selectors.readiness import readiness, readiness_of_each
from apps.roadmap.services.waivers import revoke_waiver
from tests.roadmap.evidence import DAY, NOW, bind, observe
from tests.roadmap.waiving import ask, waive

END = NOW + 10 * DAY
SECOND = timedelta(seconds=1)


def only_criterion(environment, at=NOW):
    (status,) = readiness(environment=environment, at=at).criteria
    return status


def decision(environment, at=NOW):
    return gate(environment=environment, at=at).decision


@pytest.fixture
def waiver(criterion, environment, sam, olga):
    return waive(criterion, environment, sam, olga)


def test_a_waived_criterion_says_until_when_and_what_lies_below(waiver, environment):
    status = only_criterion(environment)
    assert (status.standing, status.underlying) == (Standing.WAIVED, Standing.UNVERIFIED)
    assert (status.waiver.id, status.waiver.ends_at) == (waiver.pk, END)
    assert status.reason == "Waived until 12 Mar 2026 by Olga Operator. Marked done. No check proves it."
    assert not status.is_proven


def test_it_lapses_at_the_very_second_without_any_worker(waiver, environment):
    assert only_criterion(environment, END - timedelta.resolution).standing is Standing.WAIVED
    assert only_criterion(environment, END).standing is Standing.UNVERIFIED
    assert decision(environment, END - SECOND) == "go_with_waivers"
    assert decision(environment, END) == "no_go"


def test_it_holds_from_its_start_on(criterion, environment, sam, olga):
    waive(criterion, environment, sam, olga, starts_at=NOW + DAY)
    assert only_criterion(environment, NOW + DAY - SECOND).waiver is None
    assert only_criterion(environment, NOW + DAY).standing is Standing.WAIVED


def test_a_request_alone_waives_nothing(criterion, environment, sam):
    ask(criterion, environment, sam)
    assert only_criterion(environment).standing is Standing.UNVERIFIED


def test_it_holds_in_its_environment_only(waiver, environment):
    staging = environment.service.environments.create(name="staging")
    there, here = readiness_of_each([staging, environment], at=NOW)
    assert [each.criteria[0].standing for each in (there, here)] == [Standing.UNVERIFIED, Standing.WAIVED]


def test_the_past_is_seen_as_it_was_decided_then(criterion, environment, sam, olga):
    waiver = waive(criterion, environment, sam, olga)
    revoke_waiver(waiver=waiver, actor=olga, comment="The region is there.", at=NOW + 3 * DAY)
    seen = [decision(environment, at) for at in (NOW - SECOND, NOW, NOW + 3 * DAY - SECOND, NOW + 3 * DAY)]
    assert seen == ["no_go", "go_with_waivers", "go_with_waivers", "no_go"]


def test_what_may_not_be_waived_blocks_whatever_was_approved_before(waiver, criterion, environment):
    Criterion.objects.update(is_waivable=False)
    assert only_criterion(environment).standing is Standing.UNVERIFIED


def test_a_proof_needs_no_waiver(recovery, waiver, criterion, environment):
    bind(criterion)
    observe(environment, NOW - DAY)
    assert only_criterion(environment).standing is Standing.VERIFIED
    assert decision(environment) == "go"


def test_it_is_never_counted_as_proven(waiver, environment):
    now = readiness(environment=environment, at=NOW)
    assert (now.criteria_proven, now.criteria_total) == (0, 1)
    assert now.milestones[0].standing is Standing.WAIVED


def test_a_waived_contradiction_is_still_said_and_comes_last(
    recovery, service, milestone, criterion, environment, waiver
):
    bind(criterion)
    observe(environment, NOW - DAY, verdict="failed")
    Task.objects.create(service=milestone.service, milestone=milestone, text="Ship", claim="todo")
    contradictions = readiness(environment=environment, at=NOW).contradictions
    assert [each.kind for each in contradictions] == ["open-parts", "waived"]
    assert contradictions[1].sentence.endswith("is marked done; its evidence fails, waived until 12 Mar 2026.")
    warnings = gate(environment=environment, at=NOW).warnings
    assert contradictions[1].sentence in warnings


def test_an_open_criterion_of_a_done_milestone_is_said_with_its_waiver(waiver, milestone, criterion, environment):
    criterion.claim_as("todo", expected="done")
    (contradiction,) = readiness(environment=environment, at=NOW).contradictions
    assert contradiction.sentence.endswith("it is still open, waived until 12 Mar 2026.")
    assert readiness(environment=environment, at=NOW).milestones[0].standing is Standing.WAIVED


def test_the_digest_holds_the_waiver_and_its_end(waiver, environment):
    answer = gate(environment=environment, at=NOW)
    assert [(line.outcome, line.criterion.waiver.id) for line in answer.lines] == [("waived", waiver.pk)]
    type(waiver).objects.update(ends_at=END + DAY)
    assert gate(environment=environment, at=NOW).digest != answer.digest


def test_present_evidence_that_fails_may_be_waived_too(recovery, criterion, environment, sam, olga, service):
    Criterion.objects.create(service=service, text="Certified.", claim="not_applicable")
    Criterion.objects.filter(pk=criterion.pk).update(requirement="required_if_present")
    bind(criterion)
    observe(environment, NOW - DAY, verdict="failed")
    assert decision(environment) == "no_go"
    waive(criterion, environment, sam, olga)
    (line, _) = gate(environment=environment, at=NOW).lines
    assert line.outcome == "waived"


@pytest.mark.parametrize(("options", "code"), [([], None), (["--strict"], 1)])
def test_the_command_goes_with_waivers_unless_it_is_strict(waiver, environment, capsys, options, code):
    arguments = ["gate", environment.service.slug, "--at", NOW.isoformat(), *options]
    if code:
        with pytest.raises(SystemExit) as refused:
            call_command(*arguments)
        assert refused.value.code == code
    else:
        call_command(*arguments)
    assert capsys.readouterr().out.startswith("Go, with waivers: 1 of 1 criteria waived.")
