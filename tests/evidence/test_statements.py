import base64
import json
from datetime import timedelta

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from rest_framework.test import APIClient

from apps.catalog.services import ensure_service
from apps.evidence.contract import Observation
from apps.evidence.models import ObservationRecord
from apps.evidence.services import record_observation
from tests.evidence.pushing import instant

NOW = instant(2026, 3, 1, 12)
KEY = Ed25519PrivateKey.generate()
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def pem_of(private):
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture
def reader(olga):
    client = APIClient()
    client.force_login(olga)
    return client


def record(environment, observed_at=NOW, subject="orders", **fields):
    fields = {"facts": {"verdict": "proven", "rto_seconds": 11}} | fields
    observation = Observation(observed_at=observed_at, subject=subject, summary="Restored", **fields)
    return record_observation(environment=environment, key="tests.recovery", observation=observation, at=observed_at)


def ask(reader, record, **query):
    return reader.get(f"/api/v1/observations/{record.pk}/statement/", query)


def test_an_observation_is_a_statement_with_its_verdict_and_its_end(recovery, environment, reader):
    statement = ask(reader, record(environment)).json()
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "urn:seaworthy:observation:v1"
    predicate = statement["predicate"]
    assert (predicate["timeCreated"], predicate["expires"]) == ("2026-03-01T12:00:00Z", "2026-03-08T12:00:00Z")
    assert predicate["verifier"] == {"key": "tests.recovery", "version": "1.0.0"}
    assert (predicate["verdict"], predicate["reasons"]) == ("passing", [])
    assert predicate["facts"] == {"verdict": "proven", "rto_seconds": 11}
    assert (predicate["service"], predicate["environment"], predicate["trust"]) == (
        "payments",
        "production",
        "produced",
    )


def test_the_subject_is_the_commit_or_the_artifact_that_was_seen(recovery, environment, reader):
    digests = {
        f"commit@{COMMIT}": {"gitCommit": COMMIT},
        f"app@sha256:{'ab' * 32}": {"sha256": "ab" * 32},
    }
    for subject, digest in digests.items():
        name = subject.partition("@")[0]
        seen = record(environment, subject=subject)
        assert ask(reader, seen).json()["subject"] == [{"name": name, "digest": digest}]


def test_without_one_it_is_what_was_seen(recovery, environment, reader):
    first, same, other = (
        ask(reader, record(environment, NOW + timedelta(hours=hours), facts={"verdict": verdict})).json()["subject"][0]
        for hours, verdict in ((0, "proven"), (1, "proven"), (2, "failed"))
    )
    assert first["name"] == "orders"
    assert first["digest"] == same["digest"] != other["digest"]


def test_an_error_has_no_verdict(recovery, environment, reader):
    predicate = ask(reader, record(environment, facts={}, error="Nothing there.")).json()["predicate"]
    assert (predicate["verdict"], predicate["error"], predicate["facts"]) == (None, "Nothing there.", {})


def test_the_digest_of_a_pushed_report_is_in_it(pipeline, reader):
    answer = pipeline.push().json()
    predicate = ask(reader, ObservationRecord.objects.get()).json()["predicate"]
    assert predicate["reports"] == [{"format": "junit", "digest": {"sha256": answer["sha256"]}}]


def test_a_signed_one_can_be_checked_by_others(recovery, environment, reader, settings):
    settings.EVIDENCE_SIGNING_KEY = pem_of(KEY)
    seen = record(environment)
    envelope = ask(reader, seen, signed="true").json()
    payload, signature = (base64.b64decode(text) for text in (envelope["payload"], envelope["signatures"][0]["sig"]))
    kind = envelope["payloadType"].encode()
    message = b" ".join([b"DSSEv1", str(len(kind)).encode(), kind, str(len(payload)).encode(), payload])
    KEY.public_key().verify(signature, message)
    assert json.loads(payload) == ask(reader, seen).json()
    with pytest.raises(InvalidSignature):
        KEY.public_key().verify(signature, message.replace(b"proven", b"failed"))


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("", "EVIDENCE_SIGNING_KEY is not set"),
        ("secret", "EVIDENCE_SIGNING_KEY is no private key"),
        (pem_of(generate_private_key(SECP256R1())), "EVIDENCE_SIGNING_KEY is not an Ed25519 key"),
    ],
)
def test_without_a_usable_key_nothing_is_signed(recovery, environment, reader, settings, key, message):
    settings.EVIDENCE_SIGNING_KEY = key
    response = ask(reader, record(environment), signed="true")
    assert response.status_code == 409
    assert message in response.json()["detail"]
    assert "secret" not in response.json()["detail"]


def read_lines(response):
    assert response["Content-Type"] == "application/x-ndjson"
    return [json.loads(line) for line in b"".join(response.streaming_content).splitlines()]


def test_a_service_is_exported_line_by_line(recovery, environment, reader, settings):
    records = [record(environment, NOW + timedelta(hours=hours)) for hours in range(3)]
    other = ensure_service(slug="orders").environments.get()
    record(other)
    address = "/api/v1/services/payments/statements/"
    lines = read_lines(reader.get(address))
    assert lines == [ask(reader, each).json() for each in records]
    later = read_lines(reader.get(address, {"recorded_from": (NOW + timedelta(hours=1)).isoformat()}))
    assert later == lines[1:]
    assert reader.get(address, {"signed": "true"}).status_code == 409
    settings.EVIDENCE_SIGNING_KEY = pem_of(KEY)
    assert len(read_lines(reader.get(address, {"signed": "true"}))) == 3


def test_the_number_of_queries_does_not_grow_with_the_rows(
    recovery, environment, reader, django_assert_max_num_queries
):
    for hours in range(30):
        record(environment, NOW + timedelta(hours=hours))
    with django_assert_max_num_queries(8):
        assert len(read_lines(reader.get("/api/v1/services/payments/statements/"))) == 30


def test_a_question_that_is_not_understood_is_refused(recovery, environment, reader):
    assert ask(reader, record(environment), signed="perhaps").status_code == 400
    assert reader.get("/api/v1/observations/999999/statement/").status_code == 404
