"""The engines that this installation knows."""

from collections.abc import Callable
from dataclasses import dataclass

from apps.backups.exceptions import EngineUnknown

from .adopted.engine import Adopted
from .backup import take_backup
from .contract import BackupJob, DrillJob, Engine, Source
from .destinations import Destination
from .drill import run_drill
from .files.source import files_source
from .manifest import Manifest
from .mariadb.source import MariaDBSource
from .pgbackrest.engine import PgBackRest
from .postgresql.source import PostgreSQLSource
from .report import DrillReport
from .restore import run_restore
from .restorers import RESTORERS
from .restoring import RestoreJob, RestoreReport, Target
from .sqlite.source import SQLiteSource
from .watch import Limits


@dataclass(frozen=True)
class Streamed:
    """An engine whose backup is one stream: compressed, encrypted, stored, proven and restored."""

    key: str
    source_of: Callable[[str], Source]

    def check_url(self, url: str) -> None:
        self.source_of(url)

    def take(self, job: BackupJob) -> Manifest:
        return take_backup(
            source=self.source_of(job.connection_url),
            storage=job.storage,
            prefix=job.prefix,
            recipients=job.recipients,
            before_publishing=job.before_publishing,
        )

    def drill(self, job: DrillJob) -> DrillReport:
        return run_drill(
            storage=job.storage,
            prefix=job.prefix,
            now=job.now,
            manifest_sha256=job.manifest_sha256,
            identities=job.identities,
            limits=Limits(job.timeout_seconds, job.disk_budget_bytes),
            checks=job.checks,
        )

    @property
    def destination(self) -> Destination:
        return RESTORERS[self.key].destination

    def restore(self, job: RestoreJob) -> RestoreReport:
        return run_restore(job)

    def discard(self, target: Target) -> bool:
        return RESTORERS[self.key].discard(target)


ENGINES: dict[str, Engine] = {
    "postgresql": Streamed("postgresql", PostgreSQLSource.from_url),
    "mariadb": Streamed("mariadb", MariaDBSource.from_url),
    "files": Streamed("files", files_source),
    "sqlite": Streamed("sqlite", SQLiteSource.from_url),
    "pgbackrest": PgBackRest(),
    "adopted": Adopted(),
}


def engine_named(key: str) -> Engine:
    """The engine of that key. Raises EngineUnknown."""
    try:
        return ENGINES[key]
    except KeyError:
        raise EngineUnknown(f"There is no engine {key}. There are: {', '.join(ENGINES)}.") from None


def is_streamed(key: str) -> bool:
    """Whether its backups are objects in the storage, which can be copied into another. Others stay where they are."""
    return isinstance(ENGINES.get(key), Streamed)
