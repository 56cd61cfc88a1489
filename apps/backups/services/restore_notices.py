"""Who is told of a restore: those who may approve it, and whoever asked once it has ended."""

from datetime import datetime

from django.db.models import QuerySet

from apps.accounts.models import User
from apps.accounts.selectors import people_who_may
from apps.accounts.services import notify
from apps.backups.models import RestoreRun
from apps.common.addresses import change_address
from apps.common.runs import RunStatus

APPROVE = "backups.approve_restorerun"


def approvers_of(run: RestoreRun) -> QuerySet[User]:
    """Everybody who may approve it, but for whoever asked."""
    return people_who_may(APPROVE).exclude(pk=run.requested_by_id or 0)


def tell_approvers(run: RestoreRun) -> None:
    """Ask everybody who may approve it."""
    notify(
        recipients=approvers_of(run),
        key=f"restore:{run.pk}:requested",
        subject=f"{run.requested_by} asks to restore {run.backup.database} into {run.new_name}",
        text=f"{run.reason}\n\nThe backup is of {run.backup.snapshot_at:%Y-%m-%d %H:%M} UTC. Nothing is overwritten.",
        path=change_address(run),
        at=run.queued_at,
    )


def tell_requester(run: RestoreRun, person: User, at: datetime) -> None:
    """Say how it ended."""
    words = "is done" if run.status == RunStatus.SUCCEEDED else "did not work"
    notify(
        recipients=[person],
        key=f"restore:{run.pk}:ended",
        subject=f"The restore into {run.new_name} {words}",
        text=run.error or run.outcome,
        path=change_address(run),
        at=at,
    )
