"""Which code runs: what other code left behind is made anew."""

import hashlib
from functools import lru_cache
from pathlib import Path

_PROJECT = Path(__file__).resolve().parents[2]
_FILES = (("apps", "*.py"), ("config", "*.py"), ("templates", "*.html"), ("requirements", "*.txt"))


@lru_cache
def code_digest() -> str:
    """The digest of the installed code and templates, and of the versions of what they are built on."""
    files = sorted(file for folder, pattern in _FILES for file in (_PROJECT / folder).rglob(pattern))
    return hashlib.sha256(b"".join(hashlib.sha256(file.read_bytes()).digest() for file in files)).hexdigest()
