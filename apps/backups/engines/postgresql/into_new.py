"""Restores a dump into a new database of a running server, for people. A failure leaves no half-made database."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg import sql

from apps.backups.engines.destinations import NewDatabase
from apps.backups.engines.findings import Finding
from apps.backups.engines.manifest import Manifest
from apps.backups.engines.report import refuting
from apps.backups.engines.restoring import Restored, Target
from apps.backups.engines.stages import Stages
from apps.backups.exceptions import RestoreRefused
from apps.common import shell
from apps.common.postgresql.binaries import Installation, installation_for

from .address import Address, parse_address
from .comparison import compare
from .contents import read_contents
from .dump import translated
from .fingerprint import Fingerprint, prepare_session, take_fingerprint

CREATION = re.compile(r'^CREATE DATABASE (?:"(?:[^"]|"")+"|[^" ]+) WITH (?P<options>.+);$', re.MULTILINE)
HALF_MADE = """
SELECT datname FROM pg_database
WHERE datname = %(nameless)s OR datname = %(name)s AND shobj_description(oid, 'pg_database') = %(mark)s
"""
DESTINATION = NewDatabase(
    server_engine="postgresql",
    parts_help="One schema.table a line. The structure comes whole, their rows alone. Empty: everything.",
    leaves_owners=True,
)
EQUAL = (
    "It was compared with what was backed up. Settings and privileges of the database itself stay with the old name."
)
PARTIAL = (
    "It holds the whole structure and the rows of the chosen tables only, without foreign keys. What is partial is not "
    "compared."
)


@dataclass(frozen=True)
class Backed:
    """What has to be known of a backup before a database is made of it."""

    major: int
    owners: frozenset[str]
    tables: frozenset[str]

    @classmethod
    def of(cls, fingerprint: Fingerprint) -> Self:
        """As its source was."""
        owners = {parts["owner"] for kind in fingerprint.objects.values() for parts in kind.values()}
        return cls(fingerprint.server_major, frozenset(owners), frozenset(fingerprint.tables))


class PostgreSQLRestorer:
    """Into a new database of a running server."""

    destination = DESTINATION

    def restore(self, manifest: Manifest, dump: Path, target: Target, stages: Stages) -> Restored:
        fingerprint = Fingerprint.from_json(manifest.fingerprint)
        with restored_database(Backed.of(fingerprint), dump, target, stages) as address:
            if target.parts:
                return Restored([], say(target, PARTIAL))
            with stages.measure("compare"):
                return Restored(_compare(fingerprint, address, target), say(target, EQUAL))

    def discard(self, target: Target) -> bool:
        """Drop the database if it still bears the mark of a restore that did not end."""
        with parse_address(target.connection_url).connect(autocommit=True) as connection:
            return _drop_half_made(connection, target.name, target.mark)


@contextmanager
def restored_database(backed: Backed, dump: Path, target: Target, stages: Stages) -> Iterator[Address]:
    """Make the database and restore into it; it bears its mark until the block ends well.

    Raises RestoreRefused, ToolFailed, SourceUnreachable.
    """
    server = parse_address(target.connection_url)
    with server.connect(autocommit=True) as connection, translated(server):
        installation = _installation(connection, backed)
        _check(connection, backed, target)
        creation = _creation(installation, dump, _nameless(target.name, target.mark))
        with _new_database(connection, creation, target):
            address = Address({**server.parameters, "dbname": target.name})
            with stages.measure("restore"):
                _restore(installation, dump, address, target)
            yield address


def say(target: Target, words: str) -> str:
    """What came of it, and how it is used."""
    return f"{words} Connect to it as to the other databases of its server, under the name {target.name}."


def _installation(connection: psycopg.Connection[Any], backed: Backed) -> Installation:
    server_major = connection.info.server_version // 10_000
    if server_major < backed.major:
        raise RestoreRefused(
            f"The server is PostgreSQL {server_major}; the backup is of {backed.major}, "
            "which an older server cannot hold. Choose another server."
        )
    return installation_for(server_major)


def _check(connection: psycopg.Connection[Any], backed: Backed, target: Target) -> None:
    exists = connection.execute("SELECT FROM pg_database WHERE datname = %s", [target.name]).fetchone()
    if exists is not None:
        raise RestoreRefused(f"There is a database {target.name} on the server already. Choose another name.")
    row = connection.execute(
        "SELECT rolcreatedb OR rolsuper, rolname FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    if row and not row[0]:
        raise RestoreRefused(f"The user {row[1]} may not create databases. Run: ALTER ROLE {row[1]} CREATEDB")
    if target.with_owners:
        _check_roles(connection, backed)
    unknown = sorted(set(target.parts) - backed.tables)
    if unknown:
        raise RestoreRefused(f"The backup has no table {', '.join(unknown)}. Write it as schema.table.")


def _check_roles(connection: psycopg.Connection[Any], backed: Backed) -> None:
    known = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles").fetchall()}
    missing = sorted(backed.owners - known)
    if missing:
        raise RestoreRefused(
            f"The server has no role {', '.join(missing)}, to whom things in the backup belong. "
            "Create them, or restore without owners and privileges."
        )


@contextmanager
def _new_database(connection: psycopg.Connection[Any], creation: sql.Composed, target: Target) -> Iterator[None]:
    """An empty database as the source's was made; dropped again unless the block ends well."""
    comment = sql.SQL("COMMENT ON DATABASE {} IS {}")
    nameless, name = sql.Identifier(_nameless(target.name, target.mark)), sql.Identifier(target.name)
    try:
        connection.execute(creation)
        connection.execute(comment.format(nameless, sql.Literal(target.mark)))
        connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(nameless, name))
        yield
        connection.execute(comment.format(name, sql.Literal("Restored by Seaworthy")))
    except BaseException:
        _drop_half_made(connection, target.name, target.mark)
        raise


def _nameless(name: str, mark: str) -> str:
    """What it is called until it bears its mark: a server goes on with CREATE DATABASE when its client dies."""
    return f"{name[:20]} ({mark})"


def _drop_half_made(connection: psycopg.Connection[Any], name: str, mark: str) -> bool:
    """Drop what bears the mark, in its name or as its comment."""
    found = connection.execute(HALF_MADE, {"nameless": _nameless(name, mark), "name": name, "mark": mark}).fetchall()
    for (half_made,) in found:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(half_made)))
    return bool(found)


def _creation(installation: Installation, dump: Path, name: str) -> sql.Composed:
    """CREATE DATABASE of the new name, with the encoding and the locale that the dump says."""
    options = ["--create", "--no-tablespaces", "--section=pre-data", "--file=-"]
    command = shell.Command([installation.program("pg_restore"), *options, dump], timeout_seconds=600)
    found = CREATION.search(shell.run(command).text)
    if found is None:
        raise RestoreRefused("The dump does not say how its database was made, so no new one can be made like it.")
    # The words are pg_dump's own, of a dump whose checksum is that of the backup.
    words = sql.SQL(found["options"])
    return sql.SQL("CREATE DATABASE {} WITH {}").format(sql.Identifier(name), words)


def _restore(installation: Installation, dump: Path, address: Address, target: Target) -> None:
    contents = read_contents(installation, dump)
    if target.parts:
        contents = contents.only_rows_of(target.parts)
    listed = dump.with_suffix(".list")
    listed.write_text(contents.text)
    done = _Counter(target, len(contents.entries))
    command = shell.Command(
        [installation.program("pg_restore"), *make_arguments(dump, listed, address, target)],
        environment=address.environment,
        secrets=address.secrets,
        timeout_seconds=target.timeout_seconds,
        hear=done.hear,
    )
    shell.run(command)


def make_arguments(dump: Path, listed: Path, address: Address, target: Target) -> list[str | Path]:
    """Arguments of pg_restore: what is listed, two at a time, stopping at the first error, telling of each object."""
    return [
        "--exit-on-error",
        "--no-password",
        "--no-tablespaces",
        "--verbose",
        f"--jobs={1 if dump.suffix == '.tar' else 2}",
        f"--use-list={listed}",
        *([] if target.with_owners else ["--no-owner", "--no-privileges"]),
        f"--dbname={address.public_conninfo}",
        dump,
    ]


class _Counter:
    """Counts what pg_restore says it has done."""

    SAID = ("pg_restore: finished item", "pg_restore: processing item", "pg_restore: creating")

    def __init__(self, target: Target, total: int) -> None:
        self._target, self._total, self._done = target, total, 0

    def hear(self, line: str) -> None:
        if line.startswith(self.SAID):
            self._done += 1
            self._target.progress(min(self._done, self._total), self._total)


def _compare(source: Fingerprint, address: Address, target: Target) -> list[Finding]:
    """What belongs to the database as a whole stays with the old name, so it is not compared."""
    with address.connect() as connection:
        prepare_session(connection)
        restored = take_fingerprint(connection, like=source)
    ignored = {"owner", "privileges", "column_privileges"} if not target.with_owners else set()
    return refuting(compare(_without(source, ignored), _without(restored, ignored)))


def _without(fingerprint: Fingerprint, parts: set[str]) -> Fingerprint:
    objects = {
        kind: {
            name: {part: value for part, value in found.items() if part not in parts} for name, found in all_.items()
        }
        for kind, all_ in fingerprint.objects.items()
        if kind != "database"
    }
    return Fingerprint(**{**vars(fingerprint), "objects": objects})
