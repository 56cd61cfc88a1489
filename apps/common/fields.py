"""Model fields whose values are encrypted in the database."""

import base64
import hashlib
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

from apps.common.exceptions import OperationError

_PREFIX = "v1:"


class UnreadableSecret(OperationError):
    """A stored value was encrypted with a key that FIELD_ENCRYPTION_KEYS no longer holds."""


def key_ring() -> MultiFernet:
    """The keys of FIELD_ENCRYPTION_KEYS: the first encrypts, all decrypt."""
    keys = [base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest()) for key in settings.FIELD_ENCRYPTION_KEYS]
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(text: str) -> str:
    """The text, sealed with the first key."""
    return _PREFIX + key_ring().encrypt(text.encode()).decode()


def decrypt(sealed: str) -> str:
    """The text that was sealed. Raises UnreadableSecret when no key opens it."""
    try:
        return key_ring().decrypt(sealed.removeprefix(_PREFIX).encode()).decode()
    except InvalidToken as error:
        raise UnreadableSecret(
            "A stored secret cannot be decrypted: add the key it was encrypted with to FIELD_ENCRYPTION_KEYS."
        ) from error


class EncryptedTextField(models.TextField):
    """Text that is encrypted at rest. It cannot be searched, and an empty text stays empty."""

    def from_db_value(self, value: str | None, *args: Any) -> str | None:
        return decrypt(value) if value else value

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return encrypt(value) if value else value
