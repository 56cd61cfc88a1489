"""Rows and contents of tables, computed by the server; and counters, which move outside snapshots."""

from dataclasses import dataclass

from apps.backups.engines.differences import Content

from .address import Connection, identifier, rows_of

TRANSACTIONAL_ENGINES = {"InnoDB", "RocksDB", "ROCKSDB"}
UNREAD_ENGINES = {"BLACKHOLE", "FEDERATED", "CONNECT", "SPIDER"}  # they hold no rows of their own
# Their text is short, and tells every value apart.
SHORT_TYPES = {
    *("tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "float", "double", "year"),
    *("date", "time", "datetime", "timestamp"),
}

PERIOD = ("ROW_START", "ROW_END")

TABLES = """
SELECT table_name, engine, table_type = 'SYSTEM VERSIONED', COALESCE(auto_increment, 0)
FROM information_schema.tables
WHERE table_schema = %s AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY data_length DESC
"""
COLUMNS = """
SELECT table_name, column_name, data_type, generation_expression = 'ROW START' FROM information_schema.columns
WHERE table_schema = %s ORDER BY table_name, ordinal_position
"""
SEQUENCES = "SELECT table_name FROM information_schema.tables WHERE table_schema = %s AND table_type = 'SEQUENCE'"


@dataclass(frozen=True)
class Table:
    """One table that holds rows."""

    name: str
    engine: str
    columns: tuple[tuple[str, str], ...]
    has_history: bool = False
    hides_period: bool = False  # system-versioned, and its two columns are not among the others

    @property
    def is_transactional(self) -> bool:
        return self.engine in TRANSACTIONAL_ENGINES


def read_tables(connection: Connection, database: str, *, with_history: bool) -> list[Table]:
    """The tables that hold rows, the largest first."""
    columns: dict[str, list[tuple[str, str]]] = {}
    shows_period = set()
    for table, column, kind, is_start in rows_of(connection, COLUMNS, [database]):
        columns.setdefault(table, []).append((column, kind))
        if is_start:
            shows_period.add(table)
    return [
        Table(name, engine, tuple(columns[name]), bool(is_versioned) and with_history, name not in shows_period)
        for name, engine, is_versioned, _ in rows_of(connection, TABLES, [database])
        if engine not in UNREAD_ENGINES
    ]


def read_content(connection: Connection, table: Table) -> Content:
    """The table's exact number of rows, and a sum of their hashes. In this connection's transaction."""
    rows, content = rows_of(connection, make_content_query(table))[0]
    return Content(rows, str(content or 0))


def make_content_query(table: Table) -> str:
    """Hashes each column by itself, since a row in one piece may be longer than the server allows."""
    columns = ", ".join(_text(name, kind) for name, kind in table.columns)
    period = "".join(f", {name}" for name in PERIOD) if table.has_history and table.hides_period else ""
    history = " FOR SYSTEM_TIME ALL" if table.has_history else ""
    row = f"MD5(CONCAT_WS(',', {columns}{period}))"
    summed = f"SUM(CAST(CONV(LEFT({row}, 16), 16, 10) AS UNSIGNED))"
    return f"SELECT COUNT(*), {summed} FROM {identifier(table.name)}{history}"  # noqa: S608 - quoted names


def read_counters(connection: Connection, database: str) -> dict[str, int]:
    """The next AUTO_INCREMENT of each table and the next number of each sequence, at this moment."""
    counters = {name: int(number) for name, _, _, number in rows_of(connection, TABLES, [database]) if number}
    for (name,) in rows_of(connection, SEQUENCES, [database]):
        query = f"SELECT next_not_cached_value FROM {identifier(name)}"  # noqa: S608 - a quoted name
        counters[name] = int(rows_of(connection, query)[0][0])
    return counters


def _text(name: str, kind: str) -> str:
    column = identifier(name)
    return f"IFNULL({column if kind in SHORT_TYPES else f'MD5({column})'}, '-')"
