"""Proves backups of PostgreSQL in a throwaway server."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from apps.backups.engines.findings import Finding, Verdict
from apps.backups.engines.manifest import Manifest
from apps.backups.engines.report import Stopped
from apps.common import shell
from apps.common.postgresql.binaries import installation_for
from apps.common.postgresql.server import Server
from apps.common.postgresql.throwaway import throwaway_server

from .comparison import compare
from .fingerprint import Fingerprint
from .restore import explain_failure, fingerprint_of, restore
from .roles import Role


class PostgreSQLProver:
    """A throwaway server, and what should be in it after the restore."""

    def __init__(self, server: Server, manifest: Manifest) -> None:
        self._server = server
        self._manifest = manifest
        self._roles = [Role.from_json(role) for role in manifest.extras["roles"]]

    def restore(self, dump: Path, *, timeout_seconds: float) -> None:
        try:
            restore(
                self._server,
                dump,
                database=self._manifest.database,
                roles=self._roles,
                timeout_seconds=timeout_seconds,
            )
        except shell.ToolFailed as error:
            is_refuted, finding = explain_failure(error)
            verdict = Verdict.FAILED if is_refuted else Verdict.COULD_NOT_VERIFY
            raise Stopped(verdict, finding.id, finding.message) from error

    def compare(self) -> list[Finding]:
        restored = fingerprint_of(self._server, self._manifest.database)
        return compare(Fingerprint.from_json(self._manifest.fingerprint), restored)


@contextmanager
def proving_postgresql(manifest: Manifest, folder: Path) -> Iterator[PostgreSQLProver]:
    """A server that is not older than the source nor than the tool that dumped it."""
    dump_major = int(manifest.tool_version.split(".")[0])
    major = max(int(manifest.fingerprint["server_major"]), dump_major)
    # A name that no source uses: a lost owner must not look like the right one.
    superuser = f"drill_{secrets.token_hex(4)}"
    with throwaway_server(installation_for(major, with_server=True), superuser=superuser) as server:
        yield PostgreSQLProver(server, manifest)
