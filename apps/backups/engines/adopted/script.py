"""A script of pg_dump, made ready for psql: nothing in it can run a program here, and its end is not missing.

psql's restricted mode refuses every command of psql's own (`\\!`, `\\copy`, `\\i`), which is what it was made for
(CVE-2025-8714). What the script creates and removes before its first object counts nothing on an empty server.
"""

import re
import secrets
from pathlib import Path
from typing import IO

from apps.backups.engines.postgresql.isolated import make_session_options
from apps.backups.engines.streams import CHUNK_BYTES
from apps.backups.exceptions import DumpCut, DumpUnreadable, ToolTooOld
from apps.common import shell
from apps.common.isolation import isolation_for
from apps.common.postgresql.binaries import Installation
from apps.common.postgresql.server import Server

COMPLETE = b"\n-- PostgreSQL database dump complete\n"
AFTERWARDS = (b"--", b"\\unrestrict ")
# The first line that belongs to an object, or else to the end. The database itself is none: it is there already.
OBJECT = re.compile(
    rb"-- (?:Data for )?Name: (?!DATABASE )[^;]*; Type: (?!DATABASE)|-- PostgreSQL database dump complete"
)
OWN_COMMANDS = {b"\\restrict", b"\\unrestrict", b"\\connect"}
LINE_BYTES, TAIL_BYTES = 1 << 16, 4096
RESTRICTING = {13: 22, 14: 19, 15: 14, 16: 10, 17: 6}  # since these minor versions, and in every later major one


def write_script(source: IO[bytes], target: IO[bytes]) -> None:
    """Write the script so that psql runs it restricted. Raises DumpUnreadable, or DumpCut where its end is missing."""
    key = secrets.token_hex(16).encode()
    target.write(b"\\restrict %b\n" % key)
    first = _write_preamble(source, target)
    target.write(b"\\unrestrict %b\n\\set ON_ERROR_STOP on\n\\restrict %b\n" % (key, key))
    target.write(first)
    while chunk := source.read(CHUNK_BYTES):
        target.write(chunk)
    _cut_behind_end(target)


def run_script(server: Server, script: Path, database: str, timeout_seconds: float) -> None:
    """Run a script that `write_script` wrote. Raises ToolFailed at its first error, ToolTooOld where psql is."""
    require_restricting(server.installation)
    parameters = server.connection_parameters(database)
    password = parameters.pop("password")
    options = ["--no-psqlrc", "--quiet", "--no-password", "--output=/dev/null", f"--file={script}"]
    places = {"host": "host", "port": "port", "username": "user", "dbname": "dbname"}
    where = [f"--{option}={parameters[name]}" for option, name in places.items()]
    shell.run(
        shell.Command(
            [server.installation.program("psql"), *options, *where],
            behind=isolation_for(None).arguments if server.isolation.arguments else (),
            environment={"PGPASSWORD": password, "PGOPTIONS": make_session_options(server.installation.major)},
            secrets=[password],
            timeout_seconds=timeout_seconds,
        )
    )


def is_restricting(version: str) -> bool:
    """Whether psql of that version has the restricted mode."""
    major, _, minor = version.partition(".")
    return int(minor or 0) >= RESTRICTING.get(int(major), 0 if int(major) > max(RESTRICTING) else 1000)


def require_restricting(installation: Installation) -> None:
    """Raises ToolTooOld."""
    if not is_restricting(installation.version):
        message = (
            f"psql {installation.version} has no restricted mode, so a script could run programs here. "
            f"Install the newest minor version of PostgreSQL {installation.major}, or dump with --format=custom."
        )
        raise ToolTooOld(message)


def _write_preamble(source: IO[bytes], target: IO[bytes]) -> bytes:
    """Copy what comes before the first object, and return that object's first line."""
    while line := source.readline(LINE_BYTES):
        if OBJECT.match(line):
            return line
        if not line.startswith(b"\\"):
            target.write(line)
        elif line.split()[0] not in OWN_COMMANDS:
            command = line.split()[0].decode(errors="replace")
            raise DumpUnreadable(f"The script holds {command}, a command of psql that pg_dump writes nowhere.")
    return b""


def _cut_behind_end(target: IO[bytes]) -> None:
    """pg_dump says when it has written everything. A script that was cut restores without an error."""
    begin = max(0, target.tell() - TAIL_BYTES)
    target.seek(begin)
    before, end, after = target.read().rpartition(COMPLETE)
    if not end:
        raise DumpCut("The script does not end as pg_dump ends one: its end is missing.")
    if not all(line.startswith(AFTERWARDS) for line in after.split(b"\n") if line.strip()):
        raise DumpUnreadable("Something follows the end of the script that pg_dump did not write.")
    target.truncate(begin + len(before + end))
