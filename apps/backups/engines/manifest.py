"""The manifest: written last, it makes an artefact a backup. It says what was stored and what the source held."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from apps.backups.exceptions import ManifestUnreadable

from .artefact import Written
from .postgresql.fingerprint import Fingerprint
from .postgresql.roles import Role

FORMAT = 1
MANIFEST_NAME = "manifest.json"
ARTEFACT_NAME = "database.dump.zst"


@dataclass(frozen=True)
class Manifest:
    """One finished backup."""

    database: str
    snapshot_at: datetime
    finished_at: datetime
    artefact: Written
    fingerprint: Fingerprint
    roles: list[Role]
    dump_version: str
    stages: dict[str, float]

    def as_bytes(self) -> bytes:
        """The same manifest always gives the same bytes."""
        return json.dumps(self.as_json(), indent=1, sort_keys=True, ensure_ascii=False).encode()

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.as_bytes()).hexdigest()

    def as_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "engine": "postgresql",
            "database": self.database,
            "snapshot_at": self.snapshot_at.isoformat(),
            "finished_at": self.finished_at.isoformat(),
            "artefact": {"name": ARTEFACT_NAME, "compression": "zstd", **vars(self.artefact)},
            "dump_version": self.dump_version,
            "stages": self.stages,
            "roles": [role.as_json() for role in self.roles],
            "fingerprint": self.fingerprint.as_json(),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        artefact = {name: data["artefact"][name] for name in ("size_bytes", "sha256", "content_bytes")}
        return cls(
            database=data["database"],
            snapshot_at=datetime.fromisoformat(data["snapshot_at"]),
            finished_at=datetime.fromisoformat(data["finished_at"]),
            artefact=Written(**artefact),
            fingerprint=Fingerprint.from_json(data["fingerprint"]),
            roles=[Role.from_json(role) for role in data["roles"]],
            dump_version=data["dump_version"],
            stages=data["stages"],
        )


def read_manifest(path: Path) -> Manifest:
    """The manifest in a file, or ManifestUnreadable."""
    try:
        data = json.loads(path.read_bytes())
        if data["format"] != FORMAT:
            raise ManifestUnreadable(f"{path.name} is of format {data['format']}; this version reads {FORMAT}")
        return Manifest.from_json(data)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ManifestUnreadable(f"{path.name} is damaged: {type(error).__name__}") from error
