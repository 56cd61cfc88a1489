"""Looks at a folder as a place for backups: written to, read, listed, cleared, with room left."""

import shutil
from collections.abc import Iterator
from datetime import datetime

from apps.backups.exceptions import StorageFailed

from . import storage_findings as ids
from .findings import Finding
from .storage import LocalStorage

PROBE = ".seaworthy-check"
FREE_SHARE = 0.1


def check_folder(storage: LocalStorage, at: datetime) -> Iterator[Finding]:
    """Everything that is wrong with it now."""
    try:
        with storage.write(PROBE) as file:
            file.write(at.isoformat().encode())
    except StorageFailed as failure:
        yield Finding(ids.NOT_WRITABLE, failure.message)
        return
    if storage.fetch(PROBE, storage.folder).read_bytes() != at.isoformat().encode():
        yield Finding(ids.NOT_READABLE, f"What is written to {storage} does not come back as it was.")
    storage.delete(PROBE)
    usage = shutil.disk_usage(storage.folder)
    if usage.free < usage.total * FREE_SHARE:
        free = f"{usage.free >> 20} of {usage.total >> 20} MiB are free"
        yield Finding(ids.NEARLY_FULL, f"The disk of {storage} is nearly full: {free}. Make room, or keep fewer.")
