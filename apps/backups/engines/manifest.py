"""The manifest: written last, it makes an artefact a backup. It says what was stored and what the source held."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from apps.backups.exceptions import ManifestUnreadable

from .artefact import Companion, Written
from .findings import Finding

FORMAT = 2
OLDER_FORMATS = {1}
MANIFEST_NAME = "manifest.json"


@dataclass(frozen=True)
class Summary:
    """The few figures of a source that every list shows. Of files, a table is a folder and a row is a file."""

    tables: int
    rows: int
    size_bytes: int
    server_version: str


@dataclass(frozen=True)
class Manifest:
    """One finished backup."""

    engine: str
    database: str
    snapshot_at: datetime
    finished_at: datetime
    artefact: Written
    summary: Summary
    fingerprint: dict[str, Any]
    tool_version: str
    stages: dict[str, float]
    extras: dict[str, Any] = field(default_factory=dict)
    companions: tuple[Companion, ...] = ()
    warnings: list[Finding] = field(default_factory=list)

    def as_bytes(self) -> bytes:
        """The same manifest always gives the same bytes."""
        return json.dumps(self.as_json(), indent=1, sort_keys=True, ensure_ascii=False).encode()

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.as_bytes()).hexdigest()

    @property
    def object_sha256s(self) -> set[str]:
        """The SHA-256 of each object that makes the backup up."""
        objects = {self.sha256, *(companion.sha256 for companion in self.companions)}
        return objects | {self.artefact.sha256} if self.has_artefact else objects

    @property
    def sizes(self) -> dict[str, int]:
        """The objects beside it, by name, with their sizes."""
        companions = {companion.name: companion.size_bytes for companion in self.companions}
        return {self.artefact.name: self.artefact.size_bytes, **companions} if self.has_artefact else companions

    @property
    def has_artefact(self) -> bool:
        """Whether the artefact is an object of ours. Another tool's stays where that tool keeps it."""
        return bool(self.artefact.name)

    def as_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "engine": self.engine,
            "database": self.database,
            "snapshot_at": self.snapshot_at.isoformat(),
            "finished_at": self.finished_at.isoformat(),
            "artefact": self.artefact.as_json(),
            "companions": [vars(companion) for companion in self.companions],
            "summary": vars(self.summary),
            "tool_version": self.tool_version,
            "stages": self.stages,
            "extras": self.extras,
            "warnings": [vars(warning) for warning in self.warnings],
            "fingerprint": self.fingerprint,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        if data["format"] in OLDER_FORMATS:
            data = _upgraded(data)
        return cls(
            engine=data["engine"],
            database=data["database"],
            snapshot_at=datetime.fromisoformat(data["snapshot_at"]),
            finished_at=datetime.fromisoformat(data["finished_at"]),
            artefact=Written.from_json(data["artefact"]),
            summary=Summary(**data["summary"]),
            fingerprint=dict(data["fingerprint"]),
            tool_version=data["tool_version"],
            stages=dict(data["stages"]),
            extras=dict(data["extras"]),
            companions=tuple(Companion(**one) for one in data.get("companions", ())),
            warnings=[Finding(**warning) for warning in data.get("warnings", [])],
        )


def read_manifest(path: Path) -> Manifest:
    """The manifest in a file, or ManifestUnreadable."""
    try:
        data = json.loads(path.read_bytes())
        if data["format"] not in {FORMAT, *OLDER_FORMATS}:
            raise ManifestUnreadable(f"{path.name} is of format {data['format']}; this version reads up to {FORMAT}")
        return Manifest.from_json(data)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ManifestUnreadable(f"{path.name} is damaged: {type(error).__name__}") from error


def _upgraded(data: dict[str, Any]) -> dict[str, Any]:
    """Format 1 knew PostgreSQL only, and kept its roles and figures elsewhere."""
    fingerprint = data["fingerprint"]
    summary = {
        "tables": len(fingerprint["tables"]),
        "rows": sum(table["rows"] for table in fingerprint["tables"].values()),
        "size_bytes": fingerprint["database_size_bytes"],
        "server_version": fingerprint["server_version"],
    }
    return data | {"summary": summary, "tool_version": data["dump_version"], "extras": {"roles": data["roles"]}}
