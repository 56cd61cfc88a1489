"""What an engine is: how one kind of source is read, how a backup of it is proven, and what a restore makes of it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Protocol, runtime_checkable

from .checks import Check
from .destinations import Destination
from .findings import Finding
from .manifest import Manifest, Summary
from .report import DrillReport, PointReport
from .restoring import RestoreJob, RestoreReport, Target
from .stages import TIMEOUT_SECONDS, Stages
from .storage import Storage

Store = Callable[[IO[bytes]], None]


@dataclass(frozen=True)
class Taken:
    """What a source held at the moment it was read, and what a restore needs beside the artefact."""

    snapshot_at: datetime
    tool_version: str
    summary: Summary
    fingerprint: dict[str, Any]
    extras: dict[str, Any] = field(default_factory=dict)
    warnings: Sequence[Finding] = ()
    companions: Mapping[str, bytes] = field(default_factory=dict)  # small files that a recovery needs, by name


class Source(Protocol):
    """Something that can be read as one stream of bytes."""

    @property
    def engine(self) -> str:
        """The key of its engine."""

    @property
    def name(self) -> str:
        """What its server calls it."""

    def read(self, store: Store, stages: Stages) -> Taken:
        """Hand the stream of one consistent moment to `store`, and say what that moment held."""


class Prover(Protocol):
    """A place to restore into, gone when its context ends."""

    def restore(self, dump: Path, *, timeout_seconds: float) -> None:
        """Restore the decompressed artefact. Raises Stopped."""

    def compare(self) -> list[Finding]:
        """Everything in which the restored copy is not what the manifest says. Empty means equal."""


@runtime_checkable
class Examiner(Protocol):
    """A prover that can look at the restored copy by itself, beyond comparing it."""

    def examine(self, checks: Sequence[Check], stages: Stages) -> list[Finding]:
        """What is wrong with the copy, each kind of looking in a stage of its own."""


Proving = Callable[[Manifest, Path], AbstractContextManager[Prover]]


@dataclass(frozen=True)
class BackupJob:
    """One backup to take. `before_publishing` may raise to keep a finished dump from becoming a backup.

    `known_origins` are the backups of another tool that were recorded before.
    """

    connection_url: str
    storage: Storage
    prefix: str
    recipients: Sequence[str] = ()
    before_publishing: Callable[[], None] = lambda: None
    known_origins: frozenset[str] = frozenset()


@dataclass(frozen=True)
class DrillJob:
    """One backup to prove. `manifest_sha256` is what was recorded when it was taken."""

    storage: Storage
    prefix: str
    now: datetime
    manifest_sha256: str | None = None
    identities: Sequence[str] = field(default=(), repr=False)
    timeout_seconds: float = TIMEOUT_SECONDS
    connection_url: str = ""
    disk_budget_bytes: int | None = None
    checks: Sequence[Check] = ()


@dataclass(frozen=True)
class PointJob:
    """A recovery to a point in time. Without a target: to a moment of now, between two marks left in the source."""

    connection_url: str
    now: datetime
    target_at: datetime | None = None
    timeout_seconds: float = TIMEOUT_SECONDS


class Engine(Protocol):
    """One kind of database or file tree: how it is backed up, and how a backup of it is drilled and restored."""

    @property
    def key(self) -> str:
        """Names it in the database and in manifests."""

    def check_url(self, url: str) -> None:
        """Refuse a connection URL that cannot be used. Raises AddressInvalid, without repeating the URL."""

    def take(self, job: BackupJob) -> Manifest:
        """Store a backup under the job's prefix, manifest last. Raises NothingNew when there is none to record."""

    def drill(self, job: DrillJob) -> DrillReport:
        """Prove or refute the backup under the job's prefix. Leaves nothing behind."""

    @property
    def destination(self) -> Destination:
        """What a restore for people makes of a backup."""

    def restore(self, job: RestoreJob) -> RestoreReport:
        """Make something new of the backup, and compare it. Leaves nothing when it fails. Raises OperationError."""

    def discard(self, target: Target) -> bool:
        """Remove what a restore that did not end left at the target, by its mark. False: there was nothing of it."""


@runtime_checkable
class PointEngine(Protocol):
    """An engine that keeps a write-ahead log, and so can recover to any moment."""

    def drill_point(self, job: PointJob) -> PointReport:
        """Recover a throwaway server to the target, and say whether it stopped there. Leaves nothing behind."""


@runtime_checkable
class ListingEngine(Protocol):
    """An engine whose backups are kept, and removed, by another tool."""

    def list_origins(self, connection_url: str) -> set[str]:
        """What the other tool still has."""
