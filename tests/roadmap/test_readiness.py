from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.catalog.services import ensure_service
from apps.evidence.freshness import EvidenceState
from apps.roadmap.engines.standing import Standing
from apps.roadmap.models import Binding, Criterion, Milestone, Task
from apps.roadmap.selectors.readiness import readiness, readiness_of_each
from tests.roadmap.evidence import DAY, MINUTE, NOW, bind, observe


def only_criterion(environment, at=NOW):
    (status,) = readiness(environment=environment, at=at).criteria
    return status


def test_passing_evidence_of_the_whole_criterion_verifies_a_claim(recovery, environment, criterion):
    bind(criterion)
    observe(environment, NOW - DAY)
    status = only_criterion(environment)
    assert (status.evidence, status.standing) == (EvidenceState.PASSING, Standing.VERIFIED)
    assert status.is_proven
    assert status.reason == "Restored."


def test_a_clause_without_a_binding_leaves_the_criterion_unproven(recovery, environment, criterion):
    bind(criterion, "A sea trial")
    observe(environment, NOW - DAY)
    status = only_criterion(environment)
    assert (status.evidence, status.standing) == (EvidenceState.UNBOUND, Standing.UNVERIFIED)
    assert status.uncovered == ("a rehearsed rollback.",)
    assert status.reason == "Marked done. No check covers “a rehearsed rollback”."


def test_a_suggestion_proves_nothing_before_a_person_accepts_it(recovery, environment, criterion):
    bind(criterion, state="suggested", decided_at=None)
    observe(environment, NOW - DAY)
    status = only_criterion(environment)
    assert status.evidence is EvidenceState.UNBOUND
    assert status.action == "Accept the suggested check: tests.recovery."


def test_a_declined_binding_does_not_count(recovery, environment, criterion):
    bind(criterion, state="declined")
    observe(environment, NOW - DAY)
    status = only_criterion(environment)
    assert status.evidence is EvidenceState.UNBOUND
    assert status.suggestions == ()


def test_failing_evidence_contradicts_the_claim_and_says_why(recovery, environment, criterion):
    bind(criterion, rule={"fact": "rto_seconds", "operator": "<", "value": 3600, "unit": "s"})
    observe(environment, NOW - DAY, rto_seconds=7200)
    status = only_criterion(environment)
    assert status.standing is Standing.CONTRADICTED
    assert status.reason == "Marked done. RTO seconds: 7200 s, must be below 3600 s."


def test_evidence_turns_stale_at_the_exact_second_without_any_worker(recovery, environment, criterion):
    bind(criterion, ttl=DAY)
    observe(environment, NOW - DAY)
    assert only_criterion(environment, NOW - timedelta(seconds=1)).standing is Standing.VERIFIED
    assert only_criterion(environment, NOW).standing is Standing.DECAYED


def test_a_binding_cannot_outlive_what_its_verifier_allows(recovery, environment, criterion):
    bind(criterion, ttl=365 * DAY)
    observe(environment, NOW - 31 * DAY)
    assert only_criterion(environment).evidence is EvidenceState.STALE


def test_evidence_of_another_major_version_is_pending(recovery, environment, criterion):
    bind(criterion)
    observe(environment, NOW - DAY)
    recovery.version = "2.0.0"
    assert only_criterion(environment).evidence is EvidenceState.PENDING


def test_evidence_with_other_parameters_is_pending(recovery, environment, criterion):
    bind(criterion, parameters={"database": "orders"})
    observe(environment, NOW - DAY)
    assert only_criterion(environment).evidence is EvidenceState.PENDING
    observe(environment, NOW - DAY, parameters={"database": "orders"})
    assert only_criterion(environment).evidence is EvidenceState.PASSING


def test_evidence_of_another_environment_does_not_count(recovery, environment, criterion):
    bind(criterion)
    observe(environment.service.environments.create(name="staging"), NOW - DAY)
    assert only_criterion(environment).evidence is EvidenceState.PENDING


def test_an_error_is_neither_a_pass_nor_a_failure(recovery, environment, criterion):
    bind(criterion)
    observe(environment, NOW - DAY, error="The server did not answer.")
    status = only_criterion(environment)
    assert (status.evidence, status.standing) == (EvidenceState.ERROR, Standing.UNKNOWN)
    assert "The server did not answer." in status.reason


def test_a_proof_holds_until_it_expires_whatever_could_not_be_seen_since(recovery, environment, criterion):
    bind(criterion, ttl=2 * DAY)
    observe(environment, NOW - DAY)
    observe(environment, NOW + DAY - MINUTE, error="The server did not answer.")
    assert only_criterion(environment, NOW + DAY - MINUTE).evidence is EvidenceState.PASSING
    assert only_criterion(environment, NOW + DAY).evidence is EvidenceState.ERROR


def test_an_error_that_is_not_repeated_is_over_after_an_hour(recovery, environment, criterion):
    bind(criterion, ttl=DAY)
    observe(environment, NOW - 2 * DAY)
    observe(environment, NOW, error="The server did not answer.")
    assert only_criterion(environment, NOW + 60 * MINUTE).evidence is EvidenceState.ERROR
    assert only_criterion(environment, NOW + 61 * MINUTE).evidence is EvidenceState.STALE


def test_a_binding_to_a_verifier_that_is_gone_is_an_error(environment, criterion):
    bind(criterion, verifier_key="tests.gone")
    status = only_criterion(environment)
    assert status.evidence is EvidenceState.ERROR
    assert "tests.gone" in status.reason


def test_a_malformed_rule_is_an_error(recovery, environment, criterion):
    bind(criterion, rule={"fact": "verdict"})
    observe(environment, NOW - DAY)
    assert only_criterion(environment).evidence is EvidenceState.ERROR


def test_the_past_is_seen_as_it_was_known_then(recovery, environment, criterion):
    bind(criterion)
    observe(environment, NOW - 3 * DAY)
    observe(environment, NOW - 2 * DAY, recorded_at=NOW, verdict="failed")
    assert only_criterion(environment, NOW - DAY).standing is Standing.VERIFIED
    assert only_criterion(environment, NOW).standing is Standing.CONTRADICTED


def test_a_vanished_criterion_is_not_counted(environment, criterion):
    criterion.orphaned_at = NOW
    criterion.save()
    assert readiness(environment=environment, at=NOW).criteria == ()


def test_a_done_milestone_with_an_open_criterion_is_contradicted_by_name(environment, milestone, criterion):
    criterion.claim_as("todo", expected="done")
    now = readiness(environment=environment, at=NOW)
    assert [each.sentence for each in now.contradictions] == [
        "M5 CI/CD is marked done; its acceptance criterion is still open."
    ]
    assert now.contradictions[0].lines == (7,)
    assert now.milestones[0].standing is Standing.CONTRADICTED
    assert (now.milestones_claimed_done, now.milestones_total) == (1, 1)
    assert (now.criteria_proven, now.criteria_total) == (0, 1)


def test_a_done_milestone_with_open_tasks_is_contradicted_by_name(environment, service, milestone, criterion):
    for number, claim in enumerate(["done", "todo", "in_progress"]):
        Task.objects.create(service=service, milestone=milestone, text=f"Task {number}", claim=claim, line=number + 10)
    now = readiness(environment=environment, at=NOW)
    (contradiction,) = now.contradictions
    assert contradiction.sentence == "M5 CI/CD is marked done; 2 of its 3 tasks are still open."
    assert contradiction.detail == "“Task 1” “Task 2”"
    assert contradiction.lines == (11, 12)
    assert (now.milestones[0].tasks_done, now.milestones[0].tasks_total) == (1, 3)


def test_a_proof_that_ran_out_is_said_with_its_age(recovery, environment, criterion):
    bind(criterion, ttl=DAY)
    observe(environment, NOW - 5 * DAY)
    (contradiction,) = readiness(environment=environment, at=NOW).contradictions
    assert contradiction.sentence == (
        "M5 CI/CD: “A sea trial; a rehearsed rollback” was proven; its proof ran out 4 days ago."
    )
    assert contradiction.action == "Run tests.recovery again."


def test_a_failing_criterion_comes_before_open_parts(recovery, environment, service, milestone, criterion):
    Task.objects.create(service=service, milestone=milestone, text="Ship", claim="todo")
    bind(criterion)
    observe(environment, NOW - DAY, verdict="failed")
    now = readiness(environment=environment, at=NOW)
    assert [each.kind for each in now.contradictions] == ["fails", "open-parts"]
    assert now.contradictions[0].sentence.endswith("is marked done; its evidence fails.")


def test_failing_evidence_of_what_is_marked_not_applicable_is_said_too(recovery, environment, criterion):
    criterion.claim_as("not_applicable", expected="done")
    bind(criterion)
    observe(environment, NOW - DAY, verdict="failed")
    now = readiness(environment=environment, at=NOW)
    assert [each.kind for each in now.contradictions] == ["not-applicable-fails"]
    assert (now.criteria_total, now.milestones[0].standing) == (0, Standing.UNVERIFIED)


def test_several_open_criteria_are_counted(environment, service, milestone, criterion):
    Criterion.objects.update(claim="todo")
    Criterion.objects.create(service=service, milestone=milestone, text="Another", claim="in_progress")
    (contradiction,) = readiness(environment=environment, at=NOW).contradictions
    assert contradiction.sentence == "M5 CI/CD is marked done; 2 of its 2 criteria are still open."


def test_criteria_are_counted_by_standing_the_worst_first(environment, service, criterion):
    Criterion.objects.create(service=service, text="Another")
    counts = readiness(environment=environment, at=NOW).criteria_by_standing()
    assert list(counts.items()) == [(Standing.UNVERIFIED, 1), (Standing.OPEN, 1)]


def test_the_mark_of_a_milestone_speaks_for_a_criterion_without_one(recovery, environment, milestone, criterion):
    criterion.claim_as("unknown", expected="done")
    bind(criterion)
    observe(environment, NOW - DAY)
    (status,) = readiness(environment=environment, at=NOW).milestones
    assert status.standing is Standing.VERIFIED
    assert status.criteria[0].standing is Standing.MET_NOT_CLAIMED


def test_it_flags_owners_missing_placeholders_and_dates_gone_by(environment, milestone, criterion):
    milestone.claim_as("in_progress", expected="done")
    criterion.placeholders = ["N req/s"]
    criterion.save()
    flags = readiness(environment=environment, at=NOW).flags
    assert [(flag.kind, flag.sentence) for flag in flags] == [
        ("overdue", "M5 CI/CD is 4 weeks late."),
        ("owner-missing", "M5 CI/CD has no owner."),
        ("placeholder", "“A sea trial; a rehearsed rollback” holds values that nobody has set."),
    ]


def test_it_flags_a_check_that_asks_less_than_the_criterion_says(recovery, environment, criterion):
    bind(criterion, "A sea trial")
    criterion.text = "A sea trial with RTO < 2 hours."
    criterion.save()
    Binding.objects.update(clause="")
    (flag,) = [each for each in readiness(environment=environment, at=NOW).flags if each.kind == "threshold"]
    quoted = "“A sea trial with RTO < 2 hours”"
    assert flag.sentence == f"{quoted} says more than its check tests.recovery asks: RTO seconds must be below 7200 s."


def test_the_number_of_queries_does_not_grow_with_rows(
    recovery, environment, service, milestone, criterion, django_assert_num_queries
):
    bind(criterion, parameters={"database": "first"})
    with django_assert_num_queries(8):
        readiness(environment=environment, at=NOW)
    for number in range(5):
        other = Milestone.objects.create(service=service, title=f"Stage {number}")
        each = Criterion.objects.create(service=service, milestone=other, text=f"Condition {number}")
        Task.objects.create(service=service, milestone=other, text="Work")
        bind(each, parameters={"database": f"d{number}"})
        observe(environment, NOW - DAY, parameters={"database": f"d{number}"})
    with django_assert_num_queries(8):
        assert readiness(environment=environment, at=NOW).criteria_proven == 5


def test_several_environments_are_read_at_the_cost_of_one(
    recovery, environment, criterion, django_assert_max_num_queries
):
    bind(criterion)
    observe(environment, NOW - DAY)
    other = ensure_service(slug="ledger").environments.get()
    Criterion.objects.create(service=other.service, text="Something else", claim="todo")
    with CaptureQueriesContext(connection) as queries:
        alone = readiness(environment=environment, at=NOW)
    with django_assert_max_num_queries(len(queries)):
        first, second = readiness_of_each([environment, other], at=NOW)
    assert first == alone
    assert [status.criterion.text for status in second.criteria] == ["Something else"]
