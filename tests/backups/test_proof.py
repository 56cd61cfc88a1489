"""What was proven over a period, as a page, a statement and a signed envelope."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from apps.backups.engines.proof import within_objective
from apps.backups.engines.watching import AgePoint
from apps.backups.models import Database
from apps.evidence.engines.envelopes import open_envelope
from tests.backups.test_watching import history

__all__ = ["history"]
NOON, HOUR = datetime(2026, 5, 1, 12, tzinfo=UTC), timedelta(hours=1)


@pytest.mark.parametrize(
    ("points", "share"),
    [
        ([AgePoint(NOON, HOUR), AgePoint(NOON + 4 * HOUR, 5 * HOUR)], 0.25),
        (
            [
                AgePoint(NOON, None),
                AgePoint(NOON + HOUR, None),
                AgePoint(NOON + HOUR, HOUR),
                AgePoint(NOON + 2 * HOUR, 2 * HOUR),
            ],
            0.5,
        ),
        ([AgePoint(NOON, 3 * HOUR), AgePoint(NOON + HOUR, 4 * HOUR)], 0.0),
        ([AgePoint(NOON, None), AgePoint(NOON, None)], 0.0),
        ([AgePoint(NOON, HOUR), AgePoint(NOON, HOUR)], 1.0),
    ],
)  # fmt: skip
def test_the_share_of_time_in_which_the_objective_was_met(points: list[AgePoint], share: float) -> None:
    assert within_objective(points, 2 * HOUR) == share


@pytest.fixture
def address(history: Database) -> str:
    return reverse("admin:backups_database_proof", args=[history.pk])


def test_the_page_says_what_was_proven_and_what_was_not(client: Client, olga: object, address: str) -> None:
    client.force_login(olga)
    page = client.get(address).content.decode()

    assert "4 proven" in page
    assert "1 refuted a backup · 0 could not verify" in page
    assert "A.8.13" in page
    assert "A1.2" in page


def test_the_statement_names_each_artefact_by_its_digest(client: Client, olga: object, address: str) -> None:
    client.force_login(olga)
    statement = client.get(address + "?since=2020-01-01&until=2099-01-01&format=json").json()

    assert statement["predicateType"] == "urn:seaworthy:restore-proof:v1"
    assert len(statement["subject"]) == 10
    assert statement["subject"][0]["digest"] == {"sha256": "0" * 64}
    assert [drill["outcome"] for drill in statement["predicate"]["drills"]] == ["proven"] * 4 + ["failed"]
    assert {control["id"] for control in statement["predicate"]["controls"]} == {"A.8.13", "A.5.30", "A1.2", "A1.3"}


def test_it_is_signed_where_a_key_is_set(client: Client, olga: object, address: str, settings: Settings) -> None:
    client.force_login(olga)
    signed = address + "?since=2020-01-01&until=2099-01-01&format=dsse"
    assert "EVIDENCE_SIGNING_KEY is not set" in client.get(signed).json()["detail"]

    key = Ed25519PrivateKey.generate()
    settings.EVIDENCE_SIGNING_KEY = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    envelope = open_envelope(client.get(signed).content)

    assert envelope is not None
    assert envelope.is_signed_by(key.public_key())
    assert json.loads(envelope.payload)["predicate"]["database"] == "shop"


def test_a_period_that_is_none_is_said_so(client: Client, olga: object, address: str) -> None:
    client.force_login(olga)
    assert (
        "The last day is before the first one."
        in client.get(address + "?since=2026-05-02&until=2026-05-01").content.decode()
    )


def test_who_may_not_see_databases_sees_no_proof(client: Client, sam: object, address: str) -> None:
    client.force_login(sam)
    assert client.get(address).status_code == 403
