"""What a MariaDB database holds, exactly. Taken at the source and after a restore alike."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from apps.backups.engines.differences import Content, Objects

from .address import Connection, rows_of
from .contents import read_content, read_counters, read_tables
from .programs import Version, parse_release
from .structure import read_structure
from .users import privileges_by_user, read_grants

# The text of a value depends on these, so both sides of a comparison use the same.
SESSION = """
SET SESSION time_zone = '+00:00', sql_mode = '', group_concat_max_len = 1048576, max_statement_time = 0,
  net_write_timeout = 3600, wait_timeout = 86400, lock_wait_timeout = 60, optimizer_switch = 'derived_merge=on'
"""
FACTS = """
SELECT VERSION(), default_character_set_name, default_collation_name,
  (SELECT COALESCE(SUM(data_length + index_length), 0) FROM information_schema.tables WHERE table_schema = schema_name)
FROM information_schema.schemata WHERE schema_name = %s
"""
# What a server must share with the source to accept its dump and to give back the same.
VARIABLES = ("lower_case_table_names", "innodb_strict_mode", "explicit_defaults_for_timestamp", "innodb_page_size")
HISTORY_SINCE: Version = (10, 11)  # mariadb-dump carries the history of system-versioned tables


@dataclass(frozen=True)
class Fingerprint:
    """One database at one instant. Counters moved between the two numbers while the backup was taken."""

    server_version: str
    encoding: str
    collation: str
    size_bytes: int
    variables: dict[str, str]
    objects: Objects
    tables: dict[str, Content]
    counters: dict[str, tuple[int, int]]
    has_grants: bool

    @property
    def release(self) -> Version:
        return parse_release(self.server_version)

    @property
    def row_count(self) -> int:
        return sum(table.rows for table in self.tables.values())

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        return cls(
            **data
            | {
                "tables": {name: Content(**table) for name, table in data["tables"].items()},
                "counters": {name: (low, high) for name, (low, high) in data["counters"].items()},
            }
        )


@dataclass(frozen=True)
class Outline:
    """All but the rows: what can be read in a moment, and may not change while rows are read."""

    server_version: str
    encoding: str
    collation: str
    size_bytes: int
    variables: dict[str, str]
    objects: Objects = field(default_factory=dict)
    has_grants: bool = True


def prepare_session(connection: Connection) -> None:
    """Fix everything that the text of a value depends on."""
    rows_of(connection, SESSION)


def has_history(version: str) -> bool:
    """Whether dumps of a server of this version carry the history of system-versioned tables."""
    return parse_release(version) >= HISTORY_SINCE


def read_facts(connection: Connection, database: str) -> tuple[str, str, str, int]:
    """Version, character set, collation and size in bytes."""
    version, encoding, collation, size_bytes = rows_of(connection, FACTS, [database])[0]
    return version, encoding, collation, int(size_bytes)


def read_outline(connection: Connection, database: str, *, written_as: str = "") -> Outline:
    """Structure, privileges and settings of the database."""
    version, encoding, collation, size_bytes = read_facts(connection, database)
    grants = read_grants(connection, database)
    objects = read_structure(connection, database, written_as=written_as)
    if grants:
        objects["user"] = privileges_by_user(grants)
    return Outline(
        server_version=version,
        encoding=encoding,
        collation=collation,
        size_bytes=size_bytes,
        variables={name: str(rows_of(connection, f"SELECT @@{name}")[0][0]) for name in VARIABLES},
        objects=objects,
        has_grants=grants is not None,
    )


def make_fingerprint(
    outline: Outline, tables: Mapping[str, Content], counters: Mapping[str, tuple[int, int]]
) -> Fingerprint:
    """Outline and rows together."""
    return Fingerprint(**vars(outline), tables=dict(sorted(tables.items())), counters=dict(sorted(counters.items())))


def take_fingerprint(connection: Connection, database: str, *, with_history: bool, written_as: str = "") -> Fingerprint:
    """Describe a database that nobody writes to, as if it had the other name."""
    outline = read_outline(connection, database, written_as=written_as)
    tables = read_tables(connection, database, with_history=with_history)
    counters = {name: (number, number) for name, number in read_counters(connection, database).items()}
    return make_fingerprint(outline, {table.name: read_content(connection, table) for table in tables}, counters)
