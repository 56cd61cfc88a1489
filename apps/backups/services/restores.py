"""Restores for people: asked for, approved by a second person for production, carried out, compared."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from apps.accounts.models import User
from apps.accounts.selectors import people_who_may
from apps.accounts.services import notify
from apps.audit import services as audit
from apps.backups.engines.postgresql.into_new import drop_half_made
from apps.backups.engines.restore import run_restore
from apps.backups.engines.restoring import RestoreJob, RestoreReport, Target
from apps.backups.exceptions import RestoreDecided, RestoreRefused, RunUnfinished
from apps.backups.models import Backup, Database, RestoreRun
from apps.catalog.models import Environment
from apps.common import runs
from apps.common.addresses import change_address
from apps.common.clock import Clock, now
from apps.common.exceptions import OperationError
from apps.common.runs import RunStatus

from .custody import identities_for
from .drills import copy_to_read
from .storing import open_storage

logger = structlog.get_logger(__name__)
APPROVE = "backups.approve_restorerun"
PRODUCTION = {"production", "prod", "live"}
SENT_AGAIN_AFTER = timedelta(minutes=10)
PROGRESS_SECONDS = 1.0


@transaction.atomic
def request_restore(
    *,
    backup: Backup,
    new_name: str,
    reason: str,
    server: Database | None = None,
    tables: Sequence[str] = (),
    with_owners: bool = True,
    actor: Any = None,
    at: datetime | None = None,
) -> RestoreRun:
    """Ask for the backup in a new database. Into production a second person has to approve it. Raises RestoreRefused.

    `server` is a database on whose server the new one is made; without it, that of the backup's own database.
    """
    at, server = at or now(), server or backup.database
    if not backup.is_stored:
        raise RestoreRefused(f"The backup {backup} was removed from the storage. Choose another.")
    run = RestoreRun(
        backup=backup,
        server=server,
        new_name=new_name.strip(),
        reason=reason.strip(),
        tables=sorted(set(tables)),
        with_owners=with_owners,
        requested_by=actor,
        needs_approval=is_production(server.environment),
        queued_at=at,
    )
    run.sent_at = None if run.needs_approval else at
    _check(run)
    try:
        with transaction.atomic():
            run.save(force_insert=True)
    except IntegrityError as error:
        raise RunUnfinished(f"Another restore into {run.new_name} has not ended yet. Choose another name.") from error
    if run.needs_approval:
        _tell_approvers(run, at)
    audit.record(action="restore.requested", subject=run, actor=actor, details=_details(run))
    return run


@transaction.atomic
def approve_restore(*, run: RestoreRun, actor: Any, at: datetime | None = None) -> RestoreRun:
    """Let it run. Raises RestoreRefused for whoever asked for it, RestoreDecided when it was decided before."""
    if actor == run.requested_by:
        raise RestoreRefused("You asked for this restore, so somebody else has to approve it.")
    if not run.approve(by=actor, at=at or now()):
        raise RestoreDecided("This restore does not wait for an approval any more.")
    audit.record(action="restore.approved", subject=run, actor=actor)
    return run


@transaction.atomic
def refuse_restore(*, run: RestoreRun, actor: Any, comment: str, at: datetime | None = None) -> RestoreRun:
    """End it before it begins; whoever asked for it takes it back. Raises RestoreRefused, RestoreDecided."""
    if not comment.strip():
        raise RestoreRefused("comment: say why it is refused.")
    if not run.refuse(at=at or now(), error=f"Refused by {actor}: {comment.strip()}"):
        raise RestoreDecided("This restore does not wait for an approval any more.")
    audit.record(action="restore.refused", subject=run, actor=actor, details={"comment": comment})
    return run


def carry_out_restore(*, run: RestoreRun, clock: Clock = now) -> bool:
    """Restore, compare, and record how it went. False: another worker has it, or it waits for approval."""
    if run.waits_for_approval:
        return False
    is_mine = runs.carry_out(run, lambda: _restore(run), lambda report: _record(run, report), clock=clock)
    if is_mine and run.requested_by:
        _tell_requester(run, run.requested_by, clock())
    return is_mine


def end_dead_restores(*, at: datetime) -> int:
    """End restores whose worker died, and drop the half-made databases that still bear their mark."""
    overdue = list(RestoreRun.objects.overdue(at).values_list("pk", flat=True))
    ended = runs.reap(RestoreRun, at=at)
    for run in RestoreRun.objects.filter(pk__in=overdue, status=RunStatus.ERRORED).select_related("server"):
        try:
            drop_half_made(run.server.connection_url, name=run.new_name, mark=run.mark)
        except (OperationError, OSError) as error:
            logger.error("half_made_database_not_dropped", database=run.new_name, error=str(error))
    return ended


def forgotten_restores(*, at: datetime) -> list[RestoreRun]:
    """Restores that were sent long ago and never claimed: their message was lost."""
    waiting = RestoreRun.objects.ready().filter(sent_at__lt=at - SENT_AGAIN_AFTER)
    return [run for run in waiting if waiting.filter(id=run.pk).update(sent_at=at)]


def is_production(environment: Environment) -> bool:
    """Whether what happens there needs a second person."""
    return environment.is_default or environment.name.lower() in PRODUCTION


def _check(run: RestoreRun) -> None:
    if not run.reason:
        raise RestoreRefused("reason: say what the restore is for.")
    try:
        run.clean_fields(exclude=["requested_by", "approved_by"])
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise RestoreRefused(f"{field}: {messages[0]}") from error


def _restore(run: RestoreRun) -> RestoreReport:
    backup = run.backup
    target = Target(
        connection_url=run.server.connection_url,
        name=run.new_name,
        mark=run.mark,
        tables=run.tables,
        with_owners=run.with_owners,
        progress=_Progress(run),
    )
    job = RestoreJob(
        storage=open_storage(copy_to_read(backup).storage),
        prefix=backup.storage_key,
        target=target,
        manifest_sha256=backup.manifest_sha256,
        identities=identities_for(backup),
    )
    return run_restore(job)


class _Progress:
    """Writes how far it is into the run, at most once a second. Called from a thread of the shell."""

    def __init__(self, run: RestoreRun) -> None:
        self._run, self._written_seconds = run, 0.0

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() - self._written_seconds < PROGRESS_SECONDS:
            return
        self._written_seconds = time.monotonic()
        try:
            RestoreRun.objects.filter(pk=self._run.pk).update(done_items=done, total_items=total)
        finally:
            connection.close()


def _record(run: RestoreRun, report: RestoreReport) -> dict[str, Any]:
    audit.record(action="restore.finished", subject=run, details={"findings": len(report.findings)})
    return {
        "stages": list(report.stages.items()),
        "findings": [vars(finding) for finding in report.findings],
    }


def _tell_approvers(run: RestoreRun, at: datetime) -> None:
    notify(
        recipients=people_who_may(APPROVE).exclude(pk=run.requested_by_id or 0),
        key=f"restore:{run.pk}:requested",
        subject=f"{run.requested_by} asks to restore {run.backup.database} into {run.new_name}",
        text=f"{run.reason}\n\nThe backup is of {run.backup.snapshot_at:%Y-%m-%d %H:%M} UTC. Nothing is overwritten.",
        path=change_address(run),
        at=at,
    )


def _tell_requester(run: RestoreRun, person: User, at: datetime) -> None:
    words = "is done" if run.status == RunStatus.SUCCEEDED else "did not work"
    notify(
        recipients=[person],
        key=f"restore:{run.pk}:ended",
        subject=f"The restore into {run.new_name} {words}",
        text=run.error or f"The database {run.new_name} is there, on the server of {run.server}.",
        path=change_address(run),
        at=at,
    )


def _details(run: RestoreRun) -> dict[str, Any]:
    return {"backup": run.backup_id, "new_name": run.new_name, "tables": run.tables, "reason": run.reason}
