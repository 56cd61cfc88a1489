"""Restores for people: asked for, and approved by a second person for production."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from apps.audit import services as audit
from apps.backups.exceptions import RestoreDecided, RestoreRefused, RunUnfinished
from apps.backups.models import Backup, Database, RestoreRun
from apps.catalog.models import Environment
from apps.common.clock import now

from .restore_notices import tell_approvers

PRODUCTION = {"production", "prod", "live"}
SENT_AGAIN_AFTER = timedelta(minutes=10)


@transaction.atomic
def request_restore(
    *,
    backup: Backup,
    new_name: str,
    reason: str,
    server: Database | None = None,
    parts: Sequence[str] = (),
    with_owners: bool = True,
    target_at: datetime | None = None,
    actor: Any = None,
    at: datetime | None = None,
) -> RestoreRun:
    """Ask for the backup as something new. Into production a second person has to approve it. Raises RestoreRefused.

    `server` is a database on whose server a new one is made; without it, that of the backup's own database.
    """
    run = RestoreRun(
        backup=backup,
        server=server or backup.database,
        new_name=new_name.strip(),
        parts=sorted(set(parts)),
        with_owners=with_owners,
        target_at=target_at,
        reason=reason.strip(),
        requested_by=actor,
        queued_at=at or now(),
    )
    run.needs_approval = is_production(run.server.environment)
    run.sent_at = None if run.needs_approval else run.queued_at
    _require_possible(run)
    _save_alone(run)
    if run.needs_approval:
        tell_approvers(run)
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


def forgotten_restores(*, at: datetime) -> list[RestoreRun]:
    """Restores that were sent long ago and never claimed: their message was lost."""
    waiting = RestoreRun.objects.ready().filter(sent_at__lt=at - SENT_AGAIN_AFTER)
    return [run for run in waiting if waiting.filter(id=run.pk).update(sent_at=at)]


def is_production(environment: Environment) -> bool:
    """Whether what happens there needs a second person."""
    return environment.is_default or environment.name.lower() in PRODUCTION


def _require_possible(run: RestoreRun) -> None:
    if not run.backup.is_stored:
        raise RestoreRefused(f"The backup {run.backup} was removed from the storage. Choose another.")
    if not run.reason:
        raise RestoreRefused("reason: say what the restore is for.")
    try:
        run.clean_fields(exclude=["requested_by", "approved_by"])
        run.clean()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise RestoreRefused(f"{field}: {messages[0]}") from error


def _save_alone(run: RestoreRun) -> None:
    try:
        with transaction.atomic():
            run.save(force_insert=True)
    except IntegrityError as error:
        raise RunUnfinished(f"Another restore into {run.new_name} has not ended yet. Choose another name.") from error


def _details(run: RestoreRun) -> dict[str, Any]:
    at = {"target_at": run.target_at.isoformat()} if run.target_at else {}
    return {"backup": run.backup_id, "new_name": run.new_name, "parts": run.parts, "reason": run.reason, **at}
