"""A throwaway MariaDB server: one private folder, one socket, one user of a random name, gone in whatever way."""

import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from apps.backups.exceptions import SourceUnreachable, ToolTooOld
from apps.common import shell
from apps.common.exceptions import OperationError
from apps.common.isolation import isolation_for
from apps.common.postgresql import placement

from .address import Address
from .programs import Tool, find_program, tool_for

START_SECONDS = 60
LOG_LINES_SHOWN = 5
MAINTENANCE_DATABASE = "mysql"

# Ends the server when standard input ends, which it does however this process ends.
SUPERVISOR = """
exec 3<&0
"$@" </dev/null 3<&- & server=$!
{ read -r word <&3; kill -KILL "$server"; } & reader=$!
wait "$server"; kill "$reader" 2>/dev/null
"""

# Nothing in it outlives the drill, so nothing is written for the day after a crash; nothing of it reaches out.
SETTINGS = {
    "skip-networking": "1",
    "skip-name-resolve": "1",
    "event-scheduler": "OFF",
    "local-infile": "0",
    "skip-slave-start": "1",
    "skip-log-bin": "1",
    "performance-schema": "0",
    "innodb-doublewrite": "0",
    "innodb-buffer-pool-size": "256M",
    "innodb-log-file-size": "128M",
    "max-allowed-packet": "1G",
    "max-connections": "20",
}
UNSYNCED = ["--debug-no-sync", "--innodb-flush-method=nosync", "--innodb-flush-log-at-trx-commit=0"]


class ThrowawayFailed(OperationError):
    """A throwaway server did not start."""


class ThrowawayServer:
    """A server in `folder` that listens on a socket only."""

    def __init__(self, folder: Path, *, program: Tool, user: str | None, variables: Mapping[str, str]) -> None:
        self.folder = folder
        self.user = user
        self.program = program
        self._settings = SETTINGS | {name.replace("_", "-"): value for name, value in variables.items()}
        self._superuser = f"drill_{secrets.token_hex(4)}"
        self._password = secrets.token_urlsafe(24)
        self._sockets = placement.short_socket_folder(folder / "run", user)
        self._socket = self._sockets / "s.sock"
        self._companion: shell.Companion | None = None

    @property
    def log_file(self) -> Path:
        return self._sockets / "server.log"

    def address_of(self, database: str) -> Address:
        """How to connect to one of its databases."""
        return Address(database, self._superuser, password=self._password, options={"socket": str(self._socket)})

    def start(self, installer: Path) -> None:
        """Create the server's own tables, start it, and wait until it answers. Raises ThrowawayFailed."""
        self._install(installer)
        self._companion = shell.start_companion(
            shell.Command(
                ["/bin/sh", "-c", SUPERVISOR, "supervisor", self.program.path, *self._arguments()],
                user=self.user,
                directory=Path("/"),
                behind=isolation_for(self.user).arguments,
            )
        )
        self._wait_until_it_answers(self._companion)

    def stop(self) -> None:
        """End it at once: nothing in it is worth saving."""
        if self._companion is not None:
            self._companion.communicate()

    def _install(self, installer: Path) -> None:
        data = placement.private_folder(self.folder / "mariadb", self.user)
        arguments = make_install_arguments(data)
        try:
            shell.run(shell.Command([installer, *arguments], user=self.user, timeout_seconds=START_SECONDS))
        except shell.ToolFailed as error:
            raise ThrowawayFailed(f"MariaDB {self.program.version} did not start: {error.message}") from error

    def _arguments(self) -> list[str]:
        first = self._sockets / "first.sql"
        first.touch(mode=0o600)
        first.write_text(make_first_statements(self._superuser, self._password))
        placement.give(first, self.user)
        return [
            "--no-defaults",
            f"--datadir={self.folder / 'mariadb'}",
            f"--socket={self._socket}",
            f"--pid-file={self._sockets / 'server.pid'}",
            f"--log-error={self.log_file}",
            f"--init-file={first}",
            f"--secure-file-priv={self._sockets}",
            f"--tmpdir={self._sockets}",
            *UNSYNCED,
            *(f"--{name}={value}" for name, value in self._settings.items()),
        ]

    def _wait_until_it_answers(self, companion: shell.Companion) -> None:
        deadline = time.monotonic() + START_SECONDS
        while companion.poll() is None and time.monotonic() < deadline:
            if self._answers():
                return
            time.sleep(0.02)
        self.stop()
        raise ThrowawayFailed(f"MariaDB {self.program.version} did not start: {self._last_words()}")

    def _answers(self) -> bool:
        if not self._socket.exists():
            return False
        try:
            self.address_of(MAINTENANCE_DATABASE).connect().close()
        except SourceUnreachable:
            return False
        return True

    def _last_words(self) -> str:
        if not self.log_file.exists():
            return "it wrote no log"
        return " / ".join(self.log_file.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:])


@contextmanager
def throwaway_server(folder: Path, *, version: str, variables: Mapping[str, str]) -> Iterator[ThrowawayServer]:
    """Yield a running, empty server that is not older than the version. Raises ToolTooOld, ThrowawayFailed."""
    program = tool_for("mariadbd", version, package="mariadb-server")
    installer = find_program("mariadb-install-db")
    if installer is None:
        raise ToolTooOld("mariadb-install-db is not installed: install the package mariadb-server.")
    user = placement.server_user()
    folder.chmod(0o711 if user else 0o700)
    server = ThrowawayServer(folder, program=program, user=user, variables=variables)
    try:
        server.start(installer)
        yield server
    finally:
        server.stop()


def make_install_arguments(data_folder: Path) -> list[str]:
    """Arguments of mariadb-install-db."""
    return [
        "--no-defaults",
        f"--datadir={data_folder}",
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
        "--skip-name-resolve",
        "--innodb-log-file-size=8M",
        *UNSYNCED,
    ]


def make_first_statements(user: str, password: str) -> str:
    """What the server runs before anybody can connect: one user of its own, and none that a source may have too."""
    statements = [
        "DELETE FROM mysql.global_priv WHERE user <> 'mariadb.sys'",
        "DELETE FROM mysql.proxies_priv",
        "FLUSH PRIVILEGES",
        f"CREATE USER `{user}`@localhost IDENTIFIED BY '{password}'",
        f"GRANT ALL ON *.* TO `{user}`@localhost WITH GRANT OPTION",
    ]
    return "".join(f"{statement};\n" for statement in statements)
