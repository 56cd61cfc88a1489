"""Whether there is room for what a drill restores."""

import shutil
from pathlib import Path

from . import findings
from .report import left_open

SERVER_BYTES = 200 << 20  # an empty server with its first write-ahead log


def require_disk(folder: Path, needed_bytes: int) -> None:
    """Raises Stopped when the disk of the folder has no room for the restored bytes and a server."""
    needed, free = needed_bytes + SERVER_BYTES, shutil.disk_usage(folder).free
    if free < needed:
        message = f"The drill needs {needed >> 20} MiB in {folder.parent} and {free >> 20} MiB are free."
        raise left_open(findings.DISK_TOO_SMALL, message)
