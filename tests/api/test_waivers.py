from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.common.clock import now
from apps.roadmap.models import Criterion, Waiver

URL = "/api/v1/waivers/"


@pytest.fixture
def criterion(service):
    return Criterion.objects.create(service=service, text="It restores.", claim="done")


def client_of(role):
    user, _ = User.objects.get_or_create(email=f"{role}@example.org", defaults={"is_staff": True})
    user.groups.add(Group.objects.get(name=role))
    client = APIClient()
    client.force_login(user)
    return client


def asked(criterion, **fields):
    values = {
        "criterion": criterion.pk,
        "reason_category": "business_priority",
        "reason": "No second region yet.",
        "compensating_control": "Daily manual restore.",
        "ends_at": now() + timedelta(days=10),
    }
    return values | fields


def post(client, path, values):
    return client.post(path, values, format="json")


def test_a_waiver_is_asked_for_approved_and_revoked(criterion):
    request = post(client_of("editor"), URL, asked(criterion))
    assert request.status_code == 201
    assert (request.json()["phase"], request.json()["environment"]) == ("requested", "production")
    path = f"{URL}{request.json()['id']}/"
    approved = post(client_of("approver"), f"{path}approve/", {"comment": "Fine."}).json()
    assert (approved["phase"], approved["decided_by"]) == ("active", "approver@example.org")
    gate = client_of("viewer").get("/api/v1/services/payments/gate/").json()
    assert (gate["decision"], gate["criteria"][0]["waiver"]["id"]) == ("go_with_waivers", request.json()["id"])
    readiness = client_of("viewer").get(f"/api/v1/criteria/{criterion.pk}/").json()["status"]
    assert (readiness["standing"], readiness["underlying"]) == ("waived", "unverified")
    assert readiness["waiver"]["compensating_control"] == "Daily manual restore."
    revoked = post(client_of("approver"), f"{path}revoke/", {"comment": "Proven."}).json()
    assert (revoked["phase"], revoked["revocation_comment"]) == ("revoked", "Proven.")
    again = post(client_of("approver"), f"{path}revoke/", {"comment": "Twice."})
    assert (again.status_code, again.json()["code"]) == (409, "waiver_decided")


def test_refusals_name_the_field(criterion):
    late = post(client_of("editor"), URL, asked(criterion, ends_at=now() + timedelta(days=31)))
    assert (late.status_code, late.json()["code"]) == (400, "waiver_refused")
    assert late.json()["detail"].startswith("ends_at: a service of tier A may be waived for 30 days")
    unknown = post(client_of("editor"), URL, asked(criterion, environment="moon"))
    assert unknown.status_code == 404
    assert set(post(client_of("editor"), URL, {}).json()["fields"]) == {
        "criterion", "reason_category", "reason", "compensating_control", "ends_at",
    }  # fmt: skip


def test_whoever_asked_takes_it_back_and_cannot_approve_it(criterion):
    editor = client_of("editor")
    path = f"{URL}{post(editor, URL, asked(criterion)).json()['id']}/"
    assert post(editor, f"{path}approve/", {}).status_code == 403
    editor_and_approver = client_of("approver")
    User.objects.get(email="editor@example.org").groups.add(Group.objects.get(name="approver"))
    own = post(client_of("editor"), f"{path}approve/", {})
    assert (own.status_code, "somebody else" in own.json()["detail"]) == (400, True)
    assert post(client_of("editor"), f"{path}deny/", {"comment": "Proven."}).json()["phase"] == "denied"
    assert post(editor_and_approver, f"{path}approve/", {}).status_code == 409


def test_waivers_are_filtered_by_what_they_are_now(criterion):
    identifier = post(client_of("editor"), URL, asked(criterion)).json()["id"]
    viewer = client_of("viewer")
    found = {
        phase: [each["id"] for each in viewer.get(URL, {"phase": phase, "service": "payments"}).json()["results"]]
        for phase in ("requested", "active", "lapsed")
    }
    assert found == {"requested": [identifier], "active": [], "lapsed": []}
    assert viewer.get(URL, {"criterion": criterion.pk + 1}).status_code == 400
    assert viewer.get(URL, {"environment": "staging"}).json()["results"] == []
    Waiver.objects.update(state="approved", decided_at=now(), decided_by=User.objects.create_user("x@example.org"))
    Waiver.objects.update(starts_at=now() - timedelta(days=2), ends_at=now() - timedelta(days=1))
    assert viewer.get(f"{URL}{identifier}/").json()["phase"] == "lapsed"
