"""Restores a dump into a throwaway server, and says whose fault it is when that fails."""

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from apps.backups.engines import findings
from apps.backups.engines.findings import Finding
from apps.common import shell
from apps.common.isolation import isolation_for
from apps.common.postgresql.server import Server

from .contents import read_contents
from .fingerprint import Fingerprint, prepare_session, take_fingerprint
from .isolated import make_session_options
from .roles import Role, create_roles, read_roles, run_globals

MAINTENANCE_DATABASE = "template1"
EVENT_TRIGGERS_CAN_BE_OFF = 17  # since this major, by a setting

# Said by PostgreSQL when this machine, and not the backup, is what stops the restore.
MACHINE_FAULTS = {
    r'extension "[^"]+" is not available': findings.EXTENSION_NOT_INSTALLED_HERE,
    r"could not open extension control file": findings.EXTENSION_NOT_INSTALLED_HERE,
    r"invalid (LC_\w+ )?locale name|invalid locale|could not create locale|ICU is not supported": (
        findings.LOCALE_NOT_INSTALLED_HERE
    ),
    r"No space left on device": findings.DISK_TOO_SMALL,
    r"server closed the connection unexpectedly|terminating connection|connection to server .* failed": (
        findings.SERVER_FAILED
    ),
}

# Said of rows that the source holds against its own rules.
VIOLATED = (
    r"violates (foreign key|check|not-null|unique|exclusion) constraint|is violated by some row"
    r"|could not create (unique index|exclusion constraint)"
)
UNKNOWN_ROLE = r'role "([^"]+)" does not exist'


def restore(
    server: Server,
    dump: Path,
    *,
    database: str,
    roles: list[Role],
    timeout_seconds: float,
    has_event_triggers: bool = False,
    globals_script: str = "",
) -> None:
    """Create the roles and restore the whole dump, its CREATE DATABASE included. Raises ToolFailed.

    Where there is a script of the roles, as a recovery without Seaworthy would run it, they are what it creates.
    """
    with psycopg.connect(**server.connection_parameters(MAINTENANCE_DATABASE), autocommit=True) as connection:
        if globals_script:
            run_globals(connection, globals_script)
        else:
            create_roles(connection, [role for role in roles if role.name != server.superuser])
        if database == "postgres":  # a fresh server has one, which would stop the dump from creating it
            connection.execute("DROP DATABASE postgres")
    if has_event_triggers and server.installation.major < EVENT_TRIGGERS_CAN_BE_OFF:
        _restore_in_two(server, dump, database, timeout_seconds)
    else:
        _run_restore(server, dump, MAINTENANCE_DATABASE, ["--create"], timeout_seconds)


def _restore_in_two(server: Server, dump: Path, database: str, timeout_seconds: float) -> None:
    """With several jobs pg_restore may make event triggers before its last work, which they would then forbid."""
    entries = read_contents(server.installation, dump, with_database=True).entries
    late = [entry for entry in entries if "EVENT TRIGGER" in entry]
    first = _use_list(dump, "first", [entry for entry in entries if entry not in late])
    _run_restore(server, dump, MAINTENANCE_DATABASE, ["--create", first], timeout_seconds)
    _run_restore(server, dump, database, [_use_list(dump, "late", late)], timeout_seconds)


def _use_list(dump: Path, name: str, entries: list[str]) -> str:
    file = dump.with_name(f"{name}-entries")
    file.write_text("\n".join(entries) + "\n")
    return f"--use-list={file}"


def _run_restore(server: Server, dump: Path, target: str, options: list[str], timeout_seconds: float) -> None:
    parameters = server.connection_parameters(target)
    password = parameters.pop("password")
    arguments = [*options, *make_restore_arguments(dump, parameters)]
    shell.run(
        shell.Command(
            [server.installation.program("pg_restore"), *arguments],
            behind=isolation_for(None).arguments if server.isolation.arguments else (),
            environment={"PGPASSWORD": password, "PGOPTIONS": make_session_options(server.installation.major)},
            secrets=[password],
            timeout_seconds=timeout_seconds,
        )
    )


def make_restore_arguments(dump: Path, parameters: dict[str, Any]) -> list[str | Path]:
    """Arguments of pg_restore: owners and privileges too, on all cores but of a tar, stopping at the first error."""
    return [
        "--exit-on-error",
        "--no-password",
        "--no-tablespaces",
        f"--jobs={1 if dump.suffix == '.tar' else max(2, _cores())}",
        f"--host={parameters['host']}",
        f"--port={parameters['port']}",
        f"--username={parameters['user']}",
        f"--dbname={parameters['dbname']}",
        dump,
    ]


def fingerprint_of(server: Server, database: str, *, like: Fingerprint | None = None) -> Fingerprint:
    """The fingerprint of a restored database, taken as its source's was, on all cores."""
    with ExitStack() as stack:
        connections = [stack.enter_context(_connected(server, database)) for _ in range(_cores())]
        return take_fingerprint(*connections, like=like)


def roles_of(server: Server) -> list[Role]:
    """The roles that are there after a restore."""
    with _connected(server, MAINTENANCE_DATABASE) as connection:
        return read_roles(connection)


@contextmanager
def _connected(server: Server, database: str) -> Iterator[psycopg.Connection[Any]]:
    options = make_session_options(server.installation.major)
    with psycopg.connect(**server.connection_parameters(database), options=options) as connection:
        prepare_session(connection)
        yield connection


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def explain_failure(error: shell.ToolFailed) -> tuple[bool, Finding]:
    """Whether the backup is to blame, and the finding that says why the restore failed."""
    if isinstance(error, shell.ToolTimedOut):
        return False, Finding(findings.TIME_LIMIT_REACHED, error.message)
    for pattern, identifier in MACHINE_FAULTS.items():
        if re.search(pattern, error.message):
            return False, Finding(identifier, f"This machine could not restore it: {error.message}")
    if role := re.search(UNKNOWN_ROLE, error.message):
        message = f"Something belongs to the role {role[1]}, which was not there at backup time: {error.message}"
        return True, Finding(findings.OWNER_DIFFERS, message)
    if re.search(VIOLATED, error.message):
        message = f"Rows in the backup break a constraint of their own tables: {error.message}"
        return True, Finding(findings.CONSTRAINT_VIOLATED, message)
    return True, Finding(findings.RESTORE_FAILED, f"The restore failed: {error.message}")
