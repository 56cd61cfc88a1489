"""Django's deploy checks, as a run and as evidence."""

import subprocess
import sys
from datetime import UTC, datetime

import pytest
from django.core.checks import run_checks
from django.urls import reverse

from apps.audit.models import AuditEvent
from apps.catalog.services import ensure_service
from apps.common.runs import RunStatus
from apps.evidence.judge import Verdict, judge
from apps.evidence.models import ObservationRecord
from apps.evidence.register import find_verifier
from apps.evidence.services import collect
from apps.security import checks, tasks
from apps.security.engines.deploy_checks import run_deploy_checks
from apps.security.exceptions import NoOwnService
from apps.security.models import SecurityCheckRun
from apps.security.services.checking import carry_out_check, queue_check, queue_nightly_check
from config.env import PROJECT_DIRECTORY
from tests.production import production_environment

NIGHT = datetime(2026, 3, 1, 3, 10, tzinfo=UTC)
KEY = "security.deploy_checks"


@pytest.fixture
def own(db):
    return ensure_service(slug="seaworthy").environments.get()


def test_the_tests_own_settings_have_complaints_that_are_counted_by_level():
    report = run_deploy_checks()
    assert "security.W008" in report.facts["ids"]  # no redirect to https
    assert report.facts["warnings"] == len([finding for finding in report.findings if finding.level == "warning"]) > 0


def test_production_settings_have_none():
    arguments = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    result = subprocess.run(
        arguments, cwd=PROJECT_DIRECTORY, env=production_environment(), capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert "no issues (0 silenced)" in result.stdout


def test_a_run_keeps_the_complaints_and_records_the_evidence(own):
    run = queue_check(at=NIGHT)
    carry_out_check(run=run, clock=lambda: NIGHT)
    assert run.status == RunStatus.SUCCEEDED
    assert run.warnings == len(run.findings) > 0
    record = ObservationRecord.objects.get(verifier_key=KEY)
    assert (record.environment, record.observed_at) == (own, NIGHT)
    assert record.facts["warnings"] == run.warnings


def test_a_second_delivery_adds_no_evidence(own):
    run = queue_check(at=NIGHT)
    carry_out_check(run=run)
    carry_out_check(run=SecurityCheckRun.objects.get(pk=run.pk))
    assert ObservationRecord.objects.count() == 1


def test_a_night_has_one_run(own):
    assert queue_nightly_check(at=NIGHT) is not None
    assert queue_nightly_check(at=NIGHT) is None
    assert SecurityCheckRun.objects.count() == 1


def test_without_a_service_of_its_own_there_is_nothing_to_run_at_night(db):
    assert queue_nightly_check(at=NIGHT) is None
    with pytest.raises(NoOwnService, match="OWN_SERVICE"):
        queue_check(at=NIGHT)


def test_the_checks_prove_nothing_of_another_service(own, environment):
    assert collect(environment=own, key=KEY).error == ""
    assert "no other service" in collect(environment=environment, key=KEY).error


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        ({"criticals": 0, "errors": 0, "warnings": 0, "ids": []}, Verdict.PASSING),
        ({"criticals": 0, "errors": 0, "warnings": 1, "ids": ["security.W004"]}, Verdict.FAILING),
        ({"criticals": 0, "errors": 0}, Verdict.UNDECIDED),
    ],
)
def test_only_no_complaint_at_all_passes(facts, verdict):
    assert judge(facts, find_verifier(KEY).default_rule).verdict is verdict


def test_an_operator_runs_the_checks_from_the_admin(client, olga, own, django_capture_on_commit_callbacks):
    client.force_login(olga)
    with django_capture_on_commit_callbacks() as callbacks:
        response = client.post(reverse("admin:security_check_now"), follow=True)
    assert "Queued the checks" in response.content.decode()
    assert len(callbacks) == 1
    assert AuditEvent.objects.get(action="securitycheck.queued").actor == olga


def test_who_may_not_is_refused(client, sam, own):
    client.force_login(sam)
    assert client.post(reverse("admin:security_check_now")).status_code == 403
    assert client.get(reverse("admin:security_check_now")).status_code == 405
    assert not SecurityCheckRun.objects.exists()


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"CONTENT_SECURITY_POLICY": None}, checks.E001),
        ({"CONTENT_SECURITY_POLICY": {"DIRECTIVES": {"default-src": ["'unsafe-inline'"]}}}, checks.E001),
        ({"MIDDLEWARE": ["django.middleware.security.SecurityMiddleware"]}, checks.E002),
        ({"SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"), "TRUSTED_PROXY_COUNT": 0}, checks.W002),
    ],
)
def test_a_weakened_baseline_is_complained_about(settings, values, complaint):
    assert complaint not in run_checks(include_deployment_checks=True)
    for name, value in values.items():
        setattr(settings, name, value)
    assert complaint in run_checks(include_deployment_checks=True)


def test_limits_that_each_process_counts_apart_are_complained_about(settings):
    assert "locmem" in settings.CACHES["default"]["BACKEND"]
    assert checks.W001 in run_checks(include_deployment_checks=True)


def test_every_check_has_an_id_of_its_own_and_a_hint():
    own_checks = [checks.E001, checks.E002, checks.W001, checks.W002]
    assert len({check.id for check in own_checks}) == len(own_checks)
    assert all(check.hint and check.id.startswith("baseline.") for check in own_checks)


def test_beat_s_tick_runs_the_checks_once_a_night(own, at_once):
    tasks.tick_security_checks.delay()
    tasks.tick_security_checks.delay()
    assert [run.status for run in SecurityCheckRun.objects.all()] == [RunStatus.SUCCEEDED]


def test_the_admin_says_what_to_do_when_this_installation_is_not_in_the_catalog(client, olga):
    client.force_login(olga)
    response = client.post(reverse("admin:security_check_now"), follow=True)
    assert "The catalog has no service for this installation" in response.content.decode()


def test_the_page_of_a_run_lists_the_complaints_with_their_hints(client, olga, own):
    client.force_login(olga)
    run = queue_check(at=NIGHT)
    carry_out_check(run=run)
    text = client.get(reverse("admin:security_securitycheckrun_change", args=[run.pk])).content.decode()
    assert "security.W008" in text
    assert checks.W001.hint in text
