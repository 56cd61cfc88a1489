"""Policies, sign-offs, overrides, launches, snapshots and badges through the API."""

from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from rest_framework.test import APIClient

from apps.accounts.services import issue_token
from apps.common.clock import now
from apps.roadmap.models import GateEvaluation, GatePolicy, PublicBadge
from apps.roadmap.services.badges import switch_badge_on
from apps.roadmap.services.claims import set_claim
from apps.roadmap.services.policies import change_policy
from tests.evidence.recovery import Recovery, registered
from tests.roadmap.conftest import criterion, milestone  # noqa: F401  fixtures
from tests.roadmap.deciding import group_of
from tests.roadmap.evidence import DAY, bind, observe

GATE = "/api/v1/services/payments/gate/"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def proven(environment, criterion):  # noqa: F811
    with registered(Recovery()):
        bind(criterion, decided_at=now())
        observe(environment, now() - timedelta(hours=1))
        yield criterion


@pytest.fixture
def api(olga):
    client = APIClient()
    client.force_login(olga)
    return client


@pytest.fixture
def asked(proven, environment, olga):
    roles = [{"name": "SRE", "group": group_of("sre", olga), "may_override": True}]
    return change_policy(
        service=environment.service, environment=environment, fields={}, roles=roles, comment="Agreed.", actor=olga
    )


def read(api):
    return api.get(GATE).json()


def decide(api, what, **fields):
    fields = {"expected": read(api)["decision_digest"]} | fields
    return api.post(f"{GATE}{what}/", fields, format="json")


def test_the_gate_says_who_has_to_sign_and_signing_makes_it_go(asked, api):
    answer = read(api)
    assert (answer["decision"], answer["regressed"], answer["launched"]) == ("ready_to_sign", False, None)
    assert answer["sign_offs"][0]["sentence"] == "SRE: 0 of 1 signed."
    response = decide(api, "sign-offs", role="SRE", word="approve", comment="Seen.")
    assert response.status_code == 201, response.json()
    assert response.json()["answer"]["digest"] == answer["digest"]
    assert read(api)["decision"] == "go"
    row = api.get("/api/v1/sign-offs/?service=payments&role=SRE").json()["results"][0]
    assert (row["person"], row["word"], row["decision_digest"]) == (
        "Olga Operator",
        "approve",
        answer["decision_digest"],
    )


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"role": "SRE", "word": "reject"}, 409, "sign_off_refused"),
        ({"role": "Legal", "word": "approve"}, 409, "sign_off_refused"),
        ({"role": "SRE", "word": "approve", "expected": "older"}, 409, "gate_changed"),
        ({"role": "SRE", "word": "perhaps"}, 400, "invalid"),
        ({"role": "SRE", "word": "approve", "milestone": "M9"}, 404, "unknown_milestone"),
        ({"role": "SRE", "word": "approve", "environment": "moon"}, 404, "unknown_environment"),
    ],
)
def test_what_cannot_be_signed_is_refused_with_the_reason(asked, api, fields, status, code):
    response = decide(api, "sign-offs", **fields)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert not GateEvaluation.objects.exists()


def test_an_override_and_a_launch_and_what_regressed(asked, api, proven):
    set_claim(entry=proven, claim="todo", expected="done")
    ends_at = (now() + 2 * DAY).isoformat()
    assert decide(api, "overrides", role="SRE", comment="The fair.", ends_at=ends_at).status_code == 201
    assert read(api)["decision"] == "overridden"
    assert decide(api, "launches").status_code == 201
    set_claim(entry=proven, claim="in_progress", expected="todo")
    answer = read(api)
    assert (answer["decision"], answer["regressed"], answer["launched"]["decision"]) == (
        "overridden",
        False,
        "overridden",
    )


def test_two_snapshots_are_compared(proven, api, environment):
    first = decide(api, "evaluations").json()["id"]
    set_claim(entry=proven, claim="todo", expected="done")
    observation = observe(environment, now() - timedelta(minutes=5))
    second = decide(api, "evaluations").json()["id"]
    turned = api.get(f"/api/v1/gate-evaluations/{second}/comparison/?with={first}").json()
    assert turned["decisions"] == ["go", "no_go"]
    assert [(each["id"], each["before"], each["after"]) for each in turned["turned"]] == [
        (proven.pk, "verified", "met_not_claimed")
    ]
    assert turned["turned"][0]["observations_added"] == [observation.pk]
    listed = api.get("/api/v1/gate-evaluations/?service=payments&decision=no_go").json()
    assert [each["id"] for each in listed["results"]] == [second]
    assert api.get(f"/api/v1/gate-evaluations/{first}/").json()["answer"]["decision"] == "go"


def policy(**fields):
    return {"service": "payments", "environment": "production", "comment": "Agreed.", **fields}


def test_a_policy_is_made_by_those_who_approve(environment, api, sam):
    roles = [{"name": "SRE", "group": group_of("sre").pk, "needed": 2}]
    response = api.post("/api/v1/gate-policies/", policy(overdue="block", roles=roles, expected=0), format="json")
    assert response.status_code == 201, response.json()
    made = response.json()
    assert (made["version"], made["author"], made["roles"][0]["needed"]) == ("production 1", "Olga Operator", 2)
    assert GatePolicy.objects.get().overdue == "block"
    again = api.post("/api/v1/gate-policies/", policy(expected=0), format="json")
    assert (again.status_code, again.json()["code"]) == (409, "policy_changed")
    sam.groups.set(Group.objects.filter(name="editor"))
    client = APIClient()
    client.force_login(sam)
    assert client.post("/api/v1/gate-policies/", policy(), format="json").status_code == 403


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"overdue": "explode"}, "not a valid choice"),
        ({"comment": ""}, "may not be blank"),
        ({"roles": [{"name": "SRE"}]}, "Choose a group or a team, not both."),
        ({"requirement_by_kind": {"wish": "required"}}, "There is no kind 'wish'"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_by_field(environment, api, fields, says):
    response = api.post("/api/v1/gate-policies/", policy(**fields), format="json")
    assert response.status_code == 400
    assert says in response.json()["detail"]


def words_of(response):
    assert response["Content-Type"].startswith("image/svg+xml")
    assert response["Cache-Control"] == "no-store"
    picture = ElementTree.fromstring(response.content)  # noqa: S314  ours
    assert {each.tag.removeprefix(SVG) for each in picture.iter()} <= {"svg", "title", "rect", "text"}
    return picture.findtext(f"{SVG}title")


BADGE = f"{GATE}badge.svg"


def test_the_badge_says_the_answer_and_is_never_stored(proven, api):
    assert words_of(api.get(BADGE)) == "gate: go"
    decide(api, "launches")
    set_claim(entry=proven, claim="todo", expected="done")
    assert words_of(api.get(BADGE, HTTP_ACCEPT="image/svg+xml")) == "gate: no-go, regressed"


def test_a_token_sees_the_badge_and_a_stranger_sees_that_it_is_unknown(proven, olga):
    _, secret = issue_token(user=olga, name="README")
    assert words_of(Client().get(BADGE, HTTP_AUTHORIZATION=f"Bearer {secret}")) == "gate: go"
    refused = Client().get(BADGE)
    assert refused.status_code == 401
    assert words_of(refused) == "gate: unknown"


def test_a_public_badge_is_seen_by_whoever_has_its_key_and_by_nobody_else(proven, environment, olga):
    badge = switch_badge_on(environment=environment, actor=olga)
    assert words_of(Client().get(BADGE, {"key": badge.token})) == "gate: go"
    assert Client().get(GATE, {"key": badge.token}).status_code == 401
    for key in ("guess", "\0", badge.token + "x"):
        assert Client().get(BADGE, {"key": key}).status_code in {401, 403}
    assert Client().get(BADGE.replace("payments", "other"), {"key": badge.token}).status_code in {401, 403}
    PublicBadge.objects.all().delete()
    assert Client().get(BADGE, {"key": badge.token}).status_code in {401, 403}
