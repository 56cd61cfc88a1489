"""Adding runs, one unfinished for each database."""

from datetime import datetime

from django.db import IntegrityError, transaction

from apps.audit import services as audit
from apps.backups.exceptions import RunUnfinished
from apps.backups.models import BackupRun, DrillRun, ProofRun
from apps.common.clock import now


def queue_run(run: BackupRun | DrillRun | ProofRun, *, action: str, at: datetime | None, refusal: str) -> None:
    """Add the run. Raises RunUnfinished with the refusal while another one of its kind goes on."""
    run.queued_at = run.sent_at = at or now()
    try:
        with transaction.atomic():
            run.save(force_insert=True)
    except IntegrityError as error:
        raise RunUnfinished(refusal) from error
    audit.record(action=action, subject=run, actor=run.requested_by)
