"""What a policy makes of a gate, and how it is changed."""

import re
from datetime import timedelta

import pytest
from django.db import Error, connection, transaction

from apps.audit.models import AuditEvent
from apps.roadmap.engines.gate_answer import Decision
from apps.roadmap.exceptions import PolicyChanged, PolicyRefused
from apps.roadmap.models import Criterion, GatePolicy, Risk
from apps.roadmap.models.risks import Mitigation
from apps.roadmap.services.policies import change_policy
from tests.roadmap.deciding import answer_of, group_of, make_policy, team_of
from tests.roadmap.evidence import DAY, NOW, bind, observe


@pytest.fixture
def proven(recovery, environment, criterion):
    bind(criterion)
    observe(environment, NOW - DAY)
    criterion.milestone.owners.add(team_of("QA"))
    return criterion


def findings(answer):
    return {(str(each.concern.kind), each.outcome) for each in answer.findings}


def test_without_a_policy_the_built_in_rules_hold(proven, environment):
    answer = answer_of(environment)
    assert (answer.decision, answer.policy_version) == (Decision.GO, "built-in")


def test_an_environments_own_policy_goes_before_its_services(proven, environment, olga):
    change_policy(service=environment.service, fields={}, comment="All.", actor=olga, at=NOW - DAY)
    assert answer_of(environment).policy_version == "payments 1"
    make_policy(environment, olga)
    assert answer_of(environment).policy_version == "production 1"


def test_a_gate_of_the_past_is_decided_by_the_policy_of_then(proven, environment, olga):
    make_policy(environment, olga)
    change_policy(
        service=environment.service, environment=environment, fields={}, comment="Later.", actor=olga, at=NOW + DAY
    )
    assert answer_of(environment).policy_version == "production 1"
    assert answer_of(environment, NOW + 2 * DAY).policy_version == "production 2"


@pytest.mark.parametrize(("weight", "decision"), [("ignore", "go"), ("warn", "go"), ("block", "no_go")])
def test_an_open_critical_risk_without_mitigation_weighs_what_the_policy_says(
    proven, environment, olga, weight, decision
):
    risk = Risk.objects.create(service=environment.service, title="Data loss", severity="critical")
    Risk.objects.create(service=environment.service, title="Slow", severity="high")
    make_policy(environment, olga, open_critical_risk=weight)
    answer = answer_of(environment)
    assert answer.decision == decision
    assert findings(answer) == (set() if weight == "ignore" else {("open_critical_risk", f"{weight}s")})
    Mitigation.objects.create(risk=risk, text="Backups")
    assert answer_of(environment).decision is Decision.GO


@pytest.mark.parametrize("done", [{"status": "accepted"}, {"orphaned_at": NOW}])
def test_a_critical_risk_that_is_accepted_or_vanished_weighs_nothing(proven, environment, olga, done):
    Risk.objects.create(service=environment.service, title="Data loss", severity="critical", **done)
    make_policy(environment, olga, open_critical_risk="block")
    assert findings(answer_of(environment)) == set()


def test_placeholders_owners_and_dates_block_where_the_policy_says_so(proven, environment, olga):
    proven.placeholders = ["X ms"]
    proven.save()
    proven.milestone.owners.clear()
    proven.milestone.claim = "in_progress"
    proven.milestone.save()
    make_policy(environment, olga, placeholder="block", owner_missing="block", overdue="block")
    answer = answer_of(environment)
    assert findings(answer) == {("placeholder", "blocks"), ("owner_missing", "blocks"), ("overdue", "blocks")}
    assert answer.headline == "No-go: 3 findings block."
    assert {finding.concern.action for finding in answer.findings} >= {"Name an owner.", "Write the number to reach."}


def test_a_finding_that_only_warns_is_in_no_digest(proven, environment, olga):
    make_policy(environment, olga)
    before = answer_of(environment).decision_digest
    proven.milestone.owners.clear()
    answer = answer_of(environment)
    assert findings(answer) == {("owner_missing", "warns")}
    assert answer.decision_digest == before


def test_evidence_below_the_least_trust_blocks(proven, environment, olga, recovery):
    make_policy(environment, olga, minimum_trust="produced", weak_trust="block")
    assert answer_of(environment).decision is Decision.GO
    recovery.__class__.trust, before = "attested", recovery.__class__.trust
    try:
        observe(environment, NOW - timedelta(hours=1))
    finally:
        recovery.__class__.trust = before
    answer = answer_of(environment)
    assert answer.decision is Decision.NO_GO
    assert "rests on evidence attested by a person" in answer.findings[0].concern.sentence


@pytest.mark.parametrize(
    "fields",
    [
        {"requirement_by_kind": {"acceptance": "recommended"}},
        {"requirement_by_milestone": {"M5": "recommended"}},
        {"requirement_by_milestone": {"m5 ci/cd": "recommended"}, "requirement_by_kind": {"acceptance": "required"}},
    ],
    ids=["kind", "milestone", "milestone before kind"],
)
def test_a_policy_says_what_is_required(proven, environment, olga, fields):
    Criterion.objects.create(service=environment.service, text="Metrics", kind="target", claim="todo")
    make_policy(environment, olga, **fields)
    lines = {line.criterion.kind: line.criterion.requirement for line in answer_of(environment).lines}
    assert lines == {"acceptance": "recommended", "target": "required"}


def test_a_change_is_a_new_version_with_author_comment_and_audit_event(environment, olga):
    first = make_policy(environment, olga, {"name": "SRE", "group": group_of("sre"), "needed": 2})
    second = make_policy(environment, olga, overdue="block")
    assert (first.number, second.number, second.author, second.comment) == (1, 2, olga, "As agreed.")
    assert GatePolicy.objects.count() == 2
    event = AuditEvent.objects.filter(action="gatepolicy.changed").last()
    assert event.details["roles"] == ["SRE: 2 of group sre"]


def test_whoever_saw_an_older_version_is_told(environment, olga):
    make_policy(environment, olga)
    with pytest.raises(PolicyChanged, match="changed the policy meanwhile"):
        change_policy(
            service=environment.service, environment=environment, fields={}, comment="x", actor=olga, expected=0
        )
    assert GatePolicy.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "roles", "says"),
    [
        ({"overdue": "explode"}, [], "overdue: Value 'explode' is not a valid choice."),
        ({"requirement_by_kind": {"wish": "required"}}, [], "requirement_by_kind: There is no kind 'wish'."),
        ({"requirement_by_milestone": {"M6": "never"}}, [], "'never' is none of: recommended, required"),
        ({"requirement_by_milestone": {"M6": ["required"]}}, [], "['required'] is none of: recommended, required"),
        ({"requirement_by_milestone": {"M\0": "required"}}, [], "requirement_by_milestone: A name holds a NUL"),
        ({}, [{"name": "SRE"}], "Choose a group or a team, not both."),
        ({}, [{"name": "SRE", "needed": 0}], "A role signs, or may override, or both."),
    ],
    ids=["weight", "kind", "requirement", "list", "NUL", "nobody", "idle role"],
)
def test_a_policy_that_cannot_be_is_refused_by_field_and_leaves_nothing(environment, olga, fields, roles, says):
    roles = [{"group": group_of("sre"), **role} if "needed" in role else role for role in roles]
    with pytest.raises(PolicyRefused, match=re.escape(says)):
        make_policy(environment, olga, *roles, **fields)
    assert not GatePolicy.objects.exists()


def test_a_change_needs_a_comment(environment, olga):
    with pytest.raises(PolicyRefused, match="comment"):
        change_policy(service=environment.service, fields={}, comment="  ", actor=olga)


@pytest.mark.parametrize(
    "statement", ["UPDATE roadmap_gatepolicy SET overdue = 'ignore'", "DELETE FROM roadmap_gatepolicy"]
)
def test_the_database_refuses_to_change_or_delete_a_version(environment, olga, statement):
    make_policy(environment, olga)
    with pytest.raises(Error, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format("roadmap_gatepolicy"))
