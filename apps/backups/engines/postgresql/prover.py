"""Proves backups of PostgreSQL in a throwaway server."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg

from apps.backups.engines import findings
from apps.backups.engines.checks import Check
from apps.backups.engines.findings import Finding, Verdict
from apps.backups.engines.manifest import Manifest
from apps.backups.engines.report import Stopped, refuted
from apps.backups.engines.stages import TIMEOUT_SECONDS, Stages
from apps.common import shell
from apps.common.postgresql.binaries import installation_for
from apps.common.postgresql.server import Server, kill_server
from apps.common.postgresql.throwaway import throwaway_server

from .amcheck import is_available, run_amcheck
from .asking import ask_all, reading
from .comparison import compare, compare_roles
from .fingerprint import Fingerprint
from .isolated import DRILL_SETTINGS, make_session_options, neutralise
from .restore import explain_failure, fingerprint_of, restore, roles_of
from .roles import GLOBALS_NAME, Role


class PostgreSQLProver:
    """A throwaway server, and what should be in it after the restore."""

    def __init__(self, server: Server, manifest: Manifest, *, globals_file: Path | None = None) -> None:
        self._server = server
        self._manifest = manifest
        self._globals_file = globals_file
        self._roles = [Role.from_json(role) for role in manifest.extras["roles"]]

    @property
    def folder(self) -> Path:
        return self._server.folder

    def stop(self) -> None:
        kill_server(self._server.data_folder)

    def restore(self, dump: Path, *, timeout_seconds: float) -> None:
        try:
            restore(
                self._server,
                dump,
                database=self._manifest.database,
                roles=self._roles,
                timeout_seconds=timeout_seconds,
                has_event_triggers=bool(self._manifest.fingerprint["objects"].get("event trigger")),
                globals_script=self._read_globals(),
            )
        except psycopg.OperationalError:  # the server's end, which says nothing of the roles
            raise
        except (psycopg.Error, UnicodeError) as error:
            words = " ".join(str(error).split())
            raise refuted(findings.RESTORE_FAILED, f"The roles in {GLOBALS_NAME} cannot be created: {words}") from error
        except shell.ToolFailed as error:
            raise stopped_by(error) from error

    def _read_globals(self) -> str:
        """Older backups have none beside them."""
        file = self._globals_file
        return file.read_text() if file and file.exists() else ""

    def compare(self) -> list[Finding]:
        source = Fingerprint.from_json(self._manifest.fingerprint)
        restored = fingerprint_of(self._server, self._manifest.database, like=source)
        return [*compare_roles(self._roles, roles_of(self._server)), *compare(source, restored)]

    def examine(self, checks: Sequence[Check], stages: Stages) -> list[Finding]:
        # Of a database in SQL_ASCII, names would come as bytes.
        parameters = self._parameters | {"options": self._options, "client_encoding": "UTF8"}
        with psycopg.connect(**parameters, autocommit=True) as connection:
            neutralise(connection, self._manifest.database)
            return [
                *self._judge_isolation(),
                *self._read_every_page(connection, stages),
                *self._ask(connection, checks, stages),
            ]

    def _judge_isolation(self) -> Iterator[Finding]:
        if not self._server.isolation.has_own_network:
            message = (
                "This machine allows no network of its own to a drill, so restored code could have used its network."
            )
            yield Finding(findings.NETWORK_NOT_ISOLATED, message)

    def _read_every_page(self, connection: psycopg.Connection[Any], stages: Stages) -> list[Finding]:
        installation = self._server.installation
        if not is_available(connection):
            message = f"PostgreSQL {installation.version} has no amcheck here, so indexes and pages were not read."
            return [Finding(findings.INDEX_CHECK_SKIPPED, message)]
        with stages.measure("amcheck"):
            return run_amcheck(installation, self._parameters, options=self._options, timeout_seconds=TIMEOUT_SECONDS)

    def _ask(self, connection: psycopg.Connection[Any], checks: Sequence[Check], stages: Stages) -> list[Finding]:
        if not checks:
            return []
        with stages.measure("checks"), reading(connection, self._parameters) as reader:
            return ask_all(reader, checks, self._manifest.snapshot_at)

    @cached_property
    def _parameters(self) -> dict[str, Any]:
        return self._server.connection_parameters(self._manifest.database)

    @cached_property
    def _options(self) -> str:
        return make_session_options(self._server.installation.major)


def stopped_by(error: shell.ToolFailed) -> Stopped:
    """The drill ends with what stopped the restore: the backup or this machine."""
    is_refuted, finding = explain_failure(error)
    return Stopped(Verdict.FAILED if is_refuted else Verdict.COULD_NOT_VERIFY, finding.id, finding.message)


@contextmanager
def proving_postgresql(manifest: Manifest, folder: Path) -> Iterator[PostgreSQLProver]:
    """A server that is not older than the source nor than the tool that dumped it."""
    dump_major = int(manifest.tool_version.split(".")[0])
    major = max(int(manifest.fingerprint["server_major"]), dump_major)
    installation = installation_for(major, with_server=True)
    # A name that no source uses: a lost owner must not look like the right one.
    superuser = f"drill_{secrets.token_hex(4)}"
    with throwaway_server(installation, settings=DRILL_SETTINGS, superuser=superuser, is_isolated=True) as server:
        yield PostgreSQLProver(server, manifest, globals_file=folder / GLOBALS_NAME)
