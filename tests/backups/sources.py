"""Doctored copies of backups of any engine: the artefact is changed, and its manifest vouches for it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from apps.backups.engines.artefact import ARTEFACT_NAME, pack, unpack
from apps.backups.engines.backup import publish_manifest
from apps.backups.engines.drill import run_drill
from apps.backups.engines.manifest import MANIFEST_NAME, Manifest, read_manifest
from apps.backups.engines.report import DrillReport
from apps.backups.engines.storage import LocalStorage


def drill_of(storage: LocalStorage, prefix: str) -> DrillReport:
    return run_drill(storage=storage, prefix=prefix, now=datetime.now(UTC))


def found_in(storage: LocalStorage, prefix: str) -> list[tuple[str, str]]:
    """Each finding's id with its sentence."""
    return [(finding.id, finding.message) for finding in drill_of(storage, prefix).findings]


def unpacked(storage: LocalStorage, prefix: str, target: Path) -> Path:
    """The decompressed artefact."""
    folder = storage.folder / prefix
    unpack(folder / ARTEFACT_NAME, target, read_manifest(folder / MANIFEST_NAME).artefact)
    return target


def repacked(storage: LocalStorage, manifest: Manifest, dump: Path, prefix: str) -> str:
    """A backup whose artefact is the given dump, with the fingerprint of another and the right checksum."""
    with storage.write(f"{prefix}/{ARTEFACT_NAME}") as file, dump.open("rb") as stream:
        written = pack(stream, file)
    publish_manifest(replace(manifest, artefact=written), storage=storage, prefix=prefix)
    return prefix


def doctored(
    storage: LocalStorage, manifest: Manifest, source: str, tmp_path: Path, change: Callable[[Path], object]
) -> str:
    """A copy of the backup under `source` after the change to its decompressed artefact."""
    dump = unpacked(storage, source, tmp_path / "dump")
    change(dump)
    return repacked(storage, manifest, dump, f"{source}-{tmp_path.name}")
