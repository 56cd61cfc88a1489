"""What every drill begins with, and how it ends when this machine stands in its way."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg

from apps.backups.exceptions import (
    ArtefactDiffers,
    ArtefactTruncated,
    ArtefactUnreadable,
    KeyMissing,
    ManifestUnreadable,
    ObjectMissing,
    StorageFailed,
    ToolAbsent,
    ToolRefused,
    ToolTooOld,
)
from apps.common.exceptions import OperationError
from apps.common.postgresql.binaries import PostgreSQLMissing
from apps.common.postgresql.server import ServerFailed

from . import artefact, encryption, findings
from .artefact import Companion
from .manifest import MANIFEST_NAME, Manifest, read_manifest
from .report import Stopped, left_open, refuted
from .stages import Stages
from .storage import Storage


def fetch_manifest(storage: Storage, prefix: str, folder: Path, sha256: str | None) -> Manifest:
    """The manifest under the prefix, if it is the one that was recorded. Raises Stopped."""
    with translated():
        try:
            path = storage.fetch(f"{prefix}/{MANIFEST_NAME}", folder)
            if sha256 is not None and hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
                raise refuted(findings.MANIFEST_DIFFERS, "The manifest is not the one that was written by the backup.")
            return read_manifest(path)
        except ObjectMissing as error:
            raise refuted(findings.MANIFEST_MISSING, f"The backup has no manifest: {error.message}.") from error
        except ManifestUnreadable as error:
            raise refuted(findings.MANIFEST_UNREADABLE, f"The manifest cannot be read: {error.message}.") from error


def fetch_artefact(storage: Storage, prefix: str, folder: Path, manifest: Manifest) -> Path:
    """What is stored under the artefact's name. Raises Stopped."""
    with translated():
        try:
            return storage.fetch(f"{prefix}/{manifest.artefact.name}", folder)
        except ObjectMissing as error:
            raise refuted(findings.ARTEFACT_MISSING, f"The artefact is gone: {error.message}.") from error


def fetch_companions(storage: Storage, prefix: str, folder: Path, manifest: Manifest) -> dict[str, Path]:
    """What lies beside the artefact, by the names under which it was stored, as it was stored. Raises Stopped."""
    return {companion.name: _fetch_companion(storage, prefix, folder, companion) for companion in manifest.companions}


def _fetch_companion(storage: Storage, prefix: str, folder: Path, companion: Companion) -> Path:
    with translated():
        try:
            path = storage.fetch(f"{prefix}/{companion.name}", folder)
        except ObjectMissing as error:
            raise refuted(findings.ARTEFACT_MISSING, f"{companion.name} is gone: {error.message}.") from error
    if (size_bytes := path.stat().st_size) < companion.size_bytes:
        message = f"{companion.name} has {size_bytes} bytes; {companion.size_bytes} were stored."
        raise refuted(findings.ARTEFACT_TRUNCATED, message)
    if artefact.hash_file(path) != companion.sha256:
        message = f"The SHA-256 of {companion.name} is not that of the bytes that were stored."
        raise refuted(findings.ARTEFACT_CHECKSUM_DIFFERS, message)
    return path


def unpack_companions(
    stored: Mapping[str, Path], folder: Path, manifest: Manifest, *, identities: Sequence[str]
) -> None:
    """Decrypt each into the folder, under the name that it has for people. Raises Stopped."""
    recipients = manifest.artefact.recipients
    for name, path in stored.items():
        try:
            content = artefact.read_companion(path, recipients, identities)
        except ArtefactUnreadable as error:
            raise refuted(findings.ARTEFACT_UNREADABLE, f"{name} cannot be decrypted: {error.message}") from error
        except KeyMissing as error:
            raise _key_missing(manifest, identities) from error
        (folder / Path(name).name.removesuffix(artefact.ENCRYPTED_SUFFIX)).write_bytes(content)


def unpack_artefact(
    stored: Path, target: Path, manifest: Manifest, *, identities: Sequence[str], stages: Stages
) -> None:
    """Check, decrypt and decompress the artefact. Raises Stopped."""
    try:
        artefact.unpack(stored, target, manifest.artefact, identities=identities, stages=stages)
    except ArtefactTruncated as error:
        raise refuted(findings.ARTEFACT_TRUNCATED, error.message) from error
    except ArtefactDiffers as error:
        raise refuted(findings.ARTEFACT_CHECKSUM_DIFFERS, error.message) from error
    except ArtefactUnreadable as error:
        raise refuted(findings.ARTEFACT_UNREADABLE, error.message) from error
    except KeyMissing as error:
        raise _key_missing(manifest, identities) from error


def _key_missing(manifest: Manifest, identities: Sequence[str]) -> Stopped:
    """The bytes are those that were stored: either the right identity is not at hand, or they were wrong at once."""
    held = {encryption.public_key_of(identity) for identity in identities}
    recipients = manifest.artefact.recipients
    if claimed := held.intersection(recipients):
        message = f"The artefact cannot be decrypted by {', '.join(claimed)}, which its manifest says it can."
        return refuted(findings.ARTEFACT_UNREADABLE, message)
    tried = ", ".join(sorted(held)) or "no identity at all"
    message = f"No key to decrypt it: the backup is encrypted to {', '.join(recipients)}, and tried was {tried}."
    return left_open(findings.KEY_MISSING, message)


@contextmanager
def translated() -> Iterator[None]:
    """Whatever this machine could not do leaves the backup neither proven nor refuted."""
    reasons = {
        PostgreSQLMissing: findings.SERVER_MISSING,
        ServerFailed: findings.SERVER_FAILED,
        StorageFailed: findings.STORAGE_UNREADABLE,
        ToolRefused: findings.STORAGE_UNREADABLE,
        ToolAbsent: findings.TOOL_MISSING,
        ToolTooOld: findings.TOOL_MISSING,
    }
    try:
        yield
    except OperationError as error:
        reason = reasons.get(type(error), findings.DRILL_BROKEN)
        raise left_open(reason, error.message) from error
    except (psycopg.Error, OSError) as error:
        words = " ".join(str(error).split())
        raise left_open(findings.DRILL_BROKEN, f"The drill broke: {words}") from error
