"""What a restore for people makes: a database on a server, or a file or folder on the worker. Never over an old one."""

import re
from dataclasses import dataclass
from datetime import datetime

from apps.backups.exceptions import RestoreRefused

from .new_paths import allowed_new_path, suggested_path

DATABASE_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


@dataclass(frozen=True)
class NewDatabase:
    """A database of a name that is free, on the server of a known database of this engine."""

    server_engine: str
    parts_help: str
    leaves_owners: bool = False  # owners and privileges can be left out
    reaches_instants: bool = False
    is_compared: bool = True  # with what was measured when it was backed up
    noun: str = "database"
    name_label: str = "Name of the new database"
    name_help: str = "Small letters, digits and underscores. There must be no database of this name yet."

    def check(self, name: str) -> None:
        """Raises RestoreRefused."""
        if not DATABASE_NAME.fullmatch(name):
            message = "Small letters, digits and underscores, not beginning with a digit, 63 at most."
            raise RestoreRefused(message)

    def suggest(self, name: str, at: datetime) -> str:
        return f"{name}_{at:%Y%m%d}".replace("-", "_")


@dataclass(frozen=True)
class NewPath:
    """A file or a folder of the worker, below RESTORE_DIRECTORIES, where there is nothing yet."""

    noun: str
    parts_help: str
    leaves_owners: bool = False
    reaches_instants: bool = False
    is_compared: bool = True
    server_engine: str = ""
    name_help: str = "An absolute path on the worker, below RESTORE_DIRECTORIES. There must be nothing there yet."

    @property
    def name_label(self) -> str:
        return f"Path of the new {self.noun}"

    def check(self, name: str) -> None:
        """Raises RestoreRefused."""
        allowed_new_path(name)

    def suggest(self, name: str, at: datetime) -> str:
        return suggested_path(f"{name}-{at:%Y%m%d}")


Destination = NewDatabase | NewPath
