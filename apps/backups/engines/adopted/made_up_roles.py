"""The roles that a dump names and does not carry: without them it would not restore."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from apps.backups.engines.postgresql.roles import Role
from apps.common import shell
from apps.common.postgresql.binaries import Installation

ROLE = r'("(?:[^"]|"")+"|[a-z_][a-z0-9_$]*)'
NAMING = [
    re.compile(rf"^ALTER .* OWNER TO {ROLE};$"),
    re.compile(rf"^(?:GRANT|REVOKE) .* (?:TO|FROM) {ROLE}(?: WITH GRANT OPTION)?;$"),
    re.compile(rf"^ALTER DEFAULT PRIVILEGES FOR ROLE {ROLE} "),
    re.compile(rf"^ALTER DEFAULT PRIVILEGES .* (?:TO|FROM) {ROLE};$"),
    re.compile(rf"^CREATE POLICY .* TO {ROLE}(?: USING| WITH|;)"),
]
NAMING_WORDS = (b"ALTER ", b"GRANT ", b"REVOKE ", b"CREATE POLICY ")
ROWS_BEGIN, ROWS_END = re.compile(rb"^COPY .* FROM stdin;\r?\n"), b"\\.\n"
LINE_BYTES = 1 << 16
ALWAYS_THERE = {"public", "current_user", "session_user"}


def roles_named_in(dump: Path, installation: Installation) -> list[Role]:
    """Every role that something in the dump belongs to or is granted to. Raises ToolFailed when it is no dump."""
    arguments: list[str | Path] = [installation.program("pg_restore"), "--schema-only", "--create", "--file=-", dump]
    with shell.stream(shell.Command(arguments, timeout_seconds=600)) as stdout:
        return _roles(stdout)


def roles_named_in_script(script: Path) -> list[Role]:
    """The same of a script."""
    with script.open("rb") as file:
        return _roles(_without_rows(file))


def _roles(lines: Iterable[bytes]) -> list[Role]:
    naming = (line.decode(errors="replace").rstrip() for line in lines if line.startswith(NAMING_WORDS))
    return [_role(name) for name in sorted({name for line in naming for name in _names(line)})]


def _without_rows(file: IO[bytes]) -> Iterator[bytes]:
    is_row = False
    while line := file.readline(LINE_BYTES):
        if is_row:
            is_row = line != ROWS_END
        else:
            is_row = ROWS_BEGIN.match(line) is not None
            yield line


def _names(line: str) -> set[str]:
    found = {match[1] for pattern in NAMING if (match := pattern.match(line))}
    bare = {name[1:-1].replace('""', '"') if name.startswith('"') else name for name in found}
    return {name for name in bare if name.lower() not in ALWAYS_THERE and not name.startswith("pg_")}


def _role(name: str) -> Role:
    return Role(
        name=name,
        is_superuser=False,
        inherits=True,
        creates_roles=False,
        creates_databases=False,
        signs_in=False,
        replicates=False,
        bypasses_row_security=False,
        member_of=[],
    )
