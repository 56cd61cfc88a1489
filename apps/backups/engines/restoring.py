"""What a restore for people is: a backup into a new database of a server, compared afterwards."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .findings import Finding
from .manifest import Manifest
from .stages import TIMEOUT_SECONDS, Stages
from .storage import Storage

Progress = Callable[[int, int], None]


def ignore_progress(done: int, total: int) -> None:
    """For whoever does not look."""


@dataclass(frozen=True)
class Target:
    """The new database: on the server of the connection URL, of a name that is free there.

    `mark` is what the database says of itself until it is whole; nothing without it is ever removed.
    """

    connection_url: str = field(repr=False)
    name: str
    mark: str
    tables: Sequence[str] = ()
    with_owners: bool = True
    progress: Progress = ignore_progress
    timeout_seconds: float = TIMEOUT_SECONDS


@dataclass(frozen=True)
class RestoreJob:
    """One backup to restore for people."""

    storage: Storage
    prefix: str
    target: Target
    manifest_sha256: str | None = None
    identities: Sequence[str] = field(default=(), repr=False)


@dataclass(frozen=True)
class RestoreReport:
    """How it went: the seconds of each stage, and everything in which the new database is not what was backed up."""

    stages: dict[str, float]
    findings: list[Finding]


Restorer = Callable[[Manifest, Path, Target, Stages], list[Finding]]
