"""Looking after storages: what they allow, whether they still have what the rows say, and what was left in them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction

from apps.accounts.selectors import people_who_may
from apps.accounts.services import notify
from apps.audit import services as audit
from apps.backups.engines import storage_findings
from apps.backups.engines.findings import Finding
from apps.backups.engines.folder_check import check_folder
from apps.backups.models import Storage, StorageKind
from apps.common.addresses import change_address
from apps.common.exceptions import OperationError

from .reconciling import reconcile_storage
from .storing import open_bucket, open_folder, open_storage

logger = structlog.get_logger(__name__)
UNFINISHED_FOR = timedelta(days=2)  # nothing is written for so long


def check_storage(*, storage: Storage, at: datetime, actor: Any = None) -> list[Finding]:
    """Find out what the storage allows and what it has lost, and keep the answer. People hear of what is new."""
    found = _look(storage, at)
    known = {row["id"] for row in storage.check_findings}
    with transaction.atomic():
        storage.checked_at, storage.check_findings = at, [vars(finding) for finding in found]
        storage.save(update_fields=["checked_at", "check_findings"])
        for finding in found:
            if finding.id not in known:
                _tell(storage, finding, at)
        details = {"findings": [finding.id for finding in found]}
        audit.record(action="storage.checked", subject=storage, actor=actor, details=details)
    return found


def check_storages(*, at: datetime) -> None:
    """Clear away what was never finished and check every storage, whatever becomes of the others."""
    for storage in Storage.objects.filter(is_enabled=True):
        try:
            _sweep(storage, at)
            check_storage(storage=storage, at=at)
        except Exception:
            logger.exception("storage_not_checked", storage=storage.name)


def _look(storage: Storage, at: datetime) -> list[Finding]:
    try:
        found = [*_check(storage, at), *reconcile_storage(storage=storage, at=at)]
    except OperationError as failure:
        found = [Finding(storage_findings.UNREACHABLE, failure.message)]
    return [Finding(finding.id, finding.message[:1].upper() + finding.message[1:]) for finding in found]


def _check(storage: Storage, at: datetime) -> Sequence[Finding]:
    if storage.kind == StorageKind.FOLDER:
        return [*check_folder(open_folder(storage), at)]
    from apps.backups.engines.s3.check import check_bucket  # late, as in open_bucket

    return [*check_bucket(open_bucket(storage))]


def _sweep(storage: Storage, at: datetime) -> None:
    try:
        swept = open_storage(storage).sweep_unfinished(at - UNFINISHED_FOR)
    except OperationError as failure:
        logger.warning("storage_not_swept", storage=storage.name, error=failure.message)
        return
    if swept:
        audit.record(action="storage.swept", subject=storage, details={"keys": swept[:100], "count": len(swept)})


def _tell(storage: Storage, finding: Finding, at: datetime) -> None:
    notify(
        recipients=people_who_may("backups.change_storage"),
        key=f"storage:{storage.pk}:{finding.id}:{at:%Y%m%d}",
        subject=f"The storage {storage}: {finding.id}",
        text=finding.message,
        path=change_address(storage),
        at=at,
    )
