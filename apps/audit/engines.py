"""The chain of digests, as a pure function."""

import hashlib
import hmac
import json
from collections.abc import Mapping

FIRST_DIGEST = "0" * 64


def chain_digest(key: str, previous_digest: str, content: Mapping[str, object]) -> str:
    """The digest of a row and the one before. It is keyed: who can write the table cannot forge the chain."""
    text = previous_digest + json.dumps(content, sort_keys=True, separators=(",", ":"), default=str)
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
