"""Plans and retention in the API."""

from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.backups.models import Backup, Database
from apps.backups.services.plans import plan_of


@pytest.fixture
def api(sam: User) -> APIClient:
    """Sam, who operates, by the API."""
    sam.groups.add(Group.objects.get(name="operator"))
    client = APIClient()
    client.force_login(sam)
    return client


def test_a_plan_is_read_and_changed(api: APIClient, ledger: Database) -> None:
    address = f"/api/v1/plans/{plan_of(ledger).pk}/"
    read = api.get(address).json()
    assert (read["database"], read["storages"], read["keep_newest"]) == ("ledger", ["local"], 2)
    assert read["sentence"].startswith("Keeps the 2 newest")
    assert len(read["doubts"]) == 2

    changed = api.patch(address, {"keep_weekly": 8, "quiet_from": "22:00", "quiet_until": "06:00"}, format="json")

    assert (changed.status_code, changed.json()["keep_weekly"]) == (200, 8)
    assert AuditEvent.objects.get(action="plan.changed").details == {
        "fields": ["keep_weekly", "quiet_from", "quiet_until"]
    }


def test_a_plan_says_how_many_copies_are_to_come(
    api: APIClient, ledger: Database, nightly: list[Backup], tmp_path: Path
) -> None:
    address = f"/api/v1/plans/{plan_of(ledger).pk}/"
    assert api.get(address).json()["copies_to_come"] == {}

    plan_of(ledger).storages.create(name="gained", folder=str(tmp_path))  # the one that is proven goes there

    assert api.get(address).json()["copies_to_come"] == {"gained": 1}
    assert api.patch(address, {"copies_to_come": {}}, format="json").json()["copies_to_come"] == {"gained": 1}


@pytest.mark.parametrize(
    "wrong",
    [
        {"keep_newest": 0},
        {"proven_floor": 0},
        {"storages": []},
        {"storages": ["nowhere"]},
        {"quiet_from": "22:00"},
        {"removal_grace": "-1 00:00:00"},
        {"keep_within": "-1 00:00:00"},
    ],
)
def test_a_wrong_plan_is_refused_with_its_field(api: APIClient, ledger: Database, wrong: dict[str, object]) -> None:
    refused = api.patch(f"/api/v1/plans/{plan_of(ledger).pk}/", wrong, format="json")

    assert refused.status_code == 400
    assert refused.json()["fields"]


def test_what_would_go_is_read_without_a_trace(api: APIClient, ledger: Database, nightly: list[Backup]) -> None:
    report = api.get(f"/api/v1/databases/{ledger.pk}/retention/").json()

    assert (report["database"], report["freed_bytes"], report["frozen_because"]) == ("ledger", 300, "")
    assert [one["stays"] for one in report["backups"]] == [True, True, False, False, False]
    assert report["backups"][1]["why"] == "proven floor; newest 2 of 2"
    assert not Backup.objects.let_go().exists()
