"""Public keys, and whether one of them signed something."""

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from apps.evidence.exceptions import EvidenceRefused

PublicKey = Ed25519PublicKey | EllipticCurvePublicKey


def read_public_key(pem: str) -> PublicKey:
    """The key of a PEM text. Raises EvidenceRefused for anything but Ed25519 and ECDSA."""
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise EvidenceRefused("That is no public key in PEM: it begins with -----BEGIN PUBLIC KEY-----.") from error
    if not isinstance(key, Ed25519PublicKey | EllipticCurvePublicKey):
        raise EvidenceRefused("The key is neither Ed25519 nor ECDSA.")
    return key


def is_signed_by(key: PublicKey, signature: bytes, message: bytes) -> bool:
    """Whether the signature over the message was made with the private half of the key."""
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(signature, message)
        else:
            key.verify(signature, message, ECDSA(_hash_of(key)))
    except InvalidSignature:
        return False
    return True


def _hash_of(key: EllipticCurvePublicKey) -> HashAlgorithm:
    return SHA512() if key.curve.key_size > 384 else SHA384() if key.curve.key_size > 256 else SHA256()
