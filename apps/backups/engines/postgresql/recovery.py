"""A throwaway server on another server's own files: it may read the archived log, and can act on nothing else."""

import os
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from apps.backups.engines import findings
from apps.backups.engines.report import Stopped, left_open, refuted
from apps.common import shell
from apps.common.isolation import Isolation
from apps.common.postgresql import placement
from apps.common.postgresql.binaries import server_installation_of
from apps.common.postgresql.server import NOT_ISOLATED, OWN_SETTINGS_FILE, Server, ServerFailed
from apps.common.postgresql.throwaway import SETTINGS

LOG_BYTES_READ = 200_000
POLL_SECONDS = 0.05
OF_THE_SOURCE = ".source"  # behind the names of the configuration files that came with the backup
# What the source was configured to do is not done here, whatever was in its files.
HARMLESS = {
    "hot_standby": "off",
    "max_logical_replication_workers": "0",
    "shared_preload_libraries": "",
    "archive_command": "",
    "recovery_target_action": "promote",
}
# A recovering server needs room for what the source had prepared.
ROOM = {"max_prepared_xacts": "max_prepared_transactions", "max_locks_per_xact": "max_locks_per_transaction"}
LOG_ENDED = re.compile(
    r"recovery ended before configured recovery target|WAL ends before|could not locate required checkpoint"
)
UNKNOWN_ROLE = re.compile(r'role ".+" does not exist')
STOPPED_AT = re.compile(r"recovery stopping (?:before|after) (?:commit|abort) of transaction")


@dataclass(frozen=True)
class Recovered:
    """A server that has replayed the log up to the target, and is an ordinary one now."""

    server: Server

    def connect(self, database: str) -> psycopg.Connection[Any]:
        return psycopg.connect(**self.server.connection_parameters(database), autocommit=True)

    @property
    def has_stopped_itself(self) -> bool:
        """Whether its log says that there was more to replay."""
        return STOPPED_AT.search(_log(self.server)) is not None


def make_server(
    folder: Path,
    *,
    major: int,
    superuser: str,
    user: str | None,
    settings: Mapping[str, str],
    start_seconds: int,
    isolation: Isolation = NOT_ISOLATED,
) -> Server:
    """A server of exactly that major on `folder/data`, not started: its files are put there first."""
    return Server(
        placement.reachable_installation(server_installation_of(major), user),
        folder,
        socket_folder=placement.short_socket_folder(folder / "run", user),
        password=secrets.token_urlsafe(24),
        settings=SETTINGS | HARMLESS | dict(settings),
        user=user,
        superuser=superuser,
        start_seconds=start_seconds,
        isolation=isolation,
    )


def disarm(server: Server) -> None:
    """Let nothing of the source's own configuration count: its files are set aside, not overridden."""
    data = server.data_folder
    server.settings |= _room(server)
    files = {
        "postgresql.conf": f"include '{OWN_SETTINGS_FILE}'\n",
        "postgresql.auto.conf": "",
        "pg_hba.conf": "local all all trust\n",  # the socket is in a folder that nobody else may enter
        "pg_ident.conf": "",
    }
    for name, text in files.items():
        if os.path.lexists(data / name):
            (data / name).replace(data / f"{name}{OF_THE_SOURCE}")
        (data / name).write_text(text)
        (data / name).chmod(0o600)
        placement.give(data / name, server.user)


def replay(server: Server, *, before_blaming: Callable[[], object] = lambda: None) -> None:
    """Start it, and wait until it has replayed the log up to its target. Raises Stopped.

    `before_blaming` may raise when the archive is away, which says nothing of what it holds.
    """
    deadline = time.monotonic() + server.start_seconds
    try:
        server.start()
        while not _answers(server):  # pg_ctl is content with a server that still replays
            if not server.is_running:
                raise _explain_end(server, before_blaming)
            if time.monotonic() > deadline:
                raise left_open(findings.TIME_LIMIT_REACHED, f"The log took longer than {server.start_seconds} s.")
            time.sleep(POLL_SECONDS)
    except ServerFailed as error:
        raise _explain_end(server, before_blaming) from error


def _answers(server: Server) -> bool:
    try:
        psycopg.connect(**server.connection_parameters("template1")).close()
    except psycopg.OperationalError as error:
        if UNKNOWN_ROLE.search(str(error)):
            message = f"The recovered server has no role {server.superuser}: name its superuser in the connection URL."
            raise left_open(findings.SERVER_FAILED, message) from error
        return False
    return True


def _explain_end(server: Server, before_blaming: Callable[[], object]) -> Stopped:
    log = _log(server)
    words = " / ".join([line for line in log.splitlines() if "FATAL" in line or "ERROR" in line][-3:]) or log[-300:]
    if LOG_ENDED.search(log):
        before_blaming()
        return refuted(findings.WAL_MISSING, f"The write-ahead log in the archive ends too early: {words}")
    return left_open(findings.SERVER_FAILED, f"The server did not start on the restored files: {words}")


def _log(server: Server) -> str:
    if not server.log_file.exists():
        return ""
    with server.log_file.open("rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - LOG_BYTES_READ))
        return file.read().decode(errors="replace")


def _room(server: Server) -> dict[str, str]:
    command: list[str | Path] = [server.installation.program("pg_controldata"), "-D", server.data_folder]
    said = shell.run(shell.Command(command, user=server.user, timeout_seconds=30)).text
    found = dict(re.findall(r"^(\w+) setting:\s+(\d+)$", said, re.MULTILINE))
    return {setting: found[name] for name, setting in ROOM.items() if name in found}
