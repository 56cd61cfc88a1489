"""What `pgbackrest info` says, read."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from apps.backups.exceptions import ToolRefused


@dataclass(frozen=True)
class BackupSet:
    """One finished backup in the repository."""

    label: str
    kind: str
    started_at: datetime
    stopped_at: datetime
    start_lsn: str
    stop_lsn: str
    first_segment: str
    last_segment: str
    database_size_bytes: int
    stored_bytes: int
    has_page_errors: bool
    system_identifier: int
    server_major: int

    def as_json(self) -> dict[str, Any]:
        times = {"started_at": self.started_at.isoformat(), "stopped_at": self.stopped_at.isoformat()}
        return vars(self) | times


@dataclass(frozen=True)
class Repository:
    """The backups of a stanza, the oldest first."""

    backups: list[BackupSet]
    server_major: int | None

    def named(self, label: str) -> BackupSet | None:
        return next((one for one in self.backups if one.label == label), None)

    def newest_before(self, at: datetime) -> BackupSet | None:
        """The newest backup from which the moment can be reached."""
        return next((one for one in reversed(self.backups) if one.stopped_at <= at), None)

    def newest_full(self) -> BackupSet | None:
        return next((one for one in reversed(self.backups) if one.kind == "full"), None)


def read_info(said: bytes) -> Repository:
    """Raises ToolRefused when the stanza is not there, or when this is not what was expected."""
    try:
        stanza = json.loads(said)[0]
        status = stanza["status"]
        databases = {(one["repo-key"], one["id"]): one for one in stanza["db"]}
        found = [_read_backup(one, databases) for one in stanza["backup"]]
        newest_major = max(databases.items())[1]["version"] if databases else None
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise ToolRefused(f"What pgbackrest info says cannot be read: {type(error).__name__}.") from error
    if not databases and status["code"] != 0:
        raise ToolRefused(f"pgbackrest says of the stanza {stanza['name']}: {status['message']}.")
    return Repository(sorted(found, key=lambda one: one.stopped_at), _major(newest_major) if newest_major else None)


def _read_backup(data: Mapping[str, Any], databases: Mapping[tuple[int, int], Mapping[str, Any]]) -> BackupSet:
    database = databases[data["database"]["repo-key"], data["database"]["id"]]
    return BackupSet(
        label=data["label"],
        kind=data["type"],
        started_at=datetime.fromtimestamp(data["timestamp"]["start"], UTC),
        stopped_at=datetime.fromtimestamp(data["timestamp"]["stop"], UTC),
        start_lsn=data["lsn"]["start"],
        stop_lsn=data["lsn"]["stop"],
        first_segment=data["archive"]["start"],
        last_segment=data["archive"]["stop"],
        database_size_bytes=data["info"]["size"],
        stored_bytes=data["info"]["repository"].get("size", data["info"]["repository"]["delta"]),
        has_page_errors=bool(data["error"]),
        system_identifier=database["system-id"],
        server_major=_major(database["version"]),
    )


def _major(version: str) -> int:
    return int(version.split(".")[0])
