"""All verifiers, by key. `<app>/verifiers.py` modules are found at start-up, as admin modules are."""

from collections.abc import Iterator

from apps.common.exceptions import Kind, OperationError
from apps.evidence.contract import Verifier

_verifiers: dict[str, Verifier] = {}


class UnknownVerifier(OperationError):
    """No app registered a verifier of that key."""

    kind = Kind.INVALID


def register(verifier: Verifier) -> Verifier:
    """Make the verifier known. Two of one key are a mistake of the code."""
    if verifier.key in _verifiers:
        raise ValueError(f"Two verifiers have the key {verifier.key}.")
    _verifiers[verifier.key] = verifier
    return verifier


def find_verifier(key: str) -> Verifier:
    """The verifier of that key. Raises UnknownVerifier."""
    try:
        return _verifiers[key]
    except KeyError:
        raise UnknownVerifier(f"There is no verifier {key!r}. There are: {', '.join(sorted(_verifiers))}.") from None


def trust_of(key: str) -> str:
    """How the verifier's facts come to be; nothing for one that is not known any more."""
    return _verifiers[key].trust if key in _verifiers else ""


def all_verifiers() -> Iterator[Verifier]:
    """Every verifier, by key."""
    yield from (verifier for _, verifier in sorted(_verifiers.items()))
