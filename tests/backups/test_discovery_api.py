"""Databases that nobody protects, in the API."""

import pytest
from rest_framework.test import APIClient

from apps.backups.engines.postgresql.address import parse_address
from apps.backups.models import Database, DiscoveredDatabase
from tests.backups.keeping import NOW
from tests.backups.test_plan_api import api

__all__ = ["api"]
ADDRESS = "/api/v1/discovered-databases/"


@pytest.fixture
def found(ledger: Database) -> DiscoveredDatabase:
    """A database beside the ledger."""
    return DiscoveredDatabase.objects.create(
        server="one",
        address="db:5432",
        engine=ledger.engine,
        name="orders",
        seen_through=ledger,
        first_seen_at=NOW,
        last_seen_at=NOW,
    )


def names(api: APIClient, query: str) -> list[str]:
    return [one["name"] for one in api.get(f"{ADDRESS}{query}").json()["results"]]


def test_what_is_not_covered_is_listed_and_protected(api: APIClient, found: DiscoveredDatabase) -> None:
    assert names(api, "?is_unprotected=true") == ["orders"]

    added = api.post(f"{ADDRESS}{found.pk}/protect/")

    assert (added.status_code, added.json()["name"]) == (201, "orders")
    assert parse_address(Database.objects.get(name="orders").connection_url).database == "orders"
    assert "connection_url" not in added.json()
    assert (names(api, "?is_unprotected=true"), names(api, "?is_unprotected=false")) == ([], ["orders"])
    again = api.post(f"{ADDRESS}{found.pk}/protect/")
    assert (again.status_code, "protected already" in again.json()["detail"]) == (409, True)


def test_one_is_set_aside_with_a_reason(api: APIClient, found: DiscoveredDatabase) -> None:
    assert api.post(f"{ADDRESS}{found.pk}/set-aside/", {"reason": " "}, format="json").status_code == 400

    aside = api.post(f"{ADDRESS}{found.pk}/set-aside/", {"reason": "A scratch pad"}, format="json")

    assert (aside.json()["state"], aside.json()["ignored_reason"]) == ("set_aside", "A scratch pad")
    assert names(api, "?is_unprotected=true") == []
