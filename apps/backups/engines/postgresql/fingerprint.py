"""What a database holds, exactly: rows, contents, structure, owners. Taken at the source and after a restore alike."""

from dataclasses import asdict, dataclass, field
from typing import Any, Self

import psycopg

from . import catalog_queries
from .identity import read_identity
from .rows import FULL, Effort, LargeObjects, RowHash, TableContent, best_row_hash, read_large_objects, read_tables

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
    "jit": "off",  # compiling costs each of many pieces more than it saves
}


@dataclass(frozen=True)
class SequencePosition:
    """Where a sequence stands. Sequences move outside snapshots, so the source is read before and after the dump."""

    last_value: int
    is_called: bool
    last_value_afterwards: int
    is_called_afterwards: bool


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
    locale: str | None = None
    collation_version: str | None = None
    data_checksums: bool | None = None
    identity: dict[str, Any] = field(default_factory=dict)
    row_hash: RowHash = RowHash.TEXT  # of manifests that do not say it

    @property
    def collating(self) -> list[str]:
        """What decides how text is sorted, but for the version of its rules."""
        return [self.locale_provider, self.collation, self.character_type, *([self.locale] if self.locale else [])]

    @property
    def samples(self) -> dict[str, int]:
        """Of which tables only one row in so many was compared."""
        return {name: table.one_in for name, table in self.tables.items() if table.one_in > 1}

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
                "row_hash": RowHash(data.get("row_hash", RowHash.TEXT)),
            }
        )


# The order of catalog_queries.DATABASE_FACTS.
FACTS = [
    "server_version", "server_major", "encoding", "collation", "character_type", "locale_provider", "locale",
    "collation_version", "data_checksums", "database_size_bytes",
]  # fmt: skip
Positions = dict[str, tuple[int, bool]]


def prepare_session(connection: psycopg.Connection[Any]) -> None:
    """Fix everything that the text of a value depends on."""
    for name, value in SESSION.items():
        connection.execute("SELECT set_config(%s, %s, false)", [name, value])


def take_fingerprint(
    connection: psycopg.Connection[Any],
    *others: psycopg.Connection[Any],
    effort: Effort = FULL,
    like: Fingerprint | None = None,
) -> Fingerprint:
    """Describe the database in these connections' transactions, which see one moment. Sessions must be prepared.

    `like` is what it will be compared with, so rows are sampled and hashed as they were for that.
    """
    row_hash = like.row_hash if like else best_row_hash(connection)
    samples = like.samples if like else None
    objects = {name: _objects(connection, kind.query) for name, kind in catalog_queries.KINDS.items()}
    tables = read_tables([connection, *others], row_hash=row_hash, effort=effort, samples=samples)
    positions = read_sequence_positions(connection, list(objects["sequence"]))
    facts = dict(zip(FACTS, _one(connection, catalog_queries.DATABASE_FACTS), strict=True))
    return Fingerprint(
        **facts,
        extensions=dict(connection.execute(catalog_queries.EXTENSIONS).fetchall()),
        objects=objects,
        tables=tables,
        sequences=pair_positions(positions, positions),
        large_objects=read_large_objects(connection, effort=effort),
        identity=read_identity(connection),
        row_hash=row_hash,
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


def _one(connection: psycopg.Connection[Any], query: Any) -> tuple[Any, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None  # noqa: S101 - every query here aggregates or names one row
    return tuple(row)
