"""Proves backups of MariaDB in a throwaway server."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from apps.backups.engines import findings
from apps.backups.engines.findings import Finding, Verdict
from apps.backups.engines.manifest import Manifest
from apps.backups.engines.report import Stopped, left_open, refuted
from apps.backups.exceptions import SourceUnreachable, ToolTooOld
from apps.common import shell

from .address import rows_of, translated
from .comparison import compare
from .dump import ENDED, TAIL_BYTES
from .fingerprint import Fingerprint, has_history, take_fingerprint
from .moment import connected
from .programs import tool_for
from .server import ThrowawayFailed, ThrowawayServer, throwaway_server
from .users import Grant, create_users

# Said when this machine, and not the backup, is what stops the restore.
MACHINE_FAULTS = {
    r"No space left on device|is full": findings.DISK_TOO_SMALL,
    r"Unknown storage engine|Unknown plugin|plugin .* is not loaded": findings.EXTENSION_NOT_INSTALLED_HERE,
    r"Unknown collation|Unknown character set": findings.LOCALE_NOT_INSTALLED_HERE,
    r"server has gone away|Lost connection|Can't connect": findings.SERVER_FAILED,
}


# The client stops at the first error. Its clock is at the beginning of time: an event of the past would not be created.
RESTORE_ARGUMENTS = [
    "--default-character-set=utf8mb4",
    "--max-allowed-packet=1G",
    "--init-command=SET timestamp = 1",
]


class MariaDBProver:
    """A throwaway server, and what should be in it after the restore."""

    def __init__(self, server: ThrowawayServer, manifest: Manifest) -> None:
        self.folder = server.folder
        self._server = server
        self._database = manifest.database
        self._source = Fingerprint.from_json(manifest.fingerprint)
        self._grants = [Grant.from_json(grant) for grant in manifest.extras["grants"]]

    def restore(self, dump: Path, *, timeout_seconds: float) -> None:
        require_end(dump)
        address = self._server.address_of("")
        client = tool_for("mariadb", self._source.server_version, package="mariadb-client")
        command = shell.Command(
            [client.path, *address.arguments, *RESTORE_ARGUMENTS],
            environment=address.environment,
            secrets=[address.password],
            timeout_seconds=timeout_seconds,
            user=self._server.user,
            input_file=dump,
        )
        try:
            shell.run(command)
        except shell.ToolFailed as error:
            raise explain_failure(error) from error
        with connected(address) as connection:
            if not rows_of(connection, "SHOW DATABASES WHERE `Database` = %s", [self._database]):
                raise refuted(findings.RESTORE_FAILED, f"The database {self._database} is not there after the restore.")
            create_users(connection, self._grants)

    def compare(self) -> list[Finding]:
        address = self._server.address_of(self._database)
        try:
            with translated(address), connected(address) as connection:
                with_history = has_history(self._source.server_version)
                restored = take_fingerprint(connection, self._database, with_history=with_history)
        except SourceUnreachable as error:
            raise left_open(findings.DRILL_BROKEN, f"The drill broke: {error.message}") from error
        return compare(self._source, restored)

    def stop(self) -> None:
        """For the watch over time and disk."""
        self._server.stop()


@contextmanager
def proving_mariadb(manifest: Manifest, folder: Path) -> Iterator[MariaDBProver]:
    """A server that is not older than the source, with the variables that its structure needs."""
    source = Fingerprint.from_json(manifest.fingerprint)
    with _left_open(), throwaway_server(folder, version=source.server_version, variables=source.variables) as server:
        yield MariaDBProver(server, manifest)


def require_end(dump: Path) -> None:
    """Refuse a dump that was cut between two statements: the client would see nothing wrong in it."""
    with dump.open("rb") as file:
        file.seek(max(0, dump.stat().st_size - TAIL_BYTES))
        if ENDED not in file.read():
            raise refuted(findings.RESTORE_FAILED, "The dump ends without its last line, so it is not whole.")


def explain_failure(error: shell.ToolFailed) -> Stopped:
    """Whether the backup is to blame, and why the restore failed."""
    if isinstance(error, shell.ToolTimedOut):
        return left_open(findings.TIME_LIMIT_REACHED, error.message)
    reason = without_statement(error.message)
    for pattern, identifier in MACHINE_FAULTS.items():
        if re.search(pattern, reason):
            return left_open(identifier, f"This machine could not restore it: {reason}")
    return Stopped(Verdict.FAILED, findings.RESTORE_FAILED, f"The restore failed: {reason}")


def without_statement(message: str) -> str:
    """Why the client ended, without the statement that it repeats between two lines: that may hold rows."""
    said, line, reason = message.rpartition("--------------\n")
    return f"{said.partition(':')[0]}: {reason.strip()}" if line else message


@contextmanager
def _left_open() -> Iterator[None]:
    try:
        yield
    except ToolTooOld as error:
        raise left_open(findings.SERVER_MISSING, error.message) from error
    except ThrowawayFailed as error:
        raise left_open(findings.SERVER_FAILED, error.message) from error
