"""Signing in: limits for addresses and accounts, and the audit trail."""

import pytest
from django.core.cache import caches
from django.test import RequestFactory

from apps.audit.models import AuditEvent
from apps.common.client_address import client_address
from apps.security.engines import sign_in_limits

PASSWORD = "correct horse battery"
WRONG = "incorrect horse battery"


@pytest.fixture(autouse=True)
def empty_counters():
    caches["default"].clear()


def sign_in(client, *, email="olga@example.org", password=WRONG, **headers):
    return client.post("/admin/login/", {"username": email, "password": password}, headers=headers)


def limit_of(rate):
    return int(rate.split("/")[0])


def test_the_right_password_signs_in_and_is_audited(client, olga):
    response = sign_in(client, password=PASSWORD)
    assert response.status_code == 302
    event = AuditEvent.objects.get(action="signin.succeeded")
    assert (event.actor, event.details) == (olga, {"address": "127.0.0.1"})


def test_a_wrong_password_is_audited_under_the_account(client, olga):
    assert sign_in(client).status_code == 200
    event = AuditEvent.objects.get(action="signin.failed")
    assert (event.actor, event.subject_id) == (None, str(olga.pk))


def test_a_null_character_is_a_failure_like_any_other(client, olga):
    assert sign_in(client, email="olga@example.org\0", password="\0").status_code == 200
    assert AuditEvent.objects.filter(action="signin.failed").count() == 1


def test_what_is_no_account_is_not_kept_since_it_may_be_a_password(client, db):
    sign_in(client, email="hunter2")
    event = AuditEvent.objects.get(action="signin.failed")
    assert "hunter2" not in str(event.chained_content())


def test_an_account_is_closed_after_too_many_failures_from_anywhere(client, olga):
    for number in range(limit_of(sign_in_limits.ACCOUNT_RATE)):
        client.post("/admin/login/", {"username": "Olga@Example.org", "password": "x"}, REMOTE_ADDR=f"10.0.0.{number}")
    response = sign_in(client, password=PASSWORD)
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 300
    assert "Wait" in response.content.decode()


def test_an_address_is_closed_after_too_many_failures_on_any_account(client, olga):
    for number in range(limit_of(sign_in_limits.ADDRESS_RATE)):
        sign_in(client, email=f"{number}@example.org")
    assert sign_in(client, password=PASSWORD).status_code == 429
    other = client.post("/admin/login/", {"username": olga.email, "password": PASSWORD}, REMOTE_ADDR="10.9.9.9")
    assert other.status_code == 302


def test_who_signs_in_rightly_is_never_counted(client, olga):
    for _ in range(limit_of(sign_in_limits.ACCOUNT_RATE) + 2):
        assert sign_in(client, password=PASSWORD).status_code == 302
        client.logout()


def test_looking_at_the_page_is_never_counted(client, db):
    for _ in range(limit_of(sign_in_limits.ADDRESS_RATE) + 1):
        assert client.get("/admin/login/").status_code == 200


def test_a_forged_header_does_not_make_a_new_client(client, olga):
    for number in range(limit_of(sign_in_limits.ADDRESS_RATE)):
        sign_in(client, email=f"{number}@example.org", **{"X-Forwarded-For": f"8.8.8.{number}"})
    assert sign_in(client, **{"X-Forwarded-For": "9.9.9.9"}).status_code == 429


def test_without_its_counters_nobody_tries_passwords(client, olga, settings):
    settings.CACHES = {
        **settings.CACHES,
        "limits": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
            "OPTIONS": {"socket_connect_timeout": 0.2},
        },
    }
    settings.RATELIMIT_USE_CACHE = "limits"
    response = sign_in(client, password=PASSWORD)
    assert response.status_code == 503
    assert response["Retry-After"]
    assert client.get("/admin/login/").status_code == 200


@pytest.mark.parametrize(
    ("count", "forwarded", "address"),
    [
        (0, "8.8.8.8", "192.0.2.1"),
        (1, "", "192.0.2.1"),
        (1, "8.8.8.8", "8.8.8.8"),
        (1, "1.1.1.1, 8.8.8.8", "8.8.8.8"),
        (2, "1.1.1.1, 8.8.8.8, 10.0.0.1", "8.8.8.8"),
        (2, "8.8.8.8", "192.0.2.1"),
        (1, "8.8.8.8, nonsense", "192.0.2.1"),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "[2001:db8::1]", "2001:db8::1"),
    ],
)
def test_the_client_is_the_nth_address_from_the_right(settings, count, forwarded, address):
    settings.TRUSTED_PROXY_COUNT = count
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = RequestFactory(headers=headers).get("/", REMOTE_ADDR="192.0.2.1")
    assert str(client_address(request)) == address


def test_a_peer_without_an_address_is_not_an_error():
    assert str(client_address(RequestFactory().get("/", REMOTE_ADDR=""))) == "0.0.0.0"  # noqa: S104
