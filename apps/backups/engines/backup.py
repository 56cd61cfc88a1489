"""Takes one backup: the source's stream compressed and encrypted into the storage, the manifest last."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import IO

from . import artefact
from .artefact import Companion, Written
from .contract import Source
from .manifest import MANIFEST_NAME, Manifest
from .stages import Stages
from .storage import Storage, parts_of


def take_backup(
    *,
    source: Source,
    storage: Storage,
    prefix: str,
    recipients: Sequence[str] = (),
    before_publishing: Callable[[], None] = lambda: None,
) -> Manifest:
    """Store the source under the prefix. There is a backup only once the manifest is there, and it comes last.

    `before_publishing` may raise to keep a finished dump from becoming a backup.
    """
    stages, stored = Stages(), list[Written]()
    with storage.write(f"{prefix}/{artefact.name_for(recipients)}") as file:  # published when the source ended well

        def store(stream: IO[bytes]) -> None:
            stored.append(artefact.pack(stream, file, recipients=recipients))

        taken = source.read(store, stages)
    companions = _store_companions(taken.companions, storage, prefix, recipients)
    manifest = Manifest(
        engine=source.engine,
        database=source.name,
        snapshot_at=taken.snapshot_at.astimezone(UTC),
        finished_at=datetime.now(UTC),
        artefact=replace(stored[0], parts=tuple(parts_of(file))),
        summary=taken.summary,
        fingerprint=taken.fingerprint,
        tool_version=taken.tool_version,
        stages=dict(stages.seconds),
        extras=taken.extras,
        companions=companions,
        warnings=list(taken.warnings),
    )
    before_publishing()
    publish_manifest(manifest, storage=storage, prefix=prefix)
    return manifest


def _store_companions(
    contents: Mapping[str, bytes], storage: Storage, prefix: str, recipients: Sequence[str]
) -> tuple[Companion, ...]:
    stored = []
    for name, content in contents.items():
        with storage.write(f"{prefix}/{artefact.name_for(recipients, name)}") as file:
            stored.append(artefact.store_companion(name, content, file, recipients=recipients))
    return tuple(stored)


def publish_manifest(manifest: Manifest, *, storage: Storage, prefix: str) -> None:
    """Make the stored artefact a backup."""
    with storage.write(f"{prefix}/{MANIFEST_NAME}", once=True) as file:
        file.write(manifest.as_bytes())
