"""A small PostgreSQL server of our own: one folder, one unix socket, one superuser with a random password."""

import os
import shutil
import signal
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql

from apps.common import shell
from apps.common.exceptions import OperationError
from apps.common.isolation import Isolation

from . import placement
from .binaries import Installation

SUPERUSER = "seaworthy"
PORT = 5432
START_SECONDS = 60
STOP_SECONDS = 30
RUN_SECONDS = 90
LOG_LINES_SHOWN = 5
OWN_SETTINGS_FILE = "seaworthy.conf"
NOT_ISOLATED = Isolation()


class ServerFailed(OperationError):
    """A PostgreSQL server of ours did not start."""


class Server:
    """A cluster in `folder/data` that listens on a socket in `socket_folder` only."""

    def __init__(
        self,
        installation: Installation,
        folder: Path,
        *,
        socket_folder: Path,
        password: str,
        settings: Mapping[str, str],
        user: str | None = None,
        superuser: str = SUPERUSER,
        start_seconds: int = START_SECONDS,
        isolation: Isolation = NOT_ISOLATED,
    ) -> None:
        self.installation = installation
        self.folder = folder
        self.socket_folder = socket_folder
        self.settings = {"listen_addresses": "", "unix_socket_directories": str(socket_folder), **settings}
        self.user = user
        self.superuser = superuser
        self.start_seconds = start_seconds
        self.isolation = isolation
        self._password = password

    @property
    def data_folder(self) -> Path:
        return self.folder / "data"

    @property
    def log_file(self) -> Path:
        return self.socket_folder / "server.log"

    @property
    def is_initialised(self) -> bool:
        return (self.data_folder / "PG_VERSION").exists()

    @property
    def is_running(self) -> bool:
        """Whether the process that the lock file names is a PostgreSQL of this folder."""
        return running_postmaster(self.data_folder) is not None

    def connection_parameters(self, database: str = "postgres") -> dict[str, Any]:
        """What psycopg.connect takes."""
        return {
            "host": str(self.socket_folder),
            "port": str(PORT),
            "user": self.superuser,
            "password": self._password,
            "dbname": database,
        }

    def connection_url(self, database: str = "postgres") -> str:
        """The same as one URL, understood by libpq and by Django's DATABASE_URL alike."""
        host = urlencode({"host": str(self.socket_folder)}, quote_via=quote, safe="/")
        return f"postgresql://{self.superuser}:{quote(self._password, safe='')}@/{quote(database, safe='')}?{host}"

    def initialise(self, *initdb_options: str) -> None:
        """Create an empty cluster. It appears under its name only when it is whole."""
        unfinished = self.folder / "data-unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        placement.private_folder(unfinished, self.user)
        password_file = self.socket_folder / "superuser-password"
        password_file.touch(mode=0o600)
        password_file.write_text(self._password)
        placement.give(password_file, self.user)
        try:
            self._run("initdb", *make_initdb_arguments(unfinished, self.superuser, password_file, initdb_options))
        finally:
            password_file.unlink()
        with (unfinished / "postgresql.conf").open("a") as file:
            file.write(f"include '{OWN_SETTINGS_FILE}'\n")
        unfinished.rename(self.data_folder)

    def initialise_from(self, cluster: Path) -> None:
        """Begin with a copy of an empty cluster that was made for the same superuser, password and user."""
        placement.private_folder(self.data_folder, self.user)
        arguments: list[str | Path] = ["cp", "-a", f"{cluster}/.", self.data_folder]
        shell.run(shell.Command(arguments, user=self.user, timeout_seconds=RUN_SECONDS))

    def start(self) -> None:
        """Start the server and wait until it answers; a server of this folder that runs already is adopted."""
        if self.is_running:
            return
        # After a crash the lock file may name a process that is not PostgreSQL any more, and stop the start.
        (self.data_folder / "postmaster.pid").unlink(missing_ok=True)
        self._write_settings()
        try:
            arguments = make_start_arguments(self.data_folder, self.log_file, self.start_seconds)
            self._run("pg_ctl", *arguments, isolation=self.isolation)
        except shell.ToolFailed as error:
            raise ServerFailed(f"PostgreSQL {self.installation.version} did not start: {self._last_words()}") from error

    def stop(self) -> None:
        """Stop the server, politely first. Does nothing when it does not run."""
        if not self.is_running:
            return
        try:
            self._run("pg_ctl", *make_stop_arguments(self.data_folder, "fast"))
        except shell.ToolFailed:
            self._run("pg_ctl", *make_stop_arguments(self.data_folder, "immediate"))

    def create_database(self, name: str) -> None:
        """Create the database unless it exists."""
        connection = psycopg.connect(**self.connection_parameters(), autocommit=True)
        with connection, suppress(psycopg.errors.DuplicateDatabase):
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def _run(self, program: str, *arguments: str | Path, isolation: Isolation = NOT_ISOLATED) -> None:
        shell.run(
            shell.Command(
                [self.installation.program(program), *arguments],
                behind=isolation.arguments,
                secrets=[self._password],
                timeout_seconds=max(RUN_SECONDS, self.start_seconds + START_SECONDS),
                user=self.user,
            )
        )

    def _write_settings(self) -> None:
        file = self.data_folder / OWN_SETTINGS_FILE
        file.write_text(make_settings_text(self.settings))
        placement.give(file, self.user)

    def _last_words(self) -> str:
        if not self.log_file.exists():
            return "it wrote no log"
        return " / ".join(self.log_file.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:])


def running_postmaster(data_folder: Path) -> int | None:
    """The process id of the server of this folder, or None when the lock file is absent or stale."""
    try:
        process_id = int((data_folder / "postmaster.pid").read_text().splitlines()[0])
        os.kill(process_id, 0)
    except (OSError, ValueError, IndexError):
        return None
    return process_id if _serves(process_id, data_folder) else None


def kill_server(data_folder: Path) -> None:
    """End a throwaway server at once, without asking it to save anything."""
    process_id = running_postmaster(data_folder)
    if process_id is not None:
        with suppress(ProcessLookupError):
            os.kill(process_id, signal.SIGQUIT)


def _serves(process_id: int, data_folder: Path) -> bool:
    """Whether the process was started on this folder: after a crash its number may belong to another program."""
    if not Path("/proc/self/cmdline").exists():
        return True
    with suppress(OSError):
        arguments = Path(f"/proc/{process_id}/cmdline").read_bytes().split(b"\0")
        return data_folder.resolve() in [Path(os.fsdecode(argument)).resolve() for argument in arguments if argument]
    return False


def make_initdb_arguments(
    data_folder: Path, superuser: str, password_file: Path, options: tuple[str, ...]
) -> list[str | Path]:
    """Arguments of initdb for a UTF-8 cluster that demands its password."""
    return [
        f"--pgdata={data_folder}",
        f"--username={superuser}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        *options,
    ]


def make_start_arguments(data_folder: Path, log_file: Path, seconds: int = START_SECONDS) -> list[str | Path]:
    """Arguments of pg_ctl that start a server and wait for it."""
    return ["start", "-D", data_folder, "-l", log_file, "-w", "-t", str(seconds), "-s"]


def make_stop_arguments(data_folder: Path, mode: str) -> list[str | Path]:
    """Arguments of pg_ctl that stop a server and wait for its end."""
    return ["stop", "-D", data_folder, "-m", mode, "-w", "-t", str(STOP_SECONDS), "-s"]


def make_settings_text(settings: Mapping[str, str]) -> str:
    """A configuration file: one quoted value per line."""
    quoted = {name: value.replace("'", "''") for name, value in settings.items()}
    return "".join(f"{name} = '{value}'\n" for name, value in quoted.items())
