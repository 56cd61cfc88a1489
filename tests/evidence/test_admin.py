import re

import pytest
from django.contrib.auth.models import Group
from rest_framework.test import APIClient

from apps.accounts.models import ApiToken
from apps.audit.models import AuditEvent
from apps.catalog.services import ensure_service
from apps.evidence import register
from apps.evidence.contract import Observation
from apps.evidence.models import ObservationRecord, TokenScope
from apps.evidence.services import record_observation
from tests.evidence.pushing import Pipeline, instant
from tests.pages import read_page

TOKENS = "/admin/evidence/tokenscope/"
OBSERVATIONS = "/admin/evidence/observationrecord/"


@pytest.fixture
def operator(client, olga):
    client.force_login(olga)
    return client


def issue(client, service, **fields):
    fields = {"name": "pipeline", "service": service.pk, "verifier_keys": ["ci.tests"]} | fields
    return client.post(f"{TOKENS}add/", fields, follow=True)


def test_a_token_is_made_with_its_scope_and_shown_once(operator, service):
    page = issue(operator, service).content.decode()
    secret = re.search(r"sw_[\w-]{40,}", page).group()
    scope = TokenScope.objects.get()
    assert (scope.service, scope.environment, scope.verifier_keys) == (service, None, ["ci.tests"])
    assert Pipeline(scope, secret).push().status_code == 201
    assert secret not in operator.get(TOKENS).content.decode()
    assert AuditEvent.objects.filter(action="tokenscope.added").exists()


def test_only_evidence_that_is_pushed_can_be_chosen(operator, service):
    form = operator.get(f"{TOKENS}add/").content.decode()
    assert "ci.coverage" in form
    assert "backups.recent" not in form
    assert "human.attestation" not in form
    issue(operator, service, verifier_keys=["backups.recent"])
    assert not ApiToken.objects.exists()


def test_an_environment_of_another_service_is_refused(operator, service):
    other = ensure_service(slug="orders").environments.get()
    page = issue(operator, service, environment=other.pk).content.decode()
    assert "orders production does not belong to the service." in page
    assert not ApiToken.objects.exists()


def test_what_a_token_may_push_can_be_changed_and_revoked(operator, service, pipeline):
    scope = pipeline.scope
    fields = {"name": "renamed", "service": service.pk, "verifier_keys": ["ci.load"]}
    operator.post(f"{TOKENS}{scope.pk}/change/", fields)
    scope.refresh_from_db()
    assert (scope.verifier_keys, ApiToken.objects.get().name) == (["ci.load"], "renamed")
    assert pipeline.push().status_code == 403
    operator.post(TOKENS, {"action": "revoke", "_selected_action": [scope.pk]})
    assert pipeline.push().status_code == 401
    assert AuditEvent.objects.first().action == "apitoken.revoked"


def test_a_scope_cannot_be_taken_from_its_token(operator, pipeline):
    assert operator.get(f"{TOKENS}{pipeline.scope.pk}/delete/").status_code == 403
    assert APIClient().get("/api/v1/services/").status_code == 401


def test_an_observation_says_what_was_seen_and_where_it_comes_from(client, sam, pipeline):
    report = '<testsuite time="90"><testcase/><testcase><failure/></testcase></testsuite>'
    pipeline.push(report=report, run_url="https://ci.example.org/7", parameters={"suite": "unit"})
    sam.groups.add(Group.objects.get(name="viewer"))
    client.force_login(sam)
    response = client.get(f"{OBSERVATIONS}{ObservationRecord.objects.get().pk}/change/")
    assert not read_page(response).refused
    page = re.sub(r"<[^>]+>", " ", response.content.decode())
    for words in [
        "1 passed, 1 failed",
        "Failed: 1, must be 0.",
        "1 min 30 s",
        "Pushed with a token",
        "https://ci.example.org/7",
        "unit",
        "junit",
    ]:
        assert words in page, words


def test_an_observation_of_a_verifier_that_is_gone_can_still_be_read(operator, environment, recovery):
    observation = Observation(facts={"verdict": "proven"}, observed_at=instant(2026, 3, 1), subject="x", summary="Well")
    record = record_observation(environment=environment, key="tests.recovery", observation=observation)
    del register._verifiers["tests.recovery"]
    try:
        assert "Well" in operator.get(f"{OBSERVATIONS}{record.pk}/change/").content.decode()
    finally:
        register.register(recovery)
