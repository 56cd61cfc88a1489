"""Restores are asked for, approved and refused by the API."""

import pytest

from apps.backups.models import Backup, BackupRun, Database, RestoreRun
from apps.common.clock import now
from apps.common.runs import RunStatus

URL = "/api/v1/restores/"


@pytest.fixture
def backup(environment):
    database = Database.objects.create(environment=environment, name="shop", connection_url="postgresql:///shop")
    run = BackupRun.objects.create(database=database, status=RunStatus.SUCCEEDED, finished_at=now())
    return Backup.objects.create(
        database=database, run=run, storage_key="shop/1", sha256="0" * 64, manifest_sha256="0" * 64, size_bytes=1,
        content_bytes=1, database_size_bytes=1, tables=1, rows=1, server_version="16", snapshot_at=now(),
        finished_at=now(), fingerprint={},
    )  # fmt: skip


def asked_for(client, backed_up, **fields):
    return client.post(
        URL, {"backup": backed_up.pk, "new_name": "shop_again", "reason": "an incident", **fields}, format="json"
    )


def test_into_production_it_waits_until_another_approves(person, backup):
    asking, approving = person("operator"), person("approver")
    answer = asked_for(asking, backup)

    assert (answer.status_code, answer.json()["waits_for_approval"]) == (202, True)
    assert asking.post(f"{URL}{answer.json()['id']}/approve/").status_code == 403
    approved = approving.post(f"{URL}{answer.json()['id']}/approve/").json()
    assert (approved["waits_for_approval"], approved["status"]) == (False, "queued")
    assert approving.post(f"{URL}{answer.json()['id']}/approve/").status_code == 409


def test_whoever_asked_takes_it_back(person, backup):
    asking = person("operator")
    run = asked_for(asking, backup).json()["id"]

    assert asking.post(f"{URL}{run}/refuse/", {"comment": "not needed"}, format="json").json()["status"] == "failed"
    assert "not needed" in RestoreRun.objects.get().error


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"new_name": "No Good"}, "new_name"),
        ({"backup": 0}, "backup"),
        ({"server": "nowhere"}, "server"),
        ({"reason": ""}, "reason"),
        ({"parts": "a"}, "parts"),
        ({"target_at": "2026-11-20T12:00:00Z"}, "target_at"),
    ],
)
def test_what_is_wrong_is_named(person, backup, fields, problem):
    answer = asked_for(person("operator"), backup, **fields)

    assert answer.status_code == 400
    assert problem in answer.json()["detail"]
    assert not RestoreRun.objects.exists()


def test_who_may_only_look_asks_for_nothing(person, backup):
    assert asked_for(person("viewer"), backup).status_code == 403
