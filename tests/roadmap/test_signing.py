"""Who may sign what, how long a signature counts, and what an override and a launch are."""

import threading
from datetime import timedelta

import pytest
from django.db import Error, connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.roadmap.engines.gate_answer import Decision
from apps.roadmap.exceptions import GateChanged, LaunchRefused, OverrideRefused, SignOffRefused
from apps.roadmap.models import Criterion, GateEvaluation, GateOverride, SignOff
from apps.roadmap.services import signing
from apps.roadmap.services.claims import set_claim
from apps.roadmap.services.importing import import_document
from apps.roadmap.services.waivers import approve_waiver, request_waiver
from tests.roadmap.deciding import answer_of, group_of, make_policy, sign, team_of
from tests.roadmap.evidence import DAY, MINUTE, NOW, bind, observe

NIGHT = timedelta(hours=8)


@pytest.fixture
def proven(recovery, environment, criterion):
    bind(criterion)
    observe(environment, NOW - DAY)
    return criterion


@pytest.fixture
def asked(proven, environment, olga, sam):
    """One of the SRE group, Olga or Sam, and one of the security team, Sam, have to sign."""
    sre = {"name": "SRE", "group": group_of("sre", olga, sam), "may_override": True}
    return make_policy(environment, olga, sre, {"name": "Security", "team": team_of("Security", sam)})


def test_all_but_signatures_is_ready_to_sign_and_says_who_is_missing(asked, environment):
    answer = answer_of(environment)
    assert answer.decision is Decision.READY_TO_SIGN
    assert answer.headline == "Ready to sign: all but signatures. SRE: 0 of 1 signed. Security: 0 of 1 signed."


def test_it_goes_once_every_role_has_signed(asked, environment, olga, sam):
    sign(environment, olga)
    assert answer_of(environment).decision is Decision.READY_TO_SIGN
    sign(environment, sam, role="Security")
    answer = answer_of(environment)
    assert answer.decision is Decision.GO
    assert [each.sentence for each in answer.roles] == ["SRE: 1 of 1 signed.", "Security: 1 of 1 signed."]


def test_n_of_m_needs_n_different_people(proven, environment, olga, sam):
    make_policy(environment, olga, {"name": "SRE", "group": group_of("sre", olga, sam), "needed": 2})
    sign(environment, olga)
    with pytest.raises(SignOffRefused, match="You have signed for SRE already"):
        sign(environment, olga)
    assert answer_of(environment).roles[0].sentence == "SRE: 1 of 2 signed."
    sign(environment, sam)
    assert answer_of(environment).decision is Decision.GO


def test_a_signature_keeps_the_answer_and_the_audit_trail_names_it(asked, environment, olga):
    row = sign(environment, olga, comment="Drill seen.")
    assert row.evaluation.answer["digest"] == answer_of(environment).digest
    assert (row.evaluation.cause, row.evaluation.actor) == ("sign_off", olga)
    event = AuditEvent.objects.get(action="gate.signed")
    assert (event.actor, event.details["role"], event.details["comment"]) == (olga, "SRE", "Drill seen.")


def test_a_signature_changes_no_digest(asked, environment, olga):
    before = answer_of(environment)
    sign(environment, olga)
    after = answer_of(environment)
    assert (after.digest, after.decision_digest) == (before.digest, before.decision_digest)


@pytest.mark.parametrize(("person", "role"), [("eve", "SRE"), ("olga", "Security"), ("olga", "Legal")])
def test_nobody_signs_for_a_role_they_are_not_in_not_even_a_superuser(request, asked, environment, person, role):
    with pytest.raises(SignOffRefused):
        sign(environment, request.getfixturevalue(person), role=role)
    assert not SignOff.objects.exists()
    assert not GateEvaluation.objects.exists()


def test_a_no_go_cannot_be_approved(asked, environment, olga, criterion):
    set_claim(entry=criterion, claim="todo", expected="done")
    with pytest.raises(SignOffRefused, match=r"There is nothing to approve yet. No-go"):
        sign(environment, olga)


def test_rejecting_needs_a_comment_and_makes_a_no_go(asked, environment, olga, sam):
    with pytest.raises(SignOffRefused, match="say why"):
        sign(environment, olga, approves=False)
    sign(environment, olga, approves=False, comment="The runbook is missing.")
    sign(environment, sam)
    sign(environment, sam, role="Security")
    answer = answer_of(environment)
    assert answer.decision is Decision.NO_GO
    assert answer.headline == "No-go: SRE: rejected by Olga Operator: The runbook is missing."


def test_whoever_read_another_answer_is_told(asked, environment, olga, criterion):
    read = answer_of(environment).decision_digest
    criterion.text += " By night."
    criterion.save()
    with pytest.raises(GateChanged, match="read it again"):
        sign(environment, olga, expected=read)


def signed_go(environment, olga, sam):
    sign(environment, olga)
    sign(environment, sam, role="Security")
    assert answer_of(environment).decision is Decision.GO


def claim_changes(environment, criterion, olga):
    set_claim(entry=criterion, claim="in_progress", expected="done")


def evidence_fails(environment, criterion, olga):
    observe(environment, NOW - MINUTE, verdict="failed")


def text_changes(environment, criterion, olga):
    criterion.text = "A sea trial."
    criterion.save()


def check_changes(environment, criterion, olga):
    criterion.bindings.update(ttl=timedelta(days=20))


def document_changes(environment, criterion, olga):
    import_document(service=environment.service, name="road.md", raw=b"# Road\n\nProse.\n")


def policy_changes(environment, criterion, olga):
    make_policy(
        environment,
        olga,
        {"name": "SRE", "group": group_of("sre")},
        {"name": "Security", "team": team_of("Security")},
    )


@pytest.mark.parametrize(
    "change", [claim_changes, evidence_fails, text_changes, check_changes, document_changes, policy_changes]
)
def test_a_signature_is_superseded_by_each_thing_that_matters(asked, environment, criterion, olga, sam, change):
    signed_go(environment, olga, sam)
    change(environment, criterion, olga)
    answer = answer_of(environment)
    assert answer.decision in {Decision.READY_TO_SIGN, Decision.NO_GO}
    assert [len(each.approvals) for each in answer.roles] == [0, 0]
    assert SignOff.objects.count() == 2


def waive(environment, criterion, requester, approver):
    waiver = request_waiver(
        criterion=criterion,
        environment=environment,
        reason_category="business_priority",
        reason="The fair opens.",
        compensating_control="Somebody watches.",
        starts_at=NOW,
        ends_at=NOW + 5 * DAY,
        actor=requester,
        at=NOW,
    )
    return approve_waiver(waiver=waiver, actor=approver, at=NOW)


@pytest.fixture
def unproven(asked, environment, service):
    return Criterion.objects.create(service=service, text="Alerts arrive.", claim="done")


def test_a_waiver_makes_it_ready_and_its_end_supersedes_what_was_signed(asked, unproven, environment, olga, sam, eve):
    assert answer_of(environment).decision is Decision.NO_GO
    waive(environment, unproven, eve, olga)
    sign(environment, olga)
    sign(environment, sam, role="Security")
    assert answer_of(environment).decision is Decision.GO_WITH_WAIVERS
    assert answer_of(environment, NOW + 5 * DAY - timedelta(seconds=1)).decision is Decision.GO_WITH_WAIVERS
    assert answer_of(environment, NOW + 5 * DAY).decision is Decision.NO_GO


def test_nobody_approves_a_gate_that_rests_on_a_waiver_they_asked_for(asked, unproven, environment, olga, sam):
    waive(environment, unproven, olga, sam)
    with pytest.raises(SignOffRefused, match="You asked for the waiver of “Alerts arrive”; somebody else has to sign"):
        sign(environment, olga)
    sign(environment, sam)
    sign(environment, olga, approves=False, comment="On second thoughts.")


def test_a_newer_proof_of_the_same_supersedes_nothing(asked, environment, olga, sam):
    signed_go(environment, olga, sam)
    before = answer_of(environment)
    observe(environment, NOW - MINUTE)
    answer = answer_of(environment)
    assert answer.decision is Decision.GO
    assert (answer.digest == before.digest, answer.decision_digest == before.decision_digest) == (False, True)


def test_a_proof_that_runs_out_supersedes_and_the_same_proof_renewed_counts_again(asked, environment, olga, sam):
    signed_go(environment, olga, sam)
    later = NOW + 60 * DAY
    assert answer_of(environment, later).decision is Decision.NO_GO
    observe(environment, later - MINUTE)
    assert answer_of(environment, later).decision is Decision.GO


def override(environment, person, at=NOW, **fields):
    fields = {"role": "SRE", "reason": "The fair opens.", "ends_at": NOW + 2 * DAY} | fields
    expected = answer_of(environment, at).decision_digest
    return signing.override(environment=environment, expected=expected, actor=person, at=at, **fields)


@pytest.fixture
def refused(asked, environment, criterion):
    set_claim(entry=criterion, claim="todo", expected="done")


def test_an_override_lets_a_no_go_pass_until_the_second_it_ends(refused, environment, olga):
    override(environment, olga)
    answer = answer_of(environment)
    assert answer.decision is Decision.OVERRIDDEN
    assert answer.headline == "No-go, overridden: a no-go, overridden by Olga Operator until 2026-03-04 12:00 UTC."
    assert answer_of(environment, NOW + 2 * DAY - timedelta(seconds=1)).decision is Decision.OVERRIDDEN
    assert answer_of(environment, NOW + 2 * DAY).decision is Decision.NO_GO


def test_an_override_does_not_cover_what_blocks_anew(refused, environment, olga, service):
    override(environment, olga)
    Criterion.objects.create(service=service, text="Alerts arrive.")
    assert answer_of(environment).decision is Decision.NO_GO


def test_an_override_ends_with_the_policy_that_allowed_it(refused, environment, olga):
    override(environment, olga)
    make_policy(environment, olga)
    assert answer_of(environment).decision is Decision.NO_GO


@pytest.mark.parametrize(
    ("person", "fields", "says"),
    [
        ("sam", {"role": "Security"}, "does not let you override a no-go as Security"),
        ("eve", {}, "does not let you override"),
        ("olga", {"reason": " "}, "reason: say why"),
        ("olga", {"ends_at": NOW}, "ends_at: an override ends within 14 days"),
        ("olga", {"ends_at": NOW + 15 * DAY}, "ends_at: an override ends within 14 days"),
    ],
)
def test_who_may_override_and_how(request, refused, environment, person, fields, says):
    with pytest.raises(OverrideRefused, match=says):
        override(environment, request.getfixturevalue(person), **fields)
    assert not GateOverride.objects.exists()


def test_only_a_no_go_is_overridden(asked, environment, olga):
    with pytest.raises(OverrideRefused, match=r"Only a no-go can be overridden. Ready to sign"):
        override(environment, olga)


def launch(environment, person, at=NOW):
    expected = answer_of(environment, at).decision_digest
    return signing.launch(environment=environment, expected=expected, actor=person, at=at)


def test_a_launch_needs_an_answer_that_lets_it_go(asked, environment, olga, sam):
    with pytest.raises(LaunchRefused, match=r"The gate lets nothing go. Ready to sign"):
        launch(environment, olga)
    signed_go(environment, olga, sam)
    assert launch(environment, olga).evaluation.decision == "go"


def test_what_was_go_at_launch_and_is_no_go_today_has_regressed_with_no_worker_to_say_so(asked, environment, olga, sam):
    signed_go(environment, olga, sam)
    launch(environment, olga)
    assert not answer_of(environment).is_regressed
    answer = answer_of(environment, NOW + 60 * DAY)  # nothing ran since; the evidence is stale
    assert answer.regression == "Go at launch, no-go today: regressed."
    observe(environment, NOW + 60 * DAY - MINUTE)
    assert not answer_of(environment, NOW + 60 * DAY).is_regressed


def test_a_launch_is_unknown_before_it_was(asked, environment, olga, sam):
    signed_go(environment, olga, sam)
    launch(environment, olga)
    assert answer_of(environment, NOW - MINUTE).launch is None


@pytest.mark.parametrize("table", ["gateevaluation", "signoff", "launch", "policyrole"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_the_database_refuses_to_change_or_delete_a_decision(asked, environment, olga, sam, table, statement):
    signed_go(environment, olga, sam)
    launch(environment, olga)
    with pytest.raises(Error, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(f"roadmap_{table}"))


def test_the_database_refuses_an_override_that_is_changed(refused, environment, olga):
    override(environment, olga)
    with pytest.raises(Error, match="append-only"), transaction.atomic():
        GateOverride.objects.update(ends_at=NOW + 300 * DAY)


def sign_at_once(environment, *people):
    """What becomes of the signatures of people who sign the same answer in the same instant."""
    expected, outcomes = answer_of(environment).decision_digest, []
    start = threading.Barrier(len(people), timeout=30)

    def sign_now(number):
        try:
            start.wait()
            sign(environment, User.objects.get(pk=number), expected=expected)
            outcomes.append("signed")
        except SignOffRefused as error:
            outcomes.append(error.message)
        finally:
            connection.close()

    threads = [threading.Thread(target=sign_now, args=[person.pk]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return sorted(outcomes)


@pytest.mark.django_db(transaction=True)
def test_of_signatures_given_at_once_each_person_counts_once(recovery, environment, criterion, olga, sam):
    bind(criterion)
    observe(environment, NOW - DAY)
    make_policy(environment, olga, {"name": "SRE", "group": group_of("sre", olga, sam), "needed": 2})
    assert sign_at_once(environment, olga, olga) == ["You have signed for SRE already.", "signed"]
    assert (SignOff.objects.count(), GateEvaluation.objects.count()) == (1, 1)
    make_policy(environment, olga, {"name": "SRE", "group": group_of("sre", olga, sam), "needed": 2})
    assert sign_at_once(environment, olga, sam) == ["signed", "signed"]
    assert answer_of(environment).decision is Decision.GO


def test_the_number_of_queries_grows_neither_with_signatures_nor_with_criteria(asked, environment, olga, sam, service):
    with CaptureQueriesContext(connection) as few:
        answer_of(environment)
    signed_go(environment, olga, sam)
    launch(environment, olga)
    Criterion.objects.bulk_create(Criterion(service=service, text=f"C{number}") for number in range(30))
    with CaptureQueriesContext(connection) as many:
        answer_of(environment)
    assert len(many) == len(few)
