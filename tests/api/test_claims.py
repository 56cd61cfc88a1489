import json

import pytest
from rest_framework.test import APIClient

from apps.accounts.services import issue_token
from apps.audit.models import AuditEvent
from apps.roadmap.models import Criterion, Task


@pytest.fixture(params=["tasks", "criteria"])
def entry(request, document):
    found = Task.objects.get(claim="todo") if request.param == "tasks" else Criterion.objects.first()
    found.address = f"/api/v1/{request.param}/{found.pk}/"
    return found


def claim_of(entry):
    return type(entry).objects.get(pk=entry.pk).claim


def test_an_editor_changes_a_claim_by_saying_what_it_was(editor, entry):
    response = editor.patch(entry.address, {"claim": "done", "expected": "todo"}, format="json")
    assert (response.status_code, response.json()["claim"]) == (200, "done")
    assert claim_of(entry) == "done"
    event = AuditEvent.objects.first()
    assert (event.action, event.actor) == (f"{entry._meta.model_name}.claimed", editor.user)


def test_or_by_sending_the_etag_that_was_seen(editor, entry):
    etag = editor.get(entry.address).headers["ETag"]
    response = editor.patch(entry.address, {"claim": "in_progress"}, format="json", headers={"If-Match": etag})
    assert (response.status_code, claim_of(entry)) == (200, "in_progress")
    assert response.headers["ETag"] != etag


@pytest.mark.parametrize("precondition", ["expected", "etag"])
def test_a_claim_that_was_changed_meanwhile_is_not_overwritten(editor, entry, precondition):
    etag = editor.get(entry.address).headers["ETag"]
    type(entry).objects.update(claim="in_progress")
    body, headers = ({"expected": "todo"}, {}) if precondition == "expected" else ({}, {"If-Match": etag})
    response = editor.patch(entry.address, {"claim": "done"} | body, format="json", headers=headers)
    assert (response.status_code, response.json()["code"]) == (409, "claim_changed")
    assert "is in progress by now" in response.json()["detail"]
    assert claim_of(entry) == "in_progress"


def test_the_etag_of_another_entry_is_no_precondition(editor, entry):
    headers = {"If-Match": '"task:0:todo"'}
    response = editor.patch(entry.address, {"claim": "done"}, format="json", headers=headers)
    assert response.status_code == 409
    assert claim_of(entry) == "todo"


def test_without_a_precondition_nothing_is_changed(editor, entry):
    response = editor.patch(entry.address, {"claim": "done"}, format="json")
    assert (response.status_code, response.json()["code"]) == (428, "precondition_required")
    assert claim_of(entry) == "todo"


@pytest.mark.parametrize("body", [{"claim": "nearly", "expected": "todo"}, {"expected": "todo"}, ["done"]])
def test_a_claim_that_is_not_understood_is_refused(editor, entry, body):
    response = editor.patch(entry.address, body, format="json")
    assert (response.status_code, response.json()["code"]) == (400, "invalid")
    assert claim_of(entry) == "todo"


def test_nothing_else_can_be_changed(editor, entry):
    body = {"claim": "done", "expected": "todo", "text": "Something else"}
    editor.patch(entry.address, body, format="json")
    assert type(entry).objects.get(pk=entry.pk).text == entry.text
    for method in (editor.put, editor.post, editor.delete):
        assert method(entry.address, body, format="json").status_code == 405


def test_who_may_only_view_changes_nothing(viewer, entry):
    response = viewer.patch(entry.address, {"claim": "done", "expected": "todo"}, format="json")
    assert (response.status_code, response.json()["code"]) == (403, "permission_denied")
    assert claim_of(entry) == "todo"


def test_a_program_changes_claims_with_a_token(editor, entry):
    _, secret = issue_token(user=editor.user, name="CI")
    program = APIClient()
    headers = {"Authorization": f"Bearer {secret}"}
    response = program.patch(entry.address, {"claim": "done", "expected": "todo"}, format="json", headers=headers)
    assert (response.status_code, claim_of(entry)) == (200, "done")


def test_a_session_needs_the_csrf_token(editor, entry):
    careful = APIClient(enforce_csrf_checks=True)
    careful.force_login(editor.user)
    response = careful.patch(entry.address, {"claim": "done", "expected": "todo"}, format="json")
    assert response.status_code == 403
    assert claim_of(entry) == "todo"


def test_json_that_is_nested_too_deeply_is_refused_like_any_malformed_text(editor, entry):
    response = editor.patch(entry.address, "[" * 100_000, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (400, "parse_error")


@pytest.mark.parametrize("body", [{"claim": "\ud800"}, {"owners": ["\ud800"]}, {"labels": ["\ud800"]}, {"\ud800": 1}])
def test_half_of_a_character_is_refused_like_any_malformed_text(editor, entry, body):
    response = editor.patch(entry.address, json.dumps(body), content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (400, "parse_error")
