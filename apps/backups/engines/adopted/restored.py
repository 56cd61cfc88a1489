"""A dump of unknown origin, restored into a throwaway server."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from apps.backups.engines import findings
from apps.backups.engines.findings import Finding
from apps.backups.engines.manifest import Manifest
from apps.backups.engines.postgresql.isolated import DRILL_SETTINGS
from apps.backups.engines.postgresql.prover import PostgreSQLProver
from apps.backups.engines.postgresql.roles import Role
from apps.backups.engines.report import refuted
from apps.backups.engines.stages import Stages
from apps.backups.engines.watch import Limits, watched
from apps.common import shell
from apps.common.postgresql.binaries import Installation, installation_for
from apps.common.postgresql.server import Server
from apps.common.postgresql.throwaway import throwaway_server

from .made_up_roles import roles_named_in


@dataclass(frozen=True)
class Copy:
    """What was restored, who can look at it, and what had to be made up."""

    server: Server
    prover: PostgreSQLProver
    warnings: list[Finding]


@contextmanager
def restored_copy(manifest: Manifest, dump: Path, stages: Stages, limits: Limits) -> Iterator[Copy]:
    """Restore everything, after making up the roles that the dump names. Raises Stopped."""
    major = int(manifest.extras["major"])
    installation = installation_for(major, with_server=True)
    with stages.measure("list"):
        roles = _roles(dump, installation)
    superuser = f"drill_{secrets.token_hex(4)}"
    with throwaway_server(installation, settings=DRILL_SETTINGS, superuser=superuser, is_isolated=True) as server:
        prover = PostgreSQLProver(server, _as_if_taken_here(manifest, roles, major))
        with watched(prover, limits):
            with stages.measure("restore"):
                prover.restore(dump, timeout_seconds=limits.timeout_seconds)
            dump.unlink()
            yield Copy(server, prover, list(_warn(roles)))


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
