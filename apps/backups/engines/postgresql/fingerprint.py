"""What a database holds, exactly: rows, contents, structure, owners. Taken at the source and after a restore alike."""

from dataclasses import asdict, dataclass
from typing import Any, Self

import psycopg
from psycopg import sql

from . import catalog_queries

# The text of a value depends on these, so both sides of a comparison use the same.
SESSION = {
    "client_encoding": "UTF8",
    "search_path": "pg_catalog",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "timezone": "UTC",
    "extra_float_digits": "3",
    "bytea_output": "hex",
    "lc_monetary": "C",
    "xmloption": "content",
    "quote_all_identifiers": "off",
    "row_security": "off",  # a table whose rows are hidden from this user is an error, not an empty table
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "lock_timeout": "60s",
}

# The alias is odd because a column of the same name would be counted instead of the row.
TABLE_CONTENT = sql.SQL("""
SELECT count(*), coalesce(sum(hashtextextended({}::text COLLATE "C", 0)), 0)::text
FROM ONLY {} AS "seaworthy row"
""")


@dataclass(frozen=True)
class TableContent:
    """A table's exact number of rows, and a sum over them that does not depend on their order."""

    rows: int
    content: str


@dataclass(frozen=True)
class SequencePosition:
    """Where a sequence stands. Sequences move outside snapshots, so the source is read before and after the dump."""

    last_value: int
    is_called: bool
    last_value_afterwards: int
    is_called_afterwards: bool


@dataclass(frozen=True)
class LargeObjects:
    """All large objects together."""

    count: int
    size_bytes: int
    content: str


@dataclass(frozen=True)
class Fingerprint:
    """One database at one instant."""

    server_version: str
    server_major: int
    encoding: str
    collation: str
    character_type: str
    locale_provider: str
    database_size_bytes: int
    extensions: dict[str, str]
    objects: dict[str, dict[str, dict[str, str]]]
    tables: dict[str, TableContent]
    sequences: dict[str, SequencePosition]
    large_objects: LargeObjects

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
                "tables": {name: TableContent(**table) for name, table in data["tables"].items()},
                "sequences": {name: SequencePosition(**position) for name, position in data["sequences"].items()},
                "large_objects": LargeObjects(**data["large_objects"]),
            }
        )


Positions = dict[str, tuple[int, bool]]


def prepare_session(connection: psycopg.Connection[Any]) -> None:
    """Fix everything that the text of a value depends on."""
    for name, value in SESSION.items():
        connection.execute("SELECT set_config(%s, %s, false)", [name, value])


def take_fingerprint(connection: psycopg.Connection[Any]) -> Fingerprint:
    """Describe the database in this connection's transaction. The session must be prepared."""
    objects = {name: _objects(connection, kind.query) for name, kind in catalog_queries.KINDS.items()}
    tables = _tables(connection)
    large_objects = LargeObjects(*_one(connection, catalog_queries.LARGE_OBJECTS))
    positions = read_sequence_positions(connection, list(objects["sequence"]))
    version, major, encoding, collation, character_type, locale_provider, size_bytes = _one(
        connection, catalog_queries.DATABASE_FACTS
    )
    return Fingerprint(
        server_version=version,
        server_major=major,
        encoding=encoding,
        collation=collation,
        character_type=character_type,
        locale_provider=locale_provider,
        database_size_bytes=size_bytes,
        extensions=dict(connection.execute(catalog_queries.EXTENSIONS).fetchall()),
        objects=objects,
        tables=tables,
        sequences=pair_positions(positions, positions),
        large_objects=large_objects,
    )


def read_sequence_positions(connection: psycopg.Connection[Any], names: list[str] | None = None) -> Positions:
    """Where every sequence stands at this moment."""
    if names is None:
        names = list(_objects(connection, catalog_queries.KINDS["sequence"].query))
    return {name: _one(connection, f"SELECT last_value, is_called FROM {name}") for name in names}  # noqa: S608 - quoted by format('%I')


def pair_positions(before: Positions, after: Positions) -> dict[str, SequencePosition]:
    """Sequences seen both times, with the two ends between which a dump must have read them."""
    return {name: SequencePosition(*before[name], *after[name]) for name in before if name in after}


def _objects(connection: psycopg.Connection[Any], query: str) -> dict[str, dict[str, str]]:
    rows = connection.execute(query).fetchall()
    return {name: {"owner": owner, **parts} for name, owner, parts in sorted(rows)}


def _tables(connection: psycopg.Connection[Any]) -> dict[str, TableContent]:
    stored = connection.execute(catalog_queries.STORED_TABLES).fetchall()
    found = {
        name: TableContent(*_one(connection, TABLE_CONTENT.format(_row(columns), sql.Identifier(schema, table))))
        for schema, table, name, columns in stored
    }
    return dict(sorted(found.items()))


def _row(columns: list[str] | None) -> sql.Composable:
    """The whole row, or its columns in an order of their own where a restore may place them otherwise."""
    if columns is None:
        return sql.Identifier("seaworthy row")
    return sql.SQL("ROW({})").format(sql.SQL(", ").join(map(sql.Identifier, columns)))


def _one(connection: psycopg.Connection[Any], query: Any) -> tuple[Any, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None  # noqa: S101 - every query here aggregates or names one row
    return tuple(row)
