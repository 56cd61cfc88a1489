"""The table of contents of a dump, as pg_restore lists it, and choosing from it."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from apps.common import shell
from apps.common.postgresql.binaries import Installation

# 217; 0 16391 TABLE DATA sales customer owner
ENTRY = re.compile(r"^\d+; \d+ \d+ (?P<rest>.+)$")
ROWS = "TABLE DATA "


@dataclass(frozen=True)
class Contents:
    """The lines of `pg_restore --list` that are entries."""

    entries: tuple[str, ...]

    @property
    def text(self) -> str:
        """What `--use-list` reads."""
        return "\n".join(self.entries) + "\n"

    @property
    def tables(self) -> frozenset[str]:
        """Those whose rows are in it."""
        rests = (ENTRY.match(line)["rest"] for line in self.entries)  # type: ignore[index]
        return frozenset(_name(rest.removeprefix(ROWS)) for rest in rests if rest.startswith(ROWS))

    def only_rows_of(self, tables: Collection[str]) -> Self:
        """The whole structure, but rows of these tables alone, and no foreign keys: their other ends are empty."""
        return type(self)(tuple(line for line in self.entries if _is_wanted(line, tables)))


def read_contents(installation: Installation, dump: Path, *, with_database: bool = False) -> Contents:
    """With what belongs to the database itself, or without. Raises ToolFailed when the file is no dump."""
    options = ["--list", *(["--create"] if with_database else [])]
    command = shell.Command([installation.program("pg_restore"), *options, dump], timeout_seconds=600)
    listed = shell.run(command).text
    return Contents(tuple(line for line in listed.splitlines() if ENTRY.match(line)))


def _is_wanted(line: str, tables: Collection[str]) -> bool:
    rest = ENTRY.match(line)["rest"]  # type: ignore[index]
    if rest.startswith(ROWS):
        return _name(rest.removeprefix(ROWS)) in tables
    return not rest.startswith(("FK CONSTRAINT ", "BLOB", "MATERIALIZED VIEW DATA "))


def _name(rest: str) -> str:
    """`schema table owner` as schema.table, quoted as the fingerprint names it."""
    schema, table = rest.split(" ")[0], " ".join(rest.split(" ")[1:-1])
    return f"{_quoted(schema)}.{_quoted(table)}"


def _quoted(name: str) -> str:
    if re.fullmatch(r"[a-z_][a-z0-9_$]*", name):
        return name
    return '"' + name.replace('"', '""') + '"'
