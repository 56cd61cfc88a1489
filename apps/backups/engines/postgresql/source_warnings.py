"""What is worth knowing of a source at the moment of its backup, though it refutes nothing."""

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql

from apps.backups.engines import findings
from apps.backups.engines.findings import Finding

from .catalog_queries import NOT_OF_SYSTEM
from .fingerprint import Fingerprint

SHOWN = 20

INVALID_INDEXES = f"""
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT (i.indisvalid AND i.indisready) AND c.relkind = 'i' AND {NOT_OF_SYSTEM} ORDER BY 1
"""  # noqa: S608 - composed of this file's own constants
UNLOGGED_TABLES = f"""
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relpersistence = 'u' AND c.relkind = 'r' AND {NOT_OF_SYSTEM} ORDER BY 1
"""  # noqa: S608 - composed of this file's own constants

# Rising sequences of integer columns that lead an index, so that the largest value is found at once.
OWNED_SEQUENCES = f"""
SELECT format('%I.%I', n.nspname, s.relname), tn.nspname, t.relname, a.attname
FROM pg_class s JOIN pg_namespace n ON n.oid = s.relnamespace JOIN pg_sequence q ON q.seqrelid = s.oid
JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.oid AND d.deptype IN ('a', 'i')
  AND d.refclassid = 'pg_class'::regclass
JOIN pg_class t ON t.oid = d.refobjid JOIN pg_namespace tn ON tn.oid = t.relnamespace
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
WHERE s.relkind = 'S' AND q.seqincrement > 0 AND NOT q.seqcycle AND {NOT_OF_SYSTEM}
  AND a.atttypid = ANY ('{{20,21,23}}')
  AND EXISTS (SELECT FROM pg_index i WHERE i.indrelid = t.oid AND i.indisvalid AND i.indkey[0] = a.attnum)
ORDER BY 1
"""  # noqa: S608 - composed of this file's own constants


def find_warnings(connection: psycopg.Connection[Any], fingerprint: Fingerprint) -> list[Finding]:
    """Everything worth knowing, read in the snapshot of the backup."""
    return [
        *_sequences_behind(connection, fingerprint),
        *_invalid_indexes(connection),
        *_standby(connection, fingerprint),
    ]


def _sequences_behind(connection: psycopg.Connection[Any], fingerprint: Fingerprint) -> Iterator[Finding]:
    for name, schema, table, column in connection.execute(OWNED_SEQUENCES).fetchall():
        query = sql.SQL("SELECT max({}) FROM {}").format(sql.Identifier(column), sql.Identifier(schema, table))
        row = connection.execute(query).fetchone()
        largest, position = row[0] if row else None, fingerprint.sequences.get(name)
        if largest is not None and position is not None and position.last_value < largest:
            message = f"The sequence {name} stands at {position.last_value}, but {table}.{column} reaches {largest}."
            yield Finding(findings.SEQUENCE_BEHIND_DATA, message)


def _invalid_indexes(connection: psycopg.Connection[Any]) -> Iterator[Finding]:
    if names := _names(connection, INVALID_INDEXES):
        yield Finding(findings.INDEX_INVALID, f"Invalid indexes, which no dump restores: {names}.")


def _standby(connection: psycopg.Connection[Any], fingerprint: Fingerprint) -> Iterator[Finding]:
    if not fingerprint.identity.get("is_standby"):
        return
    lag = fingerprint.identity.get("replay_lag_seconds")
    behind = f"{lag:.0f} s behind its primary" if lag is not None else "nobody knows how far behind its primary"
    yield Finding(findings.SOURCE_IS_STANDBY, f"The backup is of a standby, {behind}.")
    if names := _names(connection, UNLOGGED_TABLES):
        message = f"A standby holds no rows of unlogged tables, so these were not dumped: {names}."
        yield Finding(findings.UNLOGGED_NOT_DUMPED, message)


def _names(connection: psycopg.Connection[Any], query: str) -> str:
    names = [name for (name,) in connection.execute(query).fetchall()]
    rest = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + rest
