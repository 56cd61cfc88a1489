import base64
import json
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.exceptions import ValidationError

from apps.common.clock import now
from apps.evidence.engines.envelopes import PAYLOAD_TYPE, signed_message
from apps.evidence.models import ObservationRecord, PushedReport, SigningKey
from tests.evidence.pushing import make_pipeline

COMMIT = "0123456789abcdef0123456789abcdef01234567"
STATEMENT = {
    "_type": "https://in-toto.io/Statement/v1",
    "subject": [{"digest": {"gitCommit": COMMIT}}],
    "predicateType": "https://in-toto.io/attestation/test-result/v0.1",
    "predicate": {"result": "PASSED", "configuration": [], "passedTests": ["a", "b"]},
}


def pem_of(private):
    return private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def register(private, name="release"):
    key = SigningKey(name=name, pem=pem_of(private))
    key.full_clean()
    key.save()
    return key


def sign_with(private, message):
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return private.sign(message)
    hash_of = SHA384() if private.curve.key_size > 256 else SHA256()
    return private.sign(message, ec.ECDSA(hash_of))


def envelope(private, statement=STATEMENT, signature=None):
    payload = json.dumps(statement).encode()
    signature = signature or sign_with(private, signed_message(PAYLOAD_TYPE, payload))
    return {
        "payloadType": PAYLOAD_TYPE,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [{"keyid": "", "sig": base64.b64encode(signature).decode()}],
    }


ED25519 = ed25519.Ed25519PrivateKey.generate()
PRIVATE_KEYS = [ED25519, ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP384R1())]


@pytest.mark.parametrize("private", PRIVATE_KEYS, ids=["ed25519", "p256", "p384"])
def test_a_statement_signed_by_a_registered_key_is_trusted_as_signed(service, olga, private):
    key = register(private)
    pipeline = make_pipeline(service, olga, keys=[key])
    response = pipeline.push(format="in-toto", report=envelope(private))
    assert response.status_code == 201, response.json()
    record = ObservationRecord.objects.get()
    assert (record.trust, record.facts["passed"], record.facts["commit"]) == ("signed", 2, COMMIT)
    assert PushedReport.objects.get().signing_key == key


STRANGER = ed25519.Ed25519PrivateKey.generate()
UNSIGNED = "This token pushes only signed statements"
INVALID = "holds no valid signature of release"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, UNSIGNED),
        ({"format": "in-toto", "report": STATEMENT}, UNSIGNED),
        ({"format": "in-toto", "report": envelope(STRANGER)}, INVALID),
        ({"format": "in-toto", "report": envelope(ED25519) | {"signatures": []}}, INVALID),
        ({"format": "in-toto", "report": envelope(ED25519, signature=b"short")}, INVALID),
        (
            {"format": "in-toto", "report": envelope(ED25519) | {"payload": envelope(ED25519, {"x": 1})["payload"]}},
            INVALID,
        ),
        ({"format": "in-toto", "report": envelope(ED25519) | {"signatures": [{"sig": "ü"}]}}, "signatures must be"),
    ],
)
def test_what_none_of_its_keys_signed_is_refused(service, olga, fields, message):
    pipeline = make_pipeline(service, olga, keys=[register(ED25519)])
    response = pipeline.push(**fields)
    assert response.status_code == 400
    assert message in response.json()["detail"]
    assert not ObservationRecord.objects.exists()


def test_a_revoked_key_counts_no_more(service, olga):
    key = register(ED25519)
    pipeline = make_pipeline(service, olga, keys=[key])
    SigningKey.objects.update(revoked_at=now())
    assert INVALID in pipeline.push(format="in-toto", report=envelope(ED25519)).json()["detail"]


def test_without_keys_an_envelope_is_taken_as_it_is_and_trusted_as_pushed(pipeline):
    assert pipeline.push(format="in-toto", report=envelope(STRANGER)).status_code == 201
    assert ObservationRecord.objects.get().trust == "pushed"


def test_a_statement_about_another_commit_than_was_said_is_refused(pipeline):
    response = pipeline.push(format="in-toto", report=STATEMENT, subject={"commit": "f" * 40})
    assert response.status_code == 400
    assert f"the report is about commit@{COMMIT}" in response.json()["detail"]


def test_an_old_verification_cannot_be_sent_as_a_new_one(service, olga):
    pipeline = make_pipeline(service, olga, verifiers=["ci.verification"])
    seen_at = now().isoformat()
    predicate = {"verifier": {"id": "https://example.org/v1"}, "timeCreated": seen_at, "properties": ["A"]}
    kind = "https://in-toto.io/attestation/svr/v0.1"
    sent = {
        "verifier": "ci.verification",
        "format": "in-toto",
        "report": STATEMENT | {"predicateType": kind, "predicate": predicate},
    }
    response = pipeline.push(**sent)
    assert response.json()["detail"] == "observed_at must be the timeCreated of the statement."
    assert pipeline.push(**sent, observed_at=seen_at).status_code == 201


def test_an_old_signed_statement_cannot_be_sent_as_a_new_one(service, olga):
    pipeline = make_pipeline(service, olga, keys=[register(ED25519)])
    signed, first = envelope(ED25519), (now() - timedelta(days=3)).isoformat()
    wrapped_anew = signed | {"signatures": [{"keyid": "another", "sig": signed["signatures"][0]["sig"]}]}
    assert pipeline.push(format="in-toto", report=signed, observed_at=first).status_code == 201
    for fields in ({}, {"observed_at": first, "parameters": {"suite": "other"}}):
        response = pipeline.push(format="in-toto", report=wrapped_anew, **fields)
        assert response.status_code == 409
        assert "taken before, as another observation" in response.json()["detail"]
    assert pipeline.push(format="in-toto", report=wrapped_anew, observed_at=first).status_code == 201
    assert ObservationRecord.objects.count() == 1


def test_no_envelope_makes_the_server_check_signatures_without_end(service, olga):
    pipeline = make_pipeline(service, olga, keys=[register(ED25519)])
    crowded = envelope(ED25519) | {"signatures": envelope(STRANGER)["signatures"] * 21}
    response = pipeline.push(format="in-toto", report=crowded)
    assert (response.status_code, response.json()["detail"]) == (400, "signatures must be 20 at most.")


@pytest.mark.parametrize(
    ("pem", "message"),
    [
        ("hello", "no public key in PEM"),
        (pem_of(rsa.generate_private_key(65537, 2048)), "neither Ed25519 nor ECDSA"),
    ],
)
def test_only_keys_that_can_be_checked_are_registered(db, pem, message):
    with pytest.raises(ValidationError, match=message):
        SigningKey(name="x", pem=pem).full_clean()
