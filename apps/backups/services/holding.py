"""Holding backups back from retention, by a person's word."""

from datetime import datetime
from typing import Any

from django.db import transaction

from apps.audit import services as audit
from apps.backups.exceptions import HoldRefused
from apps.backups.models import Backup


@transaction.atomic
def hold_backup(*, backup: Backup, until: datetime, reason: str, at: datetime, actor: Any = None) -> None:
    """Keep the backup until then, and take it back when retention has let it go. Raises HoldRefused."""
    if until <= at:
        raise HoldRefused("A hold ends in the future. Choose a later day.")
    if not reason.strip():
        raise HoldRefused("Say why the backup is held: whoever meets it in a year wants to know.")
    if not backup.hold(until, reason.strip()):
        raise HoldRefused("The backup is being removed already, or is gone. Hold another one.")
    audit.record(action="backup.held", subject=backup, actor=actor, details={"until": until, "reason": reason.strip()})


@transaction.atomic
def release_backup(*, backup: Backup, actor: Any = None) -> bool:
    """End the hold: retention decides again. False: it was not held."""
    is_released = backup.release()
    if is_released:
        audit.record(action="backup.released", subject=backup, actor=actor)
    return is_released
