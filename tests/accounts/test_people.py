from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from apps.accounts.models import ApiToken, User
from apps.accounts.services import create_first_administrator, issue_token

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_an_address_is_the_same_in_any_case_of_letters(sam, client):
    assert client.login(username="SAM@Example.org", password="correct horse battery")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.bulk_create([User(email="Sam@example.org")])


@pytest.mark.parametrize("email", ["", "no address"])
def test_a_person_needs_an_address(db, email):
    with pytest.raises((ValueError, ValidationError)):
        User.objects.create_user(email)


def test_a_person_is_called_by_name_or_else_by_address(olga, db):
    nameless = User.objects.create_user("x@example.org")
    assert (str(olga), olga.get_short_name(), olga.get_full_name()) == ("Olga Operator", "Olga", "Olga Operator")
    assert (str(nameless), nameless.get_short_name()) == ("x@example.org", "x@example.org")
    assert not nameless.has_usable_password()


def test_the_first_administrator_gets_a_random_password_once(db):
    user, password = create_first_administrator(email="first@example.org")
    assert user.check_password(password)
    assert (user.is_staff, user.is_superuser, len(password) >= 20) == (True, True, True)
    assert create_first_administrator(email="second@example.org") is None


def test_of_a_token_only_a_digest_is_kept(sam):
    token, secret = issue_token(user=sam, name="CI")
    stored = str(ApiToken.objects.values().get())
    assert secret.startswith("sw_")
    assert secret not in stored
    assert str(token) == f"CI ({secret[:8]}…)"


@pytest.mark.parametrize(
    ("expires_at", "is_valid"),
    [(None, True), (NOW + timedelta(seconds=1), True), (NOW, False), (NOW - timedelta(days=1), False)],
)
def test_a_token_ends_at_the_exact_second(sam, expires_at, is_valid):
    issue_token(user=sam, name="CI", expires_at=expires_at)
    assert ApiToken.objects.valid(NOW).exists() == is_valid


def test_a_revoked_token_is_not_valid_and_cannot_be_revoked_again(sam):
    token, _ = issue_token(user=sam, name="CI")
    assert token.revoke(at=NOW)
    assert not token.revoke(at=NOW)
    assert not ApiToken.objects.valid(NOW).exists()


def test_the_use_of_a_busy_token_is_noted_once_a_minute(sam, django_assert_num_queries):
    token, _ = issue_token(user=sam, name="CI")
    for seconds in (0, 30, 61):
        token.note_use(at=NOW + timedelta(seconds=seconds))
        token.refresh_from_db()
    assert token.last_used_at == NOW + timedelta(seconds=61)
    token.note_use(at=NOW + timedelta(seconds=90))
    token.refresh_from_db()
    assert token.last_used_at == NOW + timedelta(seconds=61)
