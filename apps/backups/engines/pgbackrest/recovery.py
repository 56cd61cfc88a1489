"""A throwaway server on restored files: it may read the archive, and can act on nothing else."""

import os
import re
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from apps.backups.engines import findings
from apps.backups.engines.report import Stopped, left_open, refuted
from apps.backups.engines.stages import Stages
from apps.backups.exceptions import ToolRefused
from apps.common import shell
from apps.common.postgresql import placement
from apps.common.postgresql.binaries import server_installation_of
from apps.common.postgresql.server import OWN_SETTINGS_FILE, Server, ServerFailed
from apps.common.postgresql.throwaway import SETTINGS, end_server, remove_orphans, throwaway_folder

from . import tool
from .stanza import Stanza

LOG_BYTES_READ = 200_000
POLL_SECONDS = 0.05
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
STOPPED_AT = re.compile(r"recovery stopping (?:before|after) (?:commit|abort) of transaction")


@dataclass(frozen=True)
class Target:
    """How far the write-ahead log is replayed: the options of the restore, and the settings of the server."""

    options: Sequence[str]
    settings: Mapping[str, str]


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


@contextmanager
def recovering(
    stanza: Stanza, *, label: str, major: int, superuser: str, target: Target, stages: Stages, timeout_seconds: float
) -> Iterator[Recovered]:
    """Restore the backup into a private folder and replay the log up to the target. Raises Stopped."""
    remove_orphans()
    with throwaway_folder() as folder:
        folder.chmod(0o711 if stanza.user else 0o700)
        server = _server(stanza, folder, major, superuser, target, max(1, int(timeout_seconds)))
        with stages.measure("restore"):
            _restore(stanza, label, folder, target, timeout_seconds)
        disarm(server)
        try:
            with stages.measure("replay"):
                _replay(server, stanza)
            yield Recovered(server)
        finally:
            end_server(server)


def disarm(server: Server) -> None:
    """Let nothing of the source's own configuration count: its files are replaced, not overridden."""
    data = server.data_folder
    server.settings |= _room(server)
    files = {
        "postgresql.conf": f"include '{OWN_SETTINGS_FILE}'\n",
        "postgresql.auto.conf": "",
        "pg_hba.conf": "local all all trust\n",  # the socket is in a folder that nobody else may enter
        "pg_ident.conf": "",
    }
    for name, text in files.items():
        (data / name).unlink(missing_ok=True)
        (data / name).write_text(text)
        (data / name).chmod(0o600)
        placement.give(data / name, server.user)


def _server(stanza: Stanza, folder: Path, major: int, superuser: str, target: Target, start_seconds: int) -> Server:
    user = stanza.user
    for name in ("data", "tablespaces", "spool", "locks"):
        placement.private_folder(folder / name, user)
    own = HARMLESS | {"restore_command": tool.make_restore_command(stanza, folder / "data")} | dict(target.settings)
    return Server(
        placement.reachable_installation(server_installation_of(major), user),
        folder,
        socket_folder=placement.short_socket_folder(folder / "run", user),
        password=secrets.token_urlsafe(24),
        settings=SETTINGS | own,
        user=user,
        superuser=superuser,
        start_seconds=start_seconds,
    )


def _restore(stanza: Stanza, label: str, folder: Path, target: Target, timeout_seconds: float) -> None:
    options = tool.make_restore_options(label, folder, target.options)
    try:
        tool.call(stanza, "restore", *options, timeout_seconds=timeout_seconds)
    except ToolRefused as error:
        raise _explain_refusal(error) from error


def _explain_refusal(error: ToolRefused) -> Stopped:
    if error.exit_code in {tool.FORMAT_ERROR, tool.CHECKSUM_ERROR}:
        message = f"A file in the repository is not what was stored: {error.message}"
        return refuted(findings.ARTEFACT_CHECKSUM_DIFFERS, message)
    if error.exit_code == tool.FILE_MISSING:
        return refuted(findings.ARTEFACT_MISSING, f"A file of the backup is gone from the repository: {error.message}")
    return left_open(findings.RESTORE_FAILED, f"pgBackRest did not restore it: {error.message}")


def _replay(server: Server, stanza: Stanza) -> None:
    deadline = time.monotonic() + server.start_seconds
    try:
        server.start()
        while not _answers(server):  # pg_ctl is content with a server that still replays
            if not server.is_running:
                raise _explain_end(server, stanza)
            if time.monotonic() > deadline:
                raise left_open(findings.TIME_LIMIT_REACHED, f"The log took longer than {server.start_seconds} s.")
            time.sleep(POLL_SECONDS)
    except ServerFailed as error:
        raise _explain_end(server, stanza) from error


def _answers(server: Server) -> bool:
    try:
        psycopg.connect(**server.connection_parameters("template1")).close()
    except psycopg.OperationalError:
        return False
    return True


def _explain_end(server: Server, stanza: Stanza) -> Stopped:
    log = _log(server)
    words = " / ".join([line for line in log.splitlines() if "FATAL" in line or "ERROR" in line][-3:]) or log[-300:]
    if LOG_ENDED.search(log):
        tool.list_backups(stanza)  # a repository that is away says nothing of what it holds
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
