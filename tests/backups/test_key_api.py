"""Keys in the API."""

import pytest
from rest_framework.test import APIClient

from apps.audit.models import AuditEvent
from apps.backups.engines import encryption
from apps.backups.models import Database, Recipient
from apps.backups.services.plans import plan_of
from tests.backups.test_plan_api import api

__all__ = ["api"]


def test_a_public_key_is_added_and_retired(api: APIClient) -> None:
    public_key = encryption.public_key_of(encryption.make_identity())

    added = api.post("/api/v1/keys/", {"name": "vault", "public_key": public_key}, format="json")

    assert (added.status_code, added.json()["state"], added.json()["is_offline"]) == (201, "in_use", True)
    address = f"/api/v1/keys/{added.json()['id']}/"
    assert [api.post(f"{address}retire/").json()["state"] for _ in range(2)] == ["retired", "retired"]
    assert api.get(address).json()["retired_at"] is not None
    events = AuditEvent.objects.filter(action__startswith="recipient").values_list("action", flat=True)
    assert sorted(events) == ["recipient.added", "recipient.retired"]


@pytest.mark.parametrize("public_key", ["", "age1nonsense", "AGE-SECRET-KEY-1" + "Q" * 58, "age1" + "q" * 58])
def test_what_is_no_public_key_is_refused(api: APIClient, public_key: str) -> None:
    refused = api.post("/api/v1/keys/", {"name": "vault", "public_key": public_key}, format="json")

    assert refused.status_code == 400
    assert not Recipient.objects.exists()


def test_identities_never_leave(api: APIClient, ledger: Database) -> None:
    identity = encryption.make_identity()
    key = Recipient.objects.create(name="held", public_key=encryption.public_key_of(identity), identity=identity)
    plan_of(ledger).recipients.add(key)

    listed = api.get("/api/v1/keys/")

    (shown,) = listed.json()["results"]
    assert (shown["name"], shown["databases"], shown["is_offline"]) == ("held", ["ledger"], False)
    assert identity not in listed.content.decode()
