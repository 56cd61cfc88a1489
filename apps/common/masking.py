"""Hiding secrets in what people and logs get to see."""

import re

MASK = "********"
_PASSWORD_IN_URL = re.compile(r"(?<=://)([^\s:/@]*):[^\s@]+@")


def mask_passwords(text: str) -> str:
    """The text without the passwords of the addresses in it."""
    return _PASSWORD_IN_URL.sub(rf"\1:{MASK}@", text)
