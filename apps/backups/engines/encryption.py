"""age: encrypts a stream to public keys and decrypts it with identities, in constant memory."""

from collections.abc import Callable, Sequence
from typing import Any

import pyrage
from pyrage import x25519

from apps.backups.exceptions import ArtefactUnreadable, IdentityInvalid, KeyMissing, RecipientInvalid

from .streams import Readable, Writable

IDENTITY_PREFIX = "AGE-SECRET-KEY-1"


def make_identity() -> str:
    """A new secret key. Whoever has it reads what is encrypted to its public key."""
    return str(x25519.Identity.generate())


def public_key_of(identity: str) -> str:
    """The public key that belongs to an identity. Raises IdentityInvalid, without repeating it."""
    return str(_identity(identity).to_public())


def read_identities(text: str) -> list[str]:
    """The identities in the text of an identity file as age-keygen writes it. Raises IdentityInvalid."""
    lines = [line.strip() for line in text.splitlines()]
    identities = [line for line in lines if line and not line.startswith("#")]
    if not identities:
        raise IdentityInvalid("There is no identity in it. An identity file has a line AGE-SECRET-KEY-1….")
    for identity in identities:
        public_key_of(identity)
    return identities


def check_public_key(public_key: str) -> None:
    """Refuse what nothing can be encrypted to. Raises RecipientInvalid."""
    _recipient(public_key)


def encrypt(source: Readable, target: Writable, recipients: Sequence[str]) -> None:
    """Encrypt everything from the source into the target; any one of the recipients can decrypt it."""
    relay = _Relay(source, target)
    with relay:
        pyrage.encrypt_io(relay, relay, [_recipient(one) for one in recipients])


def decrypt(source: Readable, target: Writable, identities: Sequence[str]) -> None:
    """Decrypt everything from the source into the target. Raises KeyMissing, or ArtefactUnreadable for changed bytes.

    What was written before it raises is authentic, but not all.
    """
    relay = _Relay(source, target)
    try:
        with relay:
            pyrage.decrypt_io(relay, relay, [_identity(one) for one in identities])
    except pyrage.DecryptError as error:
        raise _explained(error) from error
    except OSError as error:
        if error is relay.error:
            raise
        raise ArtefactUnreadable(f"The artefact cannot be decrypted: {error}") from error


class _Relay:
    """Stands between age and the files, and remembers what went wrong in them: age would call it its own error."""

    def __init__(self, source: Readable, target: Writable) -> None:
        self.error: BaseException | None = None
        self._source, self._target = source, target

    def read(self, size: int) -> bytes:
        return self._remembering(lambda: self._source.read(size))

    def write(self, data: bytes) -> int:
        self._remembering(lambda: self._target.write(data))
        return len(data)

    def flush(self) -> None:
        """age asks for it; whoever owns the target flushes it."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        if self.error is not None and error is not self.error:
            raise self.error

    def _remembering(self, work: Callable[[], Any]) -> Any:
        try:
            return work()
        except BaseException as error:
            self.error = error
            raise


def _explained(error: Exception) -> ArtefactUnreadable | KeyMissing:
    if "No matching keys" in str(error):
        return KeyMissing("None of the identities at hand decrypts the artefact.")
    return ArtefactUnreadable(f"The artefact cannot be decrypted: {error}")


def _identity(text: str) -> x25519.Identity:
    try:
        return x25519.Identity.from_str(text)
    except pyrage.IdentityError as error:
        raise IdentityInvalid(f"It is not an age identity: one starts with {IDENTITY_PREFIX}.") from error


def _recipient(public_key: str) -> x25519.Recipient:
    try:
        return x25519.Recipient.from_str(public_key)
    except pyrage.RecipientError as error:
        raise RecipientInvalid(f"{public_key} is not an age public key: one starts with age1.") from error
