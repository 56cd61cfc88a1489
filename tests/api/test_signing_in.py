from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from apps.accounts.services import issue_token
from apps.common.clock import now

ADDRESS = "/api/v1/services/"


def ask(secret):
    return APIClient().get(ADDRESS, headers={"Authorization": secret})


@pytest.fixture
def token(viewer):
    return issue_token(user=viewer.user, name="CI")


def test_a_token_signs_a_program_in_as_its_owner(token):
    assert ask(f"Bearer {token[1]}").status_code == 200
    token[0].refresh_from_db()
    assert token[0].last_used_at is not None


@pytest.mark.parametrize("header", ["Bearer", "Bearer a b", "Bearer sw_wrong", "Bearer \u00ff"])
def test_a_token_that_is_not_one_is_refused(db, header):
    response = ask(header)
    assert (response.status_code, response.json()["code"]) == (401, "authentication_failed")


def test_a_revoked_token_is_refused(token):
    token[0].revoke(at=now())
    assert ask(f"Bearer {token[1]}").status_code == 401


def test_an_expired_token_is_refused(viewer):
    _, secret = issue_token(user=viewer.user, name="CI", expires_at=now() - timedelta(seconds=1))
    assert ask(f"Bearer {secret}").status_code == 401


def test_the_token_of_somebody_who_left_is_refused(viewer, token):
    viewer.user.is_active = False
    viewer.user.save()
    assert ask(f"Bearer {token[1]}").status_code == 401


def test_nobody_is_asked_to_sign_in(db):
    response = APIClient().get(ADDRESS)
    assert response.status_code in {401, 403}
    assert response.json()["code"] == "not_authenticated"
