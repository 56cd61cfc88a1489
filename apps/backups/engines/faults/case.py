"""One copy of a healthy backup, and what is done to it."""

import io
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Self

from apps.backups.engines.artefact import pack
from apps.backups.engines.backup import publish_manifest
from apps.backups.engines.contract import BackupJob, DrillJob, Engine
from apps.backups.engines.drill import fetch_dump
from apps.backups.engines.manifest import MANIFEST_NAME, Manifest, read_manifest
from apps.backups.engines.report import DrillReport
from apps.backups.engines.stages import Stages
from apps.backups.engines.storage import LocalStorage, Storage
from apps.common.postgresql.server import Server

HEALTHY, OLDER = "healthy", "older"


@dataclass(frozen=True)
class Healthy:
    """A backup that is known to be whole, alone in a temporary storage, and what it takes to prove it."""

    engine: Engine
    connection_url: str
    storage: LocalStorage
    manifest: Manifest
    recipients: Sequence[str] = ()
    identities: Sequence[str] = ()

    @property
    def folder(self) -> Path:
        return self.storage.folder / HEALTHY

    @property
    def older_folder(self) -> Path:
        """Where a backup of the same source lies that was taken before."""
        return self.storage.folder / OLDER

    def decode(self, folder: Path) -> Path:
        """The dump, as the tool of its engine wrote it, in a file of the folder."""
        return fetch_dump(
            storage=self.storage,
            prefix=HEALTHY,
            folder=folder,
            stages=Stages(),
            manifest_sha256=self.manifest.sha256,
            identities=self.identities,
        )[1]

    def job(self, prefix: str, now: datetime) -> DrillJob:
        """The drill of what is under the prefix."""
        return DrillJob(
            storage=self.storage,
            prefix=prefix,
            now=now,
            manifest_sha256=self.manifest.sha256 if prefix == HEALTHY else None,
            identities=self.identities,
        )


@dataclass
class Case:
    """A copy of a healthy backup, to be damaged and then drilled."""

    healthy: Healthy
    prefix: str
    job: DrillJob
    pristine: Callable[[], Server]

    @classmethod
    @contextmanager
    def of(cls, healthy: Healthy, prefix: str, now: datetime, pristine: Callable[[], Server]) -> Iterator[Self]:
        """A case whose copy is gone when the context ends."""
        case = cls(healthy, prefix, healthy.job(prefix, now), pristine)
        shutil.copytree(healthy.folder, case.folder)
        try:
            yield case
        finally:
            shutil.rmtree(case.folder)

    @property
    def folder(self) -> Path:
        return self.healthy.storage.folder / self.prefix

    @property
    def manifest_file(self) -> Path:
        return self.folder / MANIFEST_NAME

    @property
    def artefact(self) -> Path:
        """The object that holds the dump."""
        return self.folder / self.healthy.manifest.artefact.name

    def drill(self) -> DrillReport:
        """Drill the copy as it is now."""
        return self.healthy.engine.drill(self.job)

    def take(self, connection_url: str, prefix: str, storage: Storage | None = None) -> Manifest:
        """A backup of something else, in the same storage unless said otherwise, and for the same recipients."""
        return self.healthy.engine.take(
            BackupJob(
                connection_url=connection_url,
                storage=storage or self.healthy.storage,
                prefix=prefix,
                recipients=self.healthy.recipients,
            )
        )

    def replace_artefact(self, connection_url: str) -> None:
        """The copy holds another database, with the right checksums; its manifest still tells of the healthy one."""
        shutil.rmtree(self.folder)
        taken = self.take(connection_url, self.prefix)
        for beside in self.healthy.folder.iterdir():  # such as the globals, which the manifest vouches for too
            if beside.name not in {taken.artefact.name, MANIFEST_NAME}:
                shutil.copy2(beside, self.folder / beside.name)
        self.publish(replace(self.healthy.manifest, artefact=taken.artefact, database=taken.database))

    def pack(self, content: bytes) -> None:
        """The copy holds these bytes in place of the dump, compressed and encrypted, with the right checksums."""
        with self.artefact.open("wb") as file:
            written = pack(io.BytesIO(content), file, recipients=self.healthy.recipients)
        self.publish(replace(self.read_manifest(), artefact=written))

    def publish(self, manifest: Manifest) -> None:
        """Replace the copy's manifest."""
        self.manifest_file.unlink(missing_ok=True)
        publish_manifest(manifest, storage=self.healthy.storage, prefix=self.prefix)

    def read_manifest(self) -> Manifest:
        return read_manifest(self.manifest_file)
