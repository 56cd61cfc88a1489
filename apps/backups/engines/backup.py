"""Takes one backup: dump and fingerprint in one snapshot, compressed into the storage, manifest last."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from . import artefact
from .manifest import ARTEFACT_NAME, MANIFEST_NAME, Manifest
from .postgresql.address import Address
from .postgresql.dump import Snapshot, dumping, fingerprinting, open_snapshot
from .postgresql.fingerprint import Fingerprint, pair_positions, read_sequence_positions
from .stages import TIMEOUT_SECONDS, Stages
from .storage import Storage


def take_backup(
    *,
    address: Address,
    storage: Storage,
    prefix: str,
    before_publishing: Callable[[], None] = lambda: None,
) -> Manifest:
    """Store the database under the prefix. There is a backup only once the manifest is there, and it comes last.

    `before_publishing` may raise to keep a finished dump from becoming a backup.
    """
    stages = Stages()
    with open_snapshot(address) as snapshot:
        written, fingerprint = _store_dump(
            address=address,
            snapshot=snapshot,
            storage=storage,
            key=f"{prefix}/{ARTEFACT_NAME}",
            stages=stages,
        )
    manifest = Manifest(
        database=address.database,
        snapshot_at=snapshot.taken_at.astimezone(UTC),
        finished_at=datetime.now(UTC),
        artefact=written,
        fingerprint=fingerprint,
        roles=snapshot.roles,
        dump_version=snapshot.installation.version,
        stages=dict(stages.seconds),
    )
    before_publishing()
    publish_manifest(manifest, storage=storage, prefix=prefix)
    return manifest


def publish_manifest(manifest: Manifest, *, storage: Storage, prefix: str) -> None:
    """Make the stored dump a backup."""
    with storage.write(f"{prefix}/{MANIFEST_NAME}") as file:
        file.write(manifest.as_bytes())


def _store_dump(
    *, address: Address, snapshot: Snapshot, storage: Storage, key: str, stages: Stages
) -> tuple[artefact.Written, Fingerprint]:
    """Dump and fingerprint at the same time: both import the snapshot, and the tool leaves a core idle."""
    before = read_sequence_positions(snapshot.connection)
    with fingerprinting(snapshot) as future:
        with (
            stages.measure("dump"),
            storage.write(key) as file,
            dumping(address, snapshot, timeout_seconds=TIMEOUT_SECONDS) as source,
        ):
            written = artefact.compress(source, file)
        with stages.measure("fingerprint"):  # what of it took longer than the dump
            fingerprint = future.result()
    after = read_sequence_positions(snapshot.connection)
    return written, replace(fingerprint, sequences=pair_positions(before, after))
