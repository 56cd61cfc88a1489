"""Which code runs: what other code left behind is made anew."""

import hashlib
from functools import lru_cache
from pathlib import Path

_PROJECT = Path(__file__).resolve().parents[2]


@lru_cache
def code_digest() -> str:
    """The digest of the installed code and templates."""
    files = sorted([*(_PROJECT / "apps").rglob("*.py"), *(_PROJECT / "templates").rglob("*.html")])
    return hashlib.sha256(b"".join(hashlib.sha256(file.read_bytes()).digest() for file in files)).hexdigest()
