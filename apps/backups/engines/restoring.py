"""What a restore for people is: a backup made into something new, compared afterwards."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from .destinations import Destination
from .findings import Finding
from .manifest import Manifest
from .stages import TIMEOUT_SECONDS, Stages
from .storage import Storage

Progress = Callable[[int, int], None]


def ignore_progress(done: int, total: int) -> None:
    """For whoever does not look."""


@dataclass(frozen=True)
class Target:
    """What is made: a database of a free name on the server of the connection URL, or a path where nothing is yet.

    `mark` is what it bears until it is whole; nothing without it is ever removed.
    """

    name: str
    mark: str
    connection_url: str = field(default="", repr=False)
    parts: Sequence[str] = ()
    with_owners: bool = True
    at: datetime | None = None
    progress: Progress = ignore_progress
    timeout_seconds: float = TIMEOUT_SECONDS


@dataclass(frozen=True)
class RestoreJob:
    """One backup to restore for people. The connection URL is that of its source."""

    storage: Storage
    prefix: str
    target: Target
    connection_url: str = field(default="", repr=False)
    manifest_sha256: str | None = None
    identities: Sequence[str] = field(default=(), repr=False)


@dataclass(frozen=True)
class Restored:
    """Everything in which it is not what was backed up, and what a person who uses it should know."""

    findings: list[Finding]
    outcome: str


@dataclass(frozen=True)
class RestoreReport:
    """How it went: the seconds of each stage, and what came of it."""

    stages: dict[str, float]
    findings: list[Finding]
    outcome: str


class Restorer(Protocol):
    """How backups of one streamed engine become something new, for people."""

    @property
    def destination(self) -> Destination:
        """What is made."""

    def restore(self, manifest: Manifest, dump: Path, target: Target, stages: Stages) -> Restored:
        """Make it of the decompressed artefact. Leaves nothing when it fails. Raises RestoreRefused, OperationError."""

    def discard(self, target: Target) -> bool:
        """Remove what bears the target's mark. False: there was nothing of it."""
