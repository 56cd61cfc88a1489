import hashlib
import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from apps.accounts.services import issue_token
from apps.audit.models import AuditEvent
from apps.catalog.services import ensure_service
from apps.common.clock import now
from apps.evidence.api.pushing import EachToken
from apps.evidence.models import ObservationRecord, PushedReport
from tests.evidence.pushing import ADDRESS, JUNIT, make_pipeline

COUNTS = {"passed": 1, "failed": 0, "errored": 0, "skipped": 0}
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def problem(response):
    return response.status_code, response.json()["detail"]


def test_a_report_becomes_an_observation_with_its_facts(pipeline, environment):
    at = now()
    response = pipeline.push(
        observed_at=at.isoformat(), subject={"commit": COMMIT}, run_url="https://ci.example.org/runs/7"
    )
    assert response.status_code == 201
    record = ObservationRecord.objects.get()
    assert record.facts == {
        "passed": 2, "failed": 0, "errored": 0, "skipped": 1, "duration_seconds": 1.5, "commit": COMMIT
    }  # fmt: skip
    assert (record.environment, record.verifier_key, record.trust) == (environment, "ci.tests", "pushed")
    assert (record.observed_at, record.source) == (at, "https://ci.example.org/runs/7")
    assert (record.subject, record.summary) == (f"commit@{COMMIT}", "2 passed, 0 failed, 0 errored, 1 skipped")
    answer = response.json()
    assert (answer["is_new"], answer["sha256"]) == (True, hashlib.sha256(JUNIT.encode()).hexdigest())
    assert answer["observation"]["id"] == record.pk


def test_it_leaves_a_line_in_the_audit_trail(pipeline):
    pipeline.push()
    event = AuditEvent.objects.first()
    assert (event.action, event.actor) == ("evidence.pushed", pipeline.scope.token.user)
    assert event.details["report_sha256"] == PushedReport.objects.get().sha256


def test_a_report_may_be_a_file_of_a_form(pipeline):
    file = SimpleUploadedFile("junit.xml", JUNIT.encode(), content_type="application/xml")
    response = pipeline.push(
        encoding="multipart", report=file, **{"subject.commit": COMMIT, "parameters": '{"suite":"x"}'}
    )
    assert response.status_code == 201, response.json()
    record = ObservationRecord.objects.get()
    assert (record.facts["commit"], record.parameters) == (COMMIT, {"suite": "x"})
    assert response.json()["sha256"] == hashlib.sha256(JUNIT.encode()).hexdigest()


def test_the_same_key_and_content_gives_the_first_answer(pipeline):
    at = now().isoformat()
    first = pipeline.push(key="run-1", observed_at=at)
    again = pipeline.push(key="run-1", observed_at=at)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json() | {"is_new": False}
    assert PushedReport.objects.count() == ObservationRecord.objects.count() == 1
    assert AuditEvent.objects.filter(action="evidence.pushed").count() == 1


def test_a_form_is_the_same_content_whatever_its_boundary(pipeline):
    at = now().isoformat()
    codes = [
        pipeline.push(key="k", encoding="multipart", observed_at=at, report=SimpleUploadedFile(name, JUNIT.encode()))
        for name in ("a.xml", "b.xml")
    ]
    assert [code.status_code for code in codes] == [201, 200]


def test_the_same_key_with_another_content_is_refused(pipeline):
    pipeline.push(key="run-1")
    response = pipeline.push(key="run-1", report=JUNIT.replace("three", "four"))
    assert problem(response) == (
        409,
        "That Idempotency-Key was used for another report: choose a new one for each report.",
    )
    assert ObservationRecord.objects.count() == 1


def test_a_refused_report_does_not_use_its_key_up(pipeline):
    assert pipeline.push(key="run-1", report="<testsuite>").status_code == 400
    assert pipeline.push(key="run-1").status_code == 201


def test_a_replay_under_another_key_adds_no_observation(pipeline):
    at = now().isoformat()
    first, again = pipeline.push(observed_at=at), pipeline.push(observed_at=at)
    assert again.json()["observation"] == first.json()["observation"]
    assert ObservationRecord.objects.count() == 1


def test_other_facts_of_the_same_instant_are_refused(pipeline):
    at = now().isoformat()
    pipeline.push(observed_at=at)
    response = pipeline.push(observed_at=at, report="<testsuite><testcase/></testsuite>")
    assert problem(response) == (409, "ci.tests: other facts of that instant and that subject are known already.")
    assert ObservationRecord.objects.count() == PushedReport.objects.count() == 1


@pytest.mark.parametrize("key", ["", "x" * 201, "é"])
def test_a_report_needs_a_key(pipeline, key):
    response = pipeline.push(headers={"Idempotency-Key": key})
    assert response.status_code == 400
    assert "Idempotency-Key" in response.json()["detail"]


@pytest.mark.parametrize(
    ("fields", "code", "detail"),
    [
        ({"service": "orders"}, 403, "This token pushes evidence about payments, not about orders."),
        ({"verifier": "ci.coverage"}, 403, "This token pushes ci.tests, not ci.coverage."),
        ({"environment": "moon"}, 404, "no environment 'moon'"),
        ({"format": "tap"}, 400, "format: "),
        ({"format": None}, 400, "format: This field is required."),
        ({"observed_at": "yesterday"}, 400, "observed_at: "),
        ({"observed_at": "2026-03-01T12:00:00"}, 400, "observed_at: Must name its time zone"),
        ({"observed_at": (now() + timedelta(hours=1)).isoformat()}, 400, "observed_at lies in the future"),
        ({"observed_at": (now() - timedelta(days=31)).isoformat()}, 400, "counts for 30 days at most"),
        ({"parameters": {"database": "x"}}, 400, "ci.tests: parameters: "),
        ({"parameters": {"suite": "\0"}}, 400, "NUL"),
        ({"parameters": []}, 400, "parameters: Must be a JSON object."),
        ({"subject": {"commit": "main"}}, 400, "subject: "),
        ({"run_url": "javascript:alert(1)"}, 400, "run_url: "),
        ({"report": "no xml"}, 400, "The report is not XML: line 1"),
        ({"report": None}, 400, "report: This field is required."),
        ({"format": "native", "report": {"passed": 1}}, 400, "'failed' is a required property"),
        (
            {"format": "native", "report": COUNTS | {"passed": -1}},
            400,
            "-1 is less than the minimum",
        ),
    ],
)
def test_what_is_refused_is_refused_with_the_reason(pipeline, fields, code, detail):
    response = pipeline.push(**fields)
    assert response.status_code == code
    assert detail in response.json()["detail"]
    assert not ObservationRecord.objects.exists()


def test_a_token_for_one_environment_pushes_about_no_other(service, olga, environment):
    staging = service.environments.create(name="staging")
    pipeline = make_pipeline(service, olga, environment=staging)
    assert pipeline.push().status_code == 201
    assert ObservationRecord.objects.get().environment == staging
    assert problem(pipeline.push(environment="production")) == (
        403,
        "This token pushes evidence about payments staging, not about production.",
    )


def test_a_session_cannot_push(olga, service):
    client = APIClient()
    client.force_login(olga)
    response = client.post(ADDRESS, {}, format="json")
    assert response.status_code == 401
    assert "A session does not count." in response.json()["detail"]


def test_nor_can_a_token_that_was_made_for_other_things(olga, service):
    _, secret = issue_token(user=olga, name="script")
    response = APIClient(headers={"Authorization": f"Bearer {secret}"}).post(ADDRESS, {}, format="json")
    assert response.status_code == 403
    assert "This token was not made for pushing evidence." in response.json()["detail"]


def test_a_token_for_pushing_reads_but_writes_nothing_else(pipeline):
    assert pipeline.client.get("/api/v1/services/payments/gate/").status_code == 200
    response = pipeline.client.patch("/api/v1/tasks/1/", {}, format="json")
    assert problem(response) == (403, "This token was made for pushing evidence: beside that it only reads.")


def test_a_revoked_token_pushes_no_more(pipeline):
    pipeline.scope.token.revoke(at=now())
    assert pipeline.push().status_code == 401


class Unreadable:
    """A body that must not be read."""

    def read(self, *arguments):
        raise AssertionError("The body was read.")

    readline = read


def test_a_body_that_is_too_large_is_refused_unread(pipeline):
    response = pipeline.client.generic(
        "POST", ADDRESS, b"", content_type="application/json", CONTENT_LENGTH="50000000", **{"wsgi.input": Unreadable()}
    )
    assert problem(response) == (413, "The body has 50,000,000 bytes; 5,000,000 are the most. It was not read.")


def test_a_body_of_unknown_length_is_refused(pipeline):
    response = pipeline.client.generic("POST", ADDRESS, b"", content_type="application/json", CONTENT_LENGTH="")
    assert response.status_code == 411


@pytest.mark.parametrize("kind", ["application/xml", "text/plain", "application/x-www-form-urlencoded"])
def test_a_body_of_another_kind_is_refused(pipeline, kind):
    response = pipeline.client.generic("POST", ADDRESS, b"x", content_type=kind, headers={"Idempotency-Key": "k"})
    assert response.status_code == 415


HALF_A_CHARACTER = json.dumps(
    {
        "service": "payments",
        "verifier": "ci.tests",
        "format": "junit",
        "observed_at": now().isoformat(),
        "report": "\ud800",
    }
).encode()


@pytest.mark.parametrize("body", [b"[" * 100_000, b"{", b"\xff", b"[]", b"null", HALF_A_CHARACTER])
def test_malformed_json_is_refused(pipeline, body):
    response = pipeline.client.generic(
        "POST", ADDRESS, body, content_type="application/json", headers={"Idempotency-Key": "k"}
    )
    assert response.status_code == 400


@pytest.mark.parametrize("encoding", ["json", "multipart"])
def test_a_long_report_is_taken_up_to_the_limit(pipeline, encoding):
    assert pipeline.push(encoding=encoding, report=JUNIT + " " * 4_900_000).status_code == 201
    assert pipeline.push(encoding=encoding, report=JUNIT + " " * 5_000_000).status_code == 413


def test_a_form_with_too_many_fields_is_refused(pipeline):
    many = {f"x{number}": "" for number in range(1001)}
    assert problem(pipeline.push(encoding="multipart", **many)) == (400, "There are too many fields or files.")


def test_a_token_that_pushes_too_often_has_to_wait(pipeline, monkeypatch):
    monkeypatch.setattr(EachToken, "rate", "2/minute")
    at = now().isoformat()
    codes = [pipeline.push(observed_at=at).status_code for _ in range(3)]
    assert codes == [201, 201, 429]


def test_another_service_of_that_name_is_not_looked_up(pipeline):
    ensure_service(slug="orders")
    assert pipeline.push(service="orders").status_code == pipeline.push(service="nowhere").status_code == 403
