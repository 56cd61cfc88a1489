"""Carrying restores out, and clearing up after those whose worker died."""

import time
from datetime import datetime
from typing import Any

import structlog
from django.db import connection

from apps.audit import services as audit
from apps.backups.engines.register import engine_named
from apps.backups.engines.restoring import RestoreJob, RestoreReport, Target
from apps.backups.models import RestoreRun
from apps.common import runs
from apps.common.clock import Clock, now
from apps.common.exceptions import OperationError
from apps.common.runs import RunStatus

from .custody import identities_for
from .drills import copy_to_read
from .restore_notices import tell_requester
from .storing import open_storage

logger = structlog.get_logger(__name__)
PROGRESS_SECONDS = 1.0


def carry_out_restore(*, run: RestoreRun, clock: Clock = now) -> bool:
    """Restore, compare, and record how it went. False: another worker has it, or it waits for approval."""
    if run.waits_for_approval:
        return False
    is_mine = runs.carry_out(run, lambda: _restore(run), lambda report: _record(run, report), clock=clock)
    if is_mine and run.requested_by:
        tell_requester(run, run.requested_by, clock())
    return is_mine


def end_dead_restores(*, at: datetime) -> int:
    """End restores whose worker died, and remove what they left half made and still bears their mark."""
    overdue = list(RestoreRun.objects.overdue(at).values_list("pk", flat=True))
    ended = runs.reap(RestoreRun, at=at)
    related = RestoreRun.objects.select_related("backup__database", "server")
    for run in related.filter(pk__in=overdue, status=RunStatus.ERRORED):
        try:
            engine_named(run.backup.engine).discard(_target(run))
        except (OperationError, OSError) as error:
            logger.error("half_made_restore_not_removed", name=run.new_name, error=str(error))
    return ended


def _restore(run: RestoreRun) -> RestoreReport:
    backup = run.backup
    job = RestoreJob(
        storage=open_storage(copy_to_read(backup).storage),
        prefix=backup.storage_key,
        target=_target(run),
        connection_url=backup.database.connection_url,
        manifest_sha256=backup.manifest_sha256,
        identities=identities_for(backup),
    )
    return engine_named(backup.engine).restore(job)


def _target(run: RestoreRun) -> Target:
    return Target(
        name=run.new_name,
        mark=run.mark,
        connection_url=run.server.connection_url,
        parts=run.parts,
        with_owners=run.with_owners,
        at=run.target_at,
        progress=_Progress(run),
    )


class _Progress:
    """Writes how far it is into the run, at most once a second. Some call it from a thread of their own."""

    def __init__(self, run: RestoreRun) -> None:
        self._run, self._written_seconds = run, 0.0

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() - self._written_seconds < PROGRESS_SECONDS:
            return
        self._written_seconds = time.monotonic()
        try:
            RestoreRun.objects.filter(pk=self._run.pk).update(done_items=done, total_items=total)
        finally:
            if not connection.in_atomic_block:
                connection.close()


def _record(run: RestoreRun, report: RestoreReport) -> dict[str, Any]:
    audit.record(action="restore.finished", subject=run, details={"findings": len(report.findings)})
    return {
        "stages": list(report.stages.items()),
        "findings": [vars(finding) for finding in report.findings],
        "outcome": report.outcome,
    }
