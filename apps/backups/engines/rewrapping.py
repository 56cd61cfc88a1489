"""Encrypts a stored backup anew, to other keys: what is inside stays as it is, byte for byte."""

import io
import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO

from apps.backups.exceptions import ArtefactDiffers
from apps.common.postgresql.throwaway import throwaway_folder

from . import artefact, encryption
from .artefact import Companion, Written
from .backup import publish_manifest
from .copying import read_back
from .manifest import Manifest
from .reading import fetch_artefact, fetch_manifest
from .storage import Storage, parts_of
from .streams import CHUNK_BYTES, HashingReader, HashingWriter


def rewrap_backup(
    *,
    source: Storage,
    targets: Sequence[Storage],
    old_key: str,
    new_key: str,
    manifest_sha256: str,
    identities: Sequence[str],
    recipients: Sequence[str],
) -> Manifest:
    """Store the backup under the new key in every target, manifest last, and read it back. The old one stays.

    Raises Stopped, KeyMissing, ArtefactUnreadable and StorageFailed; then the new key holds no backup.
    """
    with throwaway_folder() as folder:
        old = fetch_manifest(source, old_key, folder, manifest_sha256)
        stored = fetch_artefact(source, old_key, folder, old)
        with _writing(targets, f"{new_key}/{artefact.name_for(recipients)}") as files:
            written = _rewrap_artefact(stored, old.artefact, files, identities, recipients)
        parts = next((tuple(found) for file in files if (found := parts_of(file))), ())
        companions = [
            _rewrap_companion(one, source, targets, old, old_key, new_key, folder, identities, recipients)
            for one in old.companions
        ]
        new = replace(old, artefact=replace(written, parts=parts), companions=tuple(companions))
        for target in targets:
            publish_manifest(new, storage=target, prefix=new_key)
            read_back(prefix=new_key, storage=target, folder=folder, sha256s=new.object_sha256s)
    return new


def _rewrap_artefact(
    stored: Path, old: Written, files: Sequence[IO[bytes]], identities: Sequence[str], recipients: Sequence[str]
) -> Written:
    target = HashingWriter(_Tee(files))
    with _decrypted(stored, old, identities) as compressed:
        if recipients:
            encryption.encrypt(compressed, target, recipients)
        else:
            shutil.copyfileobj(compressed, target, CHUNK_BYTES)
    return replace(
        old,
        size_bytes=target.size_bytes,
        sha256=target.sha256,
        recipients=tuple(recipients),
        name=artefact.name_for(recipients),
    )


def _rewrap_companion(
    one: Companion,
    source: Storage,
    targets: Sequence[Storage],
    old: Manifest,
    old_key: str,
    new_key: str,
    folder: Path,
    identities: Sequence[str],
    recipients: Sequence[str],
) -> Companion:
    content = source.fetch(f"{old_key}/{one.name}", folder).read_bytes()
    name = one.name
    if old.artefact.recipients:
        plain = io.BytesIO()
        encryption.decrypt(io.BytesIO(content), plain, identities)
        content, name = plain.getvalue(), name.removesuffix(artefact.ENCRYPTED_SUFFIX)
    with _writing(targets, f"{new_key}/{artefact.name_for(recipients, name)}") as files:
        return artefact.store_companion(name, content, _Tee(files), recipients=recipients)


@contextmanager
def _decrypted(stored: Path, expected: Written, identities: Sequence[str]) -> Iterator[IO[bytes]]:
    """The compressed bytes, decrypted by a thread while they are read: nothing decrypted touches a disk.

    Leaving the block raises unless every byte was the one that was stored.
    """
    reading, writing = os.pipe()
    with ThreadPoolExecutor(max_workers=1) as pool, os.fdopen(reading, "rb") as stream:
        decrypting = pool.submit(_decrypt_into, writing, stored, expected, identities)
        try:
            yield stream
        finally:
            stream.close()  # a thread that still writes ends with this
        decrypting.result()


def _decrypt_into(descriptor: int, stored: Path, expected: Written, identities: Sequence[str]) -> None:
    with os.fdopen(descriptor, "wb") as pipe, stored.open("rb") as file:
        reader = HashingReader(file)
        if expected.recipients:
            encryption.decrypt(reader, pipe, identities)
        else:
            shutil.copyfileobj(reader, pipe, CHUNK_BYTES)
        reader.drain()
        if reader.sha256 != expected.sha256:
            raise ArtefactDiffers("The SHA-256 of the artefact is not that of the bytes that were stored.")


@contextmanager
def _writing(targets: Sequence[Storage], key: str) -> Iterator[list[IO[bytes]]]:
    """A writer into each target; the object is published in all of them, unless the block raises."""
    with ExitStack() as stack:
        yield [stack.enter_context(target.write(key)) for target in targets]


class _Tee:
    """Writes into several files."""

    def __init__(self, files: Sequence[IO[bytes]]) -> None:
        self._files = files

    def write(self, data: bytes) -> int:
        for file in self._files:
            file.write(data)
        return len(data)
