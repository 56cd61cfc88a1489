"""Proves backups of SQLite: the file opens, is whole inside, and holds what it held."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from apps.backups.engines import findings
from apps.backups.engines.differences import compare_contents, compare_objects, compare_position
from apps.backups.engines.findings import Finding
from apps.backups.engines.manifest import Manifest
from apps.backups.engines.report import left_open, refuted

from .fingerprint import Fingerprint, reading, take_fingerprint

UNKNOWN_HERE = ("no such collation sequence", "no such module", "no such function")
PROBLEMS_SHOWN = 3


class SQLiteProver:
    """A private file, and what should be in it."""

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self._path = path
        self._manifest = manifest

    def restore(self, dump: Path, *, timeout_seconds: float) -> None:
        """The artefact is the database. A second name, because the drill removes the first."""
        os.link(dump, self._path)

    def compare(self) -> list[Finding]:
        try:
            with reading(self._path) as connection:
                problems = list(_damages(connection))
                restored = take_fingerprint(connection)
        except sqlite3.Error as error:
            if any(words in str(error) for words in UNKNOWN_HERE):
                message = f"This machine lacks what the database uses: {error}."
                raise left_open(findings.EXTENSION_NOT_INSTALLED_HERE, message) from error
            raise refuted(findings.RESTORE_FAILED, f"SQLite refused the restored file: {error}.") from error
        return [*problems, *compare(Fingerprint.from_json(self._manifest.fingerprint), restored)]


@contextmanager
def proving_sqlite(manifest: Manifest, folder: Path) -> Iterator[SQLiteProver]:
    """A place in the drill's own folder."""
    yield SQLiteProver(folder / "restored.sqlite", manifest)


def compare(source: Fingerprint, restored: Fingerprint) -> list[Finding]:
    """Everything in which the restored file is not what the source was."""
    return [
        *_compare_settings(source.settings, restored.settings),
        *compare_objects(source.objects, restored.objects),
        *compare_contents(source.tables, restored.tables),
        *_compare_counters(source.counters, restored.counters),
        *_compare_references(source.foreign_key_violations, restored.foreign_key_violations),
    ]


def _damages(connection: sqlite3.Connection) -> Iterator[Finding]:
    said = [row[0] for row in connection.execute("PRAGMA integrity_check")]
    if said != ["ok"]:
        message = f"The database is damaged inside: {'; '.join(said[:PROBLEMS_SHOWN])}."
        yield Finding(findings.INTEGRITY_FAILED, message)


def _compare_settings(source: dict[str, str], restored: dict[str, str]) -> Iterator[Finding]:
    for name, before in source.items():
        after = restored[name]
        if before != after:
            identifier = findings.ENCODING_DIFFERS if name == "encoding" else findings.SCHEMA_DIFFERS
            yield Finding(identifier, f"The {name.replace('_', ' ')} is {after}; at backup time it was {before}.")


def _compare_counters(source: dict[str, int], restored: dict[str, int]) -> Iterator[Finding]:
    for name, before in source.items():
        yield from compare_position(name, before, before, restored.get(name, 0))


def _compare_references(before: int, after: int) -> Iterator[Finding]:
    if before != after:
        message = f"{after} rows refer to rows that are not there; at backup time {before} did."
        yield Finding(findings.INTEGRITY_FAILED, message)
