"""Which code computes: derived rows that other code left behind are computed anew."""

import hashlib
import json
from functools import lru_cache
from pathlib import Path

from apps.evidence.register import all_verifiers

_APPS = Path(__file__).resolve().parents[2]


def origin() -> str:
    """The digest of the installed code and of what its verifiers ask, those of plug-ins included."""
    rules = [
        [each.key, each.version, each.title, each.default_rule, str(each.default_ttl), str(each.longest_ttl)]
        for each in all_verifiers()
    ]
    return hashlib.sha256(f"{_digest_of_code()}{json.dumps(rules, sort_keys=True)}".encode()).hexdigest()


@lru_cache
def _digest_of_code() -> str:
    files = sorted(_APPS.rglob("*.py"))
    return hashlib.sha256(b"".join(hashlib.sha256(file.read_bytes()).digest() for file in files)).hexdigest()
