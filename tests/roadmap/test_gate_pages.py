"""The pages of a gate: what they say, and what may be decided on them."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from apps.common.clock import now
from apps.roadmap.engines.gate_answer import Decision
from apps.roadmap.models import GateEvaluation, GateOverride, GatePolicy, Launch, PublicBadge, SignOff
from apps.roadmap.selectors.gate import gate
from apps.roadmap.services.claims import set_claim
from apps.roadmap.services.policies import change_policy
from tests.pages import read_page
from tests.roadmap.deciding import group_of, team_of
from tests.roadmap.evidence import DAY, bind, observe


@pytest.fixture
def proven(recovery, environment, criterion):
    bind(criterion, decided_at=now())
    observe(environment, now() - timedelta(hours=1))
    return criterion


@pytest.fixture
def asked(proven, environment, olga, sam):
    roles = [
        {"name": "SRE", "group": group_of("sre", olga, sam), "may_override": True},
        {"name": "Security", "team": team_of("Security", sam)},
    ]
    return change_policy(
        service=environment.service, environment=environment, fields={}, roles=roles, comment="Agreed.", actor=olga
    )


@pytest.fixture
def page(environment):
    return reverse("admin:roadmap_gate", args=[environment.pk])


@pytest.fixture
def signed_in(client, olga):
    client.force_login(olga)
    return client


def text_of(response):
    assert response.status_code == 200
    assert read_page(response).refused == []
    return response.content.decode()


def decide(client, page, environment, action, **fields):
    expected = gate(environment=environment).decision_digest
    return text_of(client.post(page, {"action": action, "expected": expected, **fields}, follow=True))


def test_the_page_says_who_is_missing(asked, signed_in, page):
    text = text_of(signed_in.get(page))
    assert "May Payments API go to production?" in text
    assert "Ready to sign" in text
    assert "members of the group sre" in text
    assert "<option>SRE</option>" in text
    assert "<option>Security</option>" not in text  # Olga is not in that team


def test_signing_launching_and_comparing(asked, signed_in, page, environment, sam, client):
    assert "You approved it as SRE." in decide(signed_in, page, environment, "approve", role="SRE", comment="Seen.")
    sam.user_permissions.set(Permission.objects.filter(content_type__app_label="roadmap"))
    client.force_login(sam)
    text = decide(client, page, environment, "approve", role="Security")
    assert "Go" in text
    assert "It went live" in text
    assert "The launch is recorded." in decide(client, page, environment, "launch")
    assert Launch.objects.get().evaluation.decision == Decision.GO
    evaluations = list(GateEvaluation.objects.order_by("pk"))
    assert [each.cause for each in evaluations] == ["sign_off", "sign_off", "launch"]
    compared = reverse("admin:roadmap_gate_comparison", args=[evaluations[0].pk])
    text = text_of(client.get(compared, {"with": evaluations[2].pk}))
    assert "Ready to sign" in text
    assert "What turned" in text


def test_a_snapshot_is_shown_as_it_was(asked, signed_in, page, environment, proven):
    decide(signed_in, page, environment, "keep")
    set_claim(entry=proven, claim="todo", expected="done")
    evaluation = GateEvaluation.objects.get()
    text = text_of(signed_in.get(reverse("admin:roadmap_gateevaluation_change", args=[evaluation.pk])))
    assert "Ready to sign" in text
    assert "Verified" in text
    decide(signed_in, page, environment, "keep")
    newer = GateEvaluation.objects.latest("pk")
    compared = reverse("admin:roadmap_gate_comparison", args=[newer.pk])
    text = text_of(signed_in.get(compared, {"with": evaluation.pk}))
    assert text.index("Verified") < text.index("Met, not claimed")
    assert "A sea trial; a rehearsed rollback." in text


def test_rejecting_without_a_comment_is_refused_in_a_sentence(asked, signed_in, page, environment):
    assert "Comment: say why you reject it." in decide(signed_in, page, environment, "reject", role="SRE")
    assert not SignOff.objects.exists()


def test_whoever_decides_on_an_older_answer_is_told(asked, signed_in, page, environment, proven):
    read = gate(environment=environment).decision_digest
    set_claim(entry=proven, claim="todo", expected="done")
    text = text_of(signed_in.post(page, {"action": "approve", "role": "SRE", "expected": read}, follow=True))
    assert "The gate&#x27;s answer changed since you read it" in text
    assert not SignOff.objects.exists()


def test_a_no_go_is_overridden_in_red(asked, signed_in, page, environment, proven):
    set_claim(entry=proven, claim="todo", expected="done")
    assert "Override the no-go" in text_of(signed_in.get(page))
    ends_at = (now() + 2 * DAY).strftime("%Y-%m-%dT%H:%M")
    text = decide(signed_in, page, environment, "override", role="SRE", comment="The fair opens.", ends_at=ends_at)
    assert "Overridden by Olga Operator as SRE, until" in text
    assert "The fair opens." in text
    assert GateOverride.objects.get().covers == [f"criterion:{proven.pk}"]
    readiness = reverse("dashboards:readiness", args=["payments"])
    assert "No-go, overridden" in text_of(signed_in.get(readiness))


def test_a_wrong_end_is_refused_by_field(asked, signed_in, page, environment, proven):
    set_claim(entry=proven, claim="todo", expected="done")
    text = decide(signed_in, page, environment, "override", role="SRE", comment="x", ends_at="soon")
    assert "Ends at: Enter a valid date/time." in text


def test_what_regressed_stands_on_the_gates_page_and_on_readiness(proven, signed_in, page, environment):
    decide(signed_in, page, environment, "launch")
    set_claim(entry=proven, claim="todo", expected="done")
    assert "Go at launch, no-go today: regressed." in text_of(signed_in.get(page))
    readiness = reverse("dashboards:readiness", args=["payments"])
    assert "Go at launch, no-go today: regressed." in text_of(signed_in.get(readiness))


def test_one_milestone_can_be_asked_about(proven, signed_in, page):
    assert "Asked about M5 CI/CD" in text_of(signed_in.get(page, {"milestone": "M5"}))
    assert signed_in.get(page, {"milestone": "M9"}).status_code == 404


@pytest.mark.parametrize("action", ["approve", "launch", "show", "explode", ""])
def test_staff_without_the_permission_decide_nothing(proven, client, sam, page, environment, action):
    sam.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(sam)
    response = client.post(page, {"action": action, "role": "SRE", "expected": "x"})
    assert response.status_code == (403 if action in {"approve", "launch", "show"} else 302)
    assert not GateEvaluation.objects.exists()


def test_the_badge_is_made_public_and_private_again(proven, signed_in, page, environment):
    assert PublicBadge.objects.first() is None
    decide(signed_in, page, environment, "show")
    assert PublicBadge.objects.get().token in text_of(signed_in.get(page))
    decide(signed_in, page, environment, "hide")
    assert not PublicBadge.objects.exists()


def form_of(environment, expected, **fields):
    weights = dict.fromkeys(["open_critical_risk", "import_conflict", "placeholder", "owner_missing"], "warn")
    roles = {"roles-TOTAL_FORMS": "2", "roles-INITIAL_FORMS": "0", "roles-0-name": "SRE", "roles-0-needed": "2"}
    return {
        "service": environment.service_id, "environment": environment.pk, "expected": expected, "overdue": "block",
        "weak_trust": "warn", "requirement_by_kind": "", "requirement_by_milestone": "M6: recommended",
        "comment": "Stricter.",
        "roles-0-group": group_of("sre").pk, "roles-1-needed": "1", **weights, **roles, **fields,
    }  # fmt: skip


def test_a_policy_is_changed_from_what_it_is(asked, signed_in, environment):
    add = reverse("admin:roadmap_gatepolicy_add") + f"?environment={environment.pk}"
    text = text_of(signed_in.get(add))
    assert 'value="SRE"' in text
    assert 'value="Security"' in text
    response = signed_in.post(add, form_of(environment, 1))
    assert (response.status_code, response.url) == (302, reverse("admin:roadmap_gate", args=[environment.pk]))
    policy = GatePolicy.objects.get(number=2)
    assert (policy.overdue, policy.comment) == ("block", "Stricter.")
    assert (policy.requirement_by_kind, policy.requirement_by_milestone) == ({}, {"M6": "recommended"})
    assert [(role.name, role.needed) for role in policy.roles.all()] == [("SRE", 2)]
    shown = text_of(signed_in.get(reverse("admin:roadmap_gatepolicy_change", args=[policy.pk])))
    assert "Stricter." in shown
    assert "production 2" in text_of(signed_in.get(reverse("admin:roadmap_gatepolicy_changelist")))


@pytest.mark.parametrize(
    ("expected", "fields", "says"),
    [
        (0, {}, "Somebody else changed the policy meanwhile"),
        (1, {"comment": ""}, "This field is required."),
        (1, {"roles-0-group": ""}, "Choose a group or a team, not both."),
        (1, {"requirement_by_kind": "wish: required"}, "There is no kind"),
        (1, {"requirement_by_milestone": "M6 recommended"}, "is not like “M6: recommended”"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_in_the_form(asked, signed_in, environment, expected, fields, says):
    add = reverse("admin:roadmap_gatepolicy_add") + f"?environment={environment.pk}"
    assert says in text_of(signed_in.post(add, form_of(environment, expected, **fields)))
    assert GatePolicy.objects.count() == 1


def test_the_policy_of_all_of_a_service_is_changed_from_its_own_page(signed_in, environment, service, olga):
    group_of("sre")
    change_policy(service=service, fields={"overdue": "block"}, comment="Agreed.", actor=olga)
    first = GatePolicy.objects.get()
    add = f"{reverse('admin:roadmap_gatepolicy_add')}?service={service.pk}"
    assert add in text_of(signed_in.get(reverse("admin:roadmap_gatepolicy_change", args=[first.pk])))
    assert '<option value="block" selected>Block</option>' in text_of(signed_in.get(add))
    assert signed_in.post(add, form_of(environment, 1) | {"environment": ""}).status_code == 302
    assert [str(each) for each in GatePolicy.objects.order_by("pk")] == ["payments 1", "payments 2"]


@pytest.mark.parametrize("query", ["environment=x", "environment=9" * 30, "service=0", "environment=0"])
def test_a_policy_of_nothing_known_starts_empty(signed_in, db, query):
    assert signed_in.get(f"{reverse('admin:roadmap_gatepolicy_add')}?{query}").status_code == 200


def test_lists_of_gates_open(asked, signed_in, page, environment):
    decide(signed_in, page, environment, "approve", role="SRE")
    for name in ("gateevaluation", "signoff", "gatepolicy"):
        assert "production" in text_of(signed_in.get(reverse(f"admin:roadmap_{name}_changelist")))
    sign_off = SignOff.objects.get()
    text_of(signed_in.get(reverse("admin:roadmap_signoff_change", args=[sign_off.pk])))


def test_nobody_is_asked_to_sign_twice(asked, signed_in, page, environment):
    text = decide(signed_in, page, environment, "approve", role="SRE", comment="Seen.")

    assert "You approved it as SRE." in text
    assert "<option>SRE</option>" not in text
