"""What a SQLite database holds, exactly. Values keep their types: 1, 1.0, '1' and x'31' are four values."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from apps.backups.engines.differences import Content, Objects

SETTINGS = ("encoding", "page_size", "auto_vacuum", "user_version", "application_id")
DIGEST_BYTES = 8

OBJECTS = "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name"
IS_VIRTUAL = "create virtual table"  # what it holds is in tables of its own, which are read
COUNTERS = "sqlite_sequence"


@dataclass(frozen=True)
class Fingerprint:
    """One database at one instant."""

    sqlite_version: str
    settings: dict[str, str]
    objects: Objects
    tables: dict[str, Content]
    counters: dict[str, int]
    foreign_key_violations: int

    @property
    def row_count(self) -> int:
        return sum(table.rows for table in self.tables.values())

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        return cls(**data | {"tables": {name: Content(**table) for name, table in data["tables"].items()}})


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield a connection to a file that nobody else has open. Text that is no UTF-8 is read all the same."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)) as connection:
        connection.text_factory = lambda raw: raw.decode(errors="surrogateescape")
        yield connection


def take_fingerprint(connection: sqlite3.Connection) -> Fingerprint:
    """Describe the database."""
    rows = connection.execute(OBJECTS).fetchall()
    stored = [name for kind, name, _, text in rows if kind == "table" and not text.lower().startswith(IS_VIRTUAL)]
    return Fingerprint(
        sqlite_version=sqlite3.sqlite_version,
        settings={name: str(connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in SETTINGS},
        objects=_objects(rows),
        tables={name: _content(connection, name) for name in stored if name != COUNTERS},
        counters=_counters(connection) if COUNTERS in stored else {},
        foreign_key_violations=sum(1 for _ in connection.execute("PRAGMA foreign_key_check")),
    )


def _objects(rows: list[tuple[str, str, str, str]]) -> Objects:
    found: Objects = {}
    for kind, name, table, text in rows:
        digest = hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:16]
        found.setdefault(kind, {})[name] = {"definition": digest, "table": table}
    return found


def _content(connection: sqlite3.Connection, table: str) -> Content:
    rows, total = 0, 0
    quoted = table.replace('"', '""')
    for row in connection.execute(f'SELECT * FROM "{quoted}"'):  # noqa: S608 - a quoted name
        rows += 1
        # A row's repr tells every type and value apart, floats to the last bit.
        text = repr(row).encode()
        total += int.from_bytes(hashlib.blake2b(text, digest_size=DIGEST_BYTES).digest())
    return Content(rows, str(total))


def _counters(connection: sqlite3.Connection) -> dict[str, int]:
    return {name: int(number) for name, number in connection.execute(f"SELECT name, seq FROM {COUNTERS} ORDER BY name")}  # noqa: S608 - a constant
