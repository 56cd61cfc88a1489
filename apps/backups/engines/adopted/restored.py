"""A dump of unknown origin, restored into a throwaway server."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
from psycopg import sql

from apps.backups.engines import findings
from apps.backups.engines.findings import Finding
from apps.backups.engines.manifest import Manifest
from apps.backups.engines.postgresql.isolated import DRILL_SETTINGS
from apps.backups.engines.postgresql.prover import PostgreSQLProver, stopped_by
from apps.backups.engines.postgresql.restore import MAINTENANCE_DATABASE
from apps.backups.engines.postgresql.roles import Role, create_roles
from apps.backups.engines.report import refuted
from apps.backups.engines.stages import Stages
from apps.backups.engines.watch import Limits, watched
from apps.common import shell
from apps.common.postgresql.binaries import Installation, installation_for
from apps.common.postgresql.server import Server
from apps.common.postgresql.throwaway import throwaway_server

from .form import Form
from .made_up_roles import roles_named_in, roles_named_in_script
from .script import run_script
from .stored import discard


@dataclass(frozen=True)
class Copy:
    """What was restored, who can look at it, and what had to be made up."""

    server: Server
    prover: PostgreSQLProver
    warnings: list[Finding]


@contextmanager
def restored_copy(manifest: Manifest, dump: Path, stages: Stages, limits: Limits, *, owner: str = "") -> Iterator[Copy]:
    """Restore everything, after making up the roles that the dump names. Raises Stopped.

    What the dump gives to nobody belongs to the owner, else to a role of a random name.
    """
    major, form = int(manifest.extras["major"]), Form(manifest.extras.get("form", Form.CUSTOM))
    installation = installation_for(major, with_server=True)
    with stages.measure("list"):
        roles = roles_named_in_script(dump) if form == Form.SCRIPT else _roles(dump, installation)
    superuser = owner or f"drill_{secrets.token_hex(4)}"
    with throwaway_server(installation, settings=DRILL_SETTINGS, superuser=superuser, is_isolated=True) as server:
        prover = PostgreSQLProver(server, _as_if_taken_here(manifest, roles, major))
        with watched(prover, limits):
            with stages.measure("restore"):
                if form == Form.SCRIPT:
                    _restore_script(server, dump, manifest.database, roles, limits.timeout_seconds)
                else:
                    prover.restore(dump, timeout_seconds=limits.timeout_seconds)
            discard(dump)
            yield Copy(server, prover, list(_warn(roles)))


def _restore_script(server: Server, script: Path, database: str, roles: list[Role], timeout_seconds: float) -> None:
    """A script says nothing of its database's encoding and collation, but what it was dumped in."""
    parameters = server.connection_parameters(MAINTENANCE_DATABASE)
    with psycopg.connect(**parameters, autocommit=True) as connection:
        create_roles(connection, [role for role in roles if role.name != server.superuser])
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(database)))
        create = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
        connection.execute(create.format(sql.Identifier(database)))
    try:
        run_script(server, script, database, timeout_seconds)
    except shell.ToolFailed as error:
        raise stopped_by(error) from error


def _roles(dump: Path, installation: Installation) -> list[Role]:
    try:
        return roles_named_in(dump, installation)
    except shell.ToolFailed as error:
        raise refuted(findings.ARTEFACT_UNREADABLE, f"pg_restore cannot read the dump: {error.message}") from error


def _as_if_taken_here(manifest: Manifest, roles: list[Role], major: int) -> Manifest:
    fingerprint = {"server_major": major, "objects": {}}
    return replace(manifest, fingerprint=fingerprint, extras={"roles": [role.as_json() for role in roles]})


def _warn(roles: list[Role]) -> Iterator[Finding]:
    if roles:
        names = ", ".join(role.name for role in roles)
        message = f"The dump carries no roles. These were made up, so that what belongs to them could be: {names}."
        yield Finding(findings.ROLES_MADE_UP, message)
