"""Restores a dump into a throwaway server, and says whose fault it is when that fails."""

import os
import re
from pathlib import Path
from typing import Any

import psycopg

from apps.backups.engines import findings
from apps.backups.engines.findings import Finding
from apps.common import shell
from apps.common.postgresql.server import Server

from .fingerprint import Fingerprint, prepare_session, take_fingerprint
from .roles import Role, create_roles

MAINTENANCE_DATABASE = "template1"

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

UNKNOWN_ROLE = r'role "([^"]+)" does not exist'


def restore(server: Server, dump: Path, *, database: str, roles: list[Role], timeout_seconds: float) -> None:
    """Create the roles and restore the whole dump, its CREATE DATABASE included. Raises ToolFailed."""
    with psycopg.connect(**server.connection_parameters(MAINTENANCE_DATABASE), autocommit=True) as connection:
        create_roles(connection, [role for role in roles if role.name != server.superuser])
        if database == "postgres":  # a fresh server has one, which would stop the dump from creating it
            connection.execute("DROP DATABASE postgres")
    parameters = server.connection_parameters(MAINTENANCE_DATABASE)
    password = parameters.pop("password")
    shell.run(
        shell.Command(
            [server.installation.program("pg_restore"), *make_restore_arguments(dump, parameters)],
            environment={"PGPASSWORD": password},
            secrets=[password],
            timeout_seconds=timeout_seconds,
        )
    )


def make_restore_arguments(dump: Path, parameters: dict[str, Any]) -> list[str | Path]:
    """Arguments of pg_restore: everything, owners and privileges too, on all cores, stopping at the first error."""
    return [
        "--create",
        "--exit-on-error",
        "--no-password",
        "--no-tablespaces",
        f"--jobs={max(2, len(os.sched_getaffinity(0)))}",
        f"--host={parameters['host']}",
        f"--port={parameters['port']}",
        f"--username={parameters['user']}",
        f"--dbname={parameters['dbname']}",
        dump,
    ]


def fingerprint_of(server: Server, database: str) -> Fingerprint:
    """The fingerprint of a restored database."""
    with psycopg.connect(**server.connection_parameters(database)) as connection:
        prepare_session(connection)
        return take_fingerprint(connection)


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
    return True, Finding(findings.RESTORE_FAILED, f"The restore failed: {error.message}")
