"""Tests whether a SQLite file can be backed up and drilled here."""

from datetime import datetime

from apps.backups.engines.probe import Line, disk_line, fine, missing
from apps.backups.exceptions import AddressInvalid, SourceUnreachable
from apps.common.postgresql import placement

from .source import SQLiteSource, require_database


def probe_sqlite(url: str, at: datetime) -> list[Line]:
    """Look at the file as a backup would. What is wrong with it is a line."""
    try:
        source = SQLiteSource.from_url(url)
        size_bytes = require_database(source.path)
    except AddressInvalid as error:
        return [missing("address", error.message)]
    except SourceUnreachable as error:
        return [missing("file", error.message, "Let the worker's user read the file and its folder.")]
    return [
        fine("file", f"{source.path} is a SQLite database that this machine may read."),
        disk_line(placement.temporary_folder(placement.server_user()), size_bytes),
    ]
