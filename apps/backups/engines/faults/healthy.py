"""Healthy backups over data that changes: whatever a drill says of them but proven is a false alarm."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime

from apps.backups.engines.contract import BackupJob, DrillJob, Engine
from apps.backups.engines.findings import Verdict
from apps.backups.engines.manifest import Manifest
from apps.backups.engines.storage import LocalStorage
from apps.common.postgresql.throwaway import throwaway_folder

WORKERS = 2


@dataclass(frozen=True)
class Round:
    """One healthy backup and its drill. The alarm is empty when it was proven."""

    number: int
    changes: list[str]
    alarm: str


def drill_healthy(
    engine: Engine,
    connection_url: str,
    *,
    rounds: int,
    change: Callable[[], list[str]] = list,
    tell: Callable[[Round], None] = lambda one: None,
) -> list[Round]:
    """Change, back up, and drill while the next is changed and backed up; as often as asked."""
    drills: list[Future[Round]] = []
    with throwaway_folder() as folder, ThreadPoolExecutor(max_workers=WORKERS) as pool:
        storage = LocalStorage(folder)
        for number in range(1, rounds + 1):
            changes, prefix = change(), f"round-{number}"
            job = BackupJob(connection_url=connection_url, storage=storage, prefix=prefix)
            manifest = engine.take(job)
            drills.append(pool.submit(_drill, engine, storage, prefix, manifest, changes))
            drills[-1].add_done_callback(lambda done: tell(done.result()))
            _wait_for_room(drills)
    return [drill.result() for drill in drills]


def _drill(engine: Engine, storage: LocalStorage, prefix: str, manifest: Manifest, changes: list[str]) -> Round:
    job = DrillJob(storage=storage, prefix=prefix, now=datetime.now(UTC), manifest_sha256=manifest.sha256)
    report = engine.drill(job)
    storage.delete(prefix)
    found = "; ".join(f"{finding.id}: {finding.message}" for finding in report.findings)
    alarm = "" if report.verdict == Verdict.PROVEN else f"{report.verdict.value}: {found}"
    return Round(int(prefix.removeprefix("round-")), changes, alarm)


def _wait_for_room(drills: list[Future[Round]]) -> None:
    """Backups that wait for their drill take room on the disk."""
    unfinished = [drill for drill in drills if not drill.done()]
    while len(unfinished) > WORKERS:
        wait(unfinished, return_when="FIRST_COMPLETED")
        unfinished = [drill for drill in unfinished if not drill.done()]
