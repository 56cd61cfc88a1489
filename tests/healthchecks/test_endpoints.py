"""/livez, /readyz and /healthz."""

import threading
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.db import connections

from apps.catalog.services import ensure_service
from apps.common.clock import now
from apps.evidence.services import collect
from apps.healthchecks import services
from apps.healthchecks.engines.checks import CheckStatus, HealthReport, KeptReport
from apps.healthchecks.models import Pulse
from apps.healthchecks.selectors import own_health

TOKEN = "a-token-that-is-long-enough"


@pytest.fixture(autouse=True)
def forget_reports():
    own_health.readiness.forget()
    own_health.health.forget()


@pytest.fixture
def pulses(transactional_db):
    for name in (own_health.BEAT, own_health.WORKER):
        services.record_pulse(name=name, at=now())


@pytest.fixture
def no_database(transactional_db):
    """Every new connection to the database is refused, as when the server is gone."""
    with pytest.MonkeyPatch.context() as patch:
        for connection in connections.all():
            connection.close()
            patch.setitem(connection.settings_dict, "HOST", "/nowhere")
        yield


def test_livez_needs_no_database_and_no_known_host(client):
    response = client.get("/livez", headers={"host": "10.1.2.3"})
    assert (response.status_code, response.content) == (200, b"alive\n")


def test_livez_answers_a_signed_in_person_when_the_database_is_gone(client, no_database):
    client.cookies[django_settings.SESSION_COOKIE_NAME] = "x" * 32
    assert client.get("/livez").status_code == 200


def test_readyz_is_200_when_everything_answers(client, pulses):
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"status": "up", "checks": {"database": "up", "broker": "up", "beat": "up"}}
    assert "no-store" in response["Cache-Control"]


def test_readyz_is_503_when_beat_is_silent(client, pulses):
    Pulse.objects.filter(name="beat").update(at=now() - timedelta(minutes=1))
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"] == {"database": "up", "broker": "up", "beat": "down"}


def test_readyz_is_503_when_the_broker_is_gone(client, pulses, settings):
    from celery import current_app

    with current_app.connection_for_write("redis://127.0.0.1:1/0") as connection:
        broken = connection.as_uri()
    original = current_app.conf.broker_url, current_app.conf.broker_write_url
    current_app.conf.update(broker_url=broken, broker_write_url=broken)
    try:
        response = client.get("/readyz")
    finally:
        current_app.conf.update(broker_url=original[0], broker_write_url=original[1])
    assert response.status_code == 503
    assert response.json()["checks"]["broker"] == "down"


def test_readyz_is_503_and_not_500_when_the_database_is_gone(client, pulses, no_database):
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["database"] == "down"


def test_healthz_tells_strangers_nothing(client, pulses):
    response = client.get("/healthz")
    assert response.status_code == 401
    assert "checks" not in response.json()


@pytest.mark.parametrize("header", ["Bearer wrong", "Bearer ", "Basic " + TOKEN, TOKEN])
def test_healthz_refuses_a_wrong_token(client, pulses, settings, header):
    settings.HEALTH_TOKEN = TOKEN
    assert client.get("/healthz", headers={"Authorization": header}).status_code == 401


def test_an_empty_token_setting_lets_nobody_in(client, pulses, settings):
    settings.HEALTH_TOKEN = ""
    assert client.get("/healthz", headers={"Authorization": "Bearer "}).status_code == 401


def test_healthz_refuses_who_is_not_staff(client, pulses, eve):
    client.force_login(eve)
    assert client.get("/healthz").status_code == 401


def test_healthz_shows_staff_every_check_with_its_duration(client, pulses, sam):
    client.force_login(sam)
    response = client.get("/healthz")
    assert response.status_code == 200
    checks = response.json()["checks"]
    assert set(checks) == {"database", "broker", "cache", "beat", "worker"}
    assert all(check["duration_milliseconds"] >= 0 for check in checks.values())


def test_healthz_gives_the_reason_to_who_holds_the_token(client, transactional_db, settings):
    settings.HEALTH_TOKEN = TOKEN
    response = client.get("/healthz", headers={"Authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 503
    assert response.json()["checks"]["beat"]["reason"] == "beat has not run yet"


def test_healthz_works_by_token_when_the_database_is_gone(client, settings, no_database):
    settings.HEALTH_TOKEN = TOKEN
    response = client.get("/healthz", headers={"Authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 503
    text = response.content.decode()
    assert response.json()["checks"]["database"]["status"] == "down"
    assert "/nowhere" not in text


def test_healthz_is_503_for_a_person_when_the_database_is_gone(client, no_database):
    client.raise_request_exception = False
    client.cookies[django_settings.SESSION_COOKIE_NAME] = "x" * 32
    assert client.get("/healthz").status_code == 503


def test_an_unknown_error_is_never_shown(client, pulses, sam, monkeypatch):
    def leak(self):
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr("health_check.checks.Database.run", leak)
    client.force_login(sam)
    response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json()["checks"]["database"]["reason"] == "unknown error"
    assert b"hunter2" not in response.content


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/healthz"])
def test_they_answer_reading_only(client, db, path):
    assert client.post(path).status_code == 405


def test_a_storm_of_probes_costs_one_run_of_the_checks():
    made = []

    def make():
        made.append(1)
        threading.Event().wait(0.05)
        return HealthReport(checked_at=now(), checks=(CheckStatus("database", True, 1.0),))

    kept = KeptReport(make, seconds=60)
    threads = [threading.Thread(target=kept.read) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1


def test_a_kept_report_is_made_anew_when_it_is_old():
    made = []
    kept = KeptReport(lambda: made.append(1) or HealthReport(checked_at=now(), checks=()), seconds=0)
    kept.read()
    kept.read()
    assert len(made) == 2


def test_the_evidence_of_readiness_is_that_of_readyz(pulses):
    own = ensure_service(slug="seaworthy").environments.get()
    record = collect(environment=own, key="healthchecks.ready")
    assert record.facts == {"database": "up", "broker": "up", "beat": "up", "checks": 3, "failures": 0}


def test_the_readiness_of_this_installation_proves_nothing_of_another_service(pulses):
    other = ensure_service(slug="payments").environments.get()
    record = collect(environment=other, key="healthchecks.ready")
    assert "sees Seaworthy itself" in record.error
