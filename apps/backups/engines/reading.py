"""What every drill begins with, and how it ends when this machine stands in its way."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from apps.backups.exceptions import ManifestUnreadable, ObjectMissing, StorageFailed
from apps.common.exceptions import OperationError
from apps.common.postgresql.binaries import PostgreSQLMissing
from apps.common.postgresql.server import ServerFailed

from . import findings
from .manifest import MANIFEST_NAME, Manifest, read_manifest
from .report import left_open, refuted
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


@contextmanager
def translated() -> Iterator[None]:
    """Whatever this machine could not do leaves the backup neither proven nor refuted."""
    reasons = {
        PostgreSQLMissing: findings.SERVER_MISSING,
        ServerFailed: findings.SERVER_FAILED,
        StorageFailed: findings.STORAGE_UNREADABLE,
    }
    try:
        yield
    except OperationError as error:
        reason = reasons.get(type(error), findings.DRILL_BROKEN)
        raise left_open(reason, error.message) from error
    except (psycopg.Error, OSError) as error:
        words = " ".join(str(error).split())
        raise left_open(findings.DRILL_BROKEN, f"The drill broke: {words}") from error
