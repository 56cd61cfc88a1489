"""Which code computes: derived rows that other code left behind are computed anew."""

import hashlib
import json

from apps.common.code_digest import code_digest
from apps.evidence.register import all_verifiers


def origin() -> str:
    """The digest of the installed code and of what its verifiers ask, those of plug-ins included."""
    rules = [
        [each.key, each.version, each.title, each.default_rule, str(each.default_ttl), str(each.longest_ttl)]
        for each in all_verifiers()
    ]
    return hashlib.sha256(f"{code_digest()}{json.dumps(rules, sort_keys=True)}".encode()).hexdigest()
