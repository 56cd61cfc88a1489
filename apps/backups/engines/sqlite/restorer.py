"""Restores a SQLite database into a new file, for people."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from apps.backups.engines.destinations import NewPath
from apps.backups.engines.manifest import Manifest
from apps.backups.engines.new_paths import appearing, discard_unfinished
from apps.backups.engines.report import refuting
from apps.backups.engines.restoring import Progress, Restored, Target
from apps.backups.engines.stages import Stages
from apps.backups.engines.streams import CHUNK_BYTES
from apps.backups.exceptions import RestoreRefused

from .prover import SQLiteProver

# What belongs to a virtual table is of the type shadow, and stays with it.
TABLES = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT GLOB 'sqlite_*'"
TRIGGERS = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"


class SQLiteRestorer:
    """Into a new file of the worker's user, which nobody else may read."""

    destination = NewPath(
        noun="file",
        parts_help="One table a line. The structure comes whole, their rows alone. Empty: everything.",
    )

    def restore(self, manifest: Manifest, dump: Path, target: Target, stages: Stages) -> Restored:
        with appearing(target.name, target.mark, needed_bytes=dump.stat().st_size) as unfinished:
            with stages.measure("restore"):
                if target.parts:
                    keep_rows_of(set(target.parts), dump)
                copy_file(dump, unfinished, target.progress)
            if target.parts:
                return Restored([], say("It holds the whole structure and the rows of the chosen tables only."))
            with stages.measure("compare"):
                found = SQLiteProver(unfinished, manifest).compare()
            return Restored(refuting(found), say("It was read whole, and compared with what was backed up."))

    def discard(self, target: Target) -> bool:
        return discard_unfinished(target.name, target.mark)


def say(words: str) -> str:
    """What came of it, and how it is used."""
    return f"{words} The file belongs to the worker's user, and nobody else may read it yet."


def keep_rows_of(tables: set[str], path: Path) -> None:
    """Empty every other table of the file, whatever its triggers would do about that. Raises RestoreRefused."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        known = {name for (name,) in connection.execute(TABLES)}
        if unknown := sorted(tables - known):
            raise RestoreRefused(f"The backup has no table {', '.join(unknown)}.")
        triggers = connection.execute(TRIGGERS).fetchall()
        connection.execute("BEGIN")
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {quoted(name)}")
        for name in known - tables:
            connection.execute(f"DELETE FROM {quoted(name)}")  # noqa: S608 - a quoted name
        for _, statement in triggers:
            connection.execute(statement)
        connection.execute("COMMIT")
        connection.execute("VACUUM")


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def copy_file(source: Path, target: Path, progress: Progress) -> None:
    """Write a new file of the same bytes, down to the disk."""
    size_bytes = source.stat().st_size
    new = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with source.open("rb") as reader, open(new, "wb") as writer:
        while chunk := reader.read(CHUNK_BYTES):
            writer.write(chunk)
            progress(writer.tell(), size_bytes)
        writer.flush()
        os.fsync(writer.fileno())
