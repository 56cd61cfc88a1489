"""Copies a whole backup from one storage into another, its manifest last."""

import hashlib
from collections.abc import Collection
from pathlib import Path
from typing import IO

from apps.backups.exceptions import ObjectMissing, StorageFailed

from .manifest import MANIFEST_NAME
from .storage import Storage

CHUNK_BYTES = 1 << 20


def copy_backup(*, prefix: str, source: Storage, target: Storage, folder: Path, sha256s: Collection[str]) -> None:
    """Copy everything under the prefix: the objects with these SHA-256, and no others.

    Bytes that are not as expected are never published in the target. Raises StorageFailed.
    """
    keys = sorted((found.key for found in source.objects(f"{prefix}/")), key=_manifest_last)
    if len(keys) < len(sha256s):
        raise ObjectMissing(f"The backup {prefix} is not whole in {source}, so it could not be copied from there.")
    for key in keys:
        _copy_object(key, source, target, folder, sha256s)


def read_back(*, prefix: str, storage: Storage, folder: Path, sha256s: Collection[str]) -> None:
    """Read every byte of a backup that was just stored. Raises StorageFailed when it is not what was sent."""
    for found in storage.objects(f"{prefix}/"):
        path = storage.fetch(found.key, folder)
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        _forget(path, folder)
        if sha256 not in sha256s:
            raise StorageFailed(f"{found.key} was read back from {storage} and is not what was stored there.")


def _copy_object(key: str, source: Storage, target: Storage, folder: Path, sha256s: Collection[str]) -> None:
    path = source.fetch(key, folder)
    with path.open("rb") as file, target.write(key, once=_is_manifest(key)) as copy:
        sha256 = _pass_on(file, copy)
        if sha256 not in sha256s:
            raise StorageFailed(f"{key} in {source} is not what the backup wrote, so it was not copied.")
    _forget(path, folder)


def _pass_on(source: IO[bytes], target: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := source.read(CHUNK_BYTES):
        digest.update(chunk)
        target.write(chunk)
    return digest.hexdigest()


def _manifest_last(key: str) -> tuple[bool, str]:
    return _is_manifest(key), key


def _is_manifest(key: str) -> bool:
    return key.endswith(f"/{MANIFEST_NAME}")


def _forget(path: Path, folder: Path) -> None:
    """A folder's objects are read in place; of a bucket's, what was fetched is not needed any more."""
    if path.is_relative_to(folder):
        path.unlink()
