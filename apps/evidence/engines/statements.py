"""Observations as in-toto Statements, version 1, and the envelopes that sign them."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from apps.evidence.engines.envelopes import PAYLOAD_TYPE, signed_message
from apps.evidence.exceptions import SigningKeyUnusable

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:seaworthy:observation:v1"
_EXACT = re.compile(r"(?P<name>.*)@(?:(?P<algorithm>[A-Za-z0-9]+):)?(?P<digest>[0-9a-fA-F]{7,128})")


def make_statement(*, name: str, predicate: Mapping[str, Any]) -> dict[str, Any]:
    """The statement of an observation. Without a digest of what it is about, its subject is what was seen itself."""
    return {
        "_type": STATEMENT_TYPE,
        "subject": [_subject(name, predicate)],
        "predicateType": PREDICATE_TYPE,
        "predicate": dict(predicate),
    }


def sign_statement(statement: Mapping[str, Any], pem: str) -> dict[str, Any]:
    """The statement in a DSSE envelope, signed with an Ed25519 key. Raises SigningKeyUnusable."""
    key = _read_private_key(pem)
    payload = json.dumps(statement, sort_keys=True).encode()
    signature = key.sign(signed_message(PAYLOAD_TYPE, payload))
    return {
        "payloadType": PAYLOAD_TYPE,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [{"keyid": _key_id(key), "sig": base64.b64encode(signature).decode()}],
    }


def _subject(name: str, predicate: Mapping[str, Any]) -> dict[str, Any]:
    exact = _EXACT.fullmatch(name)
    if exact:
        return {"name": exact["name"], "digest": {exact["algorithm"] or "gitCommit": exact["digest"]}}
    seen = {part: predicate[part] for part in ("parameters", "facts", "error")}
    return {"name": name, "digest": {"sha256": hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()}}


def _read_private_key(pem: str) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SigningKeyUnusable("EVIDENCE_SIGNING_KEY is no private key in PEM without a password.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningKeyUnusable("EVIDENCE_SIGNING_KEY is not an Ed25519 key.")
    return key


def _key_id(key: Ed25519PrivateKey) -> str:
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(public).hexdigest()
