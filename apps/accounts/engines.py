"""Making and digesting API tokens."""

import hashlib
import secrets

PREFIX = "sw_"


def make_token() -> str:
    """A new token: a prefix that scanners for leaked secrets can look for, and 32 random bytes."""
    return PREFIX + secrets.token_urlsafe(32)


def digest_token(token: str) -> str:
    """What is stored of a token. The token is random, so a fast digest is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
