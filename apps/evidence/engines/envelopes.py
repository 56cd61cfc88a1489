"""DSSE envelopes: what was signed, and the signatures over it."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any

from apps.evidence.engines.reading import read_json, refuse, require_list, require_object
from apps.evidence.engines.signatures import PublicKey, is_signed_by

PAYLOAD_TYPE = "application/vnd.in-toto+json"
_MOST_SIGNATURES = 20  # each is checked with each key of the token


@dataclass(frozen=True)
class Envelope:
    """A payload and its signatures. Nothing is believed before `is_signed_by` says so."""

    payload: bytes
    payload_type: str
    signatures: tuple[bytes, ...]

    def is_signed_by(self, key: PublicKey) -> bool:
        """Whether any of the signatures was made with the private half of the key."""
        message = signed_message(self.payload_type, self.payload)
        return any(is_signed_by(key, signature, message) for signature in self.signatures)


def open_envelope(report: bytes) -> Envelope | None:
    """The envelope; None for a report that is none. Raises EvidenceRefused."""
    value = read_json(report)
    if not isinstance(value, dict) or "payloadType" not in value:
        return None
    if value["payloadType"] != PAYLOAD_TYPE:
        refuse("payloadType", f"must be {PAYLOAD_TYPE}")
    given = require_list(value.get("signatures"), "signatures")
    if len(given) > _MOST_SIGNATURES:
        refuse("signatures", f"must be {_MOST_SIGNATURES} at most")
    signatures = [require_object(each, "signatures").get("sig") for each in given]
    return Envelope(
        payload=_decode(value.get("payload"), "payload"),
        payload_type=PAYLOAD_TYPE,
        signatures=tuple(_decode(signature, "signatures") for signature in signatures),
    )


def signed_message(payload_type: str, payload: bytes) -> bytes:
    """What a signature of an envelope is made over."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def _decode(text: Any, name: str) -> bytes:
    if not isinstance(text, str):
        refuse(name, "must be a text in Base64")
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        refuse(name, "must be a text in Base64")
