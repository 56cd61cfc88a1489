"""Tests whether a folder can be backed up here."""

import os
from datetime import datetime

from apps.backups.engines.probe import Line, fine, missing
from apps.backups.exceptions import AddressInvalid

from .source import FilesSource


def probe_files(url: str, at: datetime) -> list[Line]:
    """Look at the folder as a backup would, but not below it: that would take as long as the backup."""
    try:
        root = FilesSource.from_url(url).root
    except AddressInvalid as error:
        return [missing("address", error.message)]
    if not root.is_dir():
        return [missing("folder", f"{root} is no folder, or is not there.", "Mount it on the worker.")]
    if not os.access(root, os.R_OK | os.X_OK):
        return [missing("folder", f"{root} may not be read.", "Let the worker's user read everything in it.")]
    return [fine("folder", f"{root} is a folder that this machine may read.")]
