"""An instant of the source that a recovery can come back to, exactly, and what the database held then.

A snapshot is not a position in the write-ahead log: a transaction may have its commit in the log and not be visible
yet. So the instant is taken while no transaction is under way, where such a moment comes; and whichever were under
way are recorded, for the drill to see that none of them had committed at the position.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Self

import psycopg
from psycopg import sql

from apps.backups.engines.findings import Finding
from apps.backups.engines.postgresql.address import Address
from apps.backups.engines.postgresql.dump import translated
from apps.backups.engines.postgresql.fingerprint import (
    Fingerprint,
    Positions,
    pair_positions,
    prepare_session,
    read_sequence_positions,
    take_fingerprint,
)
from apps.backups.engines.postgresql.roles import read_roles
from apps.backups.engines.postgresql.rows import TableContent
from apps.backups.engines.postgresql.source import PostgreSQLSource
from apps.backups.engines.postgresql.source_warnings import find_warnings
from apps.backups.exceptions import SourceUnreachable

QUIET_SECONDS = 5.0
PAUSE_SECONDS = 0.003
NOTHING = TableContent(0, "0")

INSTANT = """
SELECT pg_current_wal_insert_lsn()::text, clock_timestamp(), pg_snapshot_xmax(s)::text::bigint,
  array(SELECT x::text::bigint FROM pg_snapshot_xip(s) x)
FROM pg_current_snapshot() s
"""
NEXT_TRANSACTION = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
FACTS = """
SELECT pg_is_in_recovery(), (SELECT rolname FROM pg_roles WHERE oid = 10),
  (SELECT system_identifier FROM pg_control_system())
"""
LOGGED_TABLES = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
"""
UNLOGGED_TABLES = """
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence = 'u'
"""
# The log is written for 32 numbers ahead, so a recovered sequence stands that much later.
LOGGED_POSITION = sql.SQL("""
SELECT last_value + log_cnt * (SELECT seqincrement FROM pg_sequence WHERE seqrelid = {}::regclass), is_called FROM {}
""")
LATE_COMMITS = """
SELECT x FROM (SELECT unnest(%(in_progress)s::bigint[]) AS x UNION
               SELECT generate_series(%(next)s::bigint, pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 1)) t
WHERE x < pg_snapshot_xmax(pg_current_snapshot())::text::bigint AND pg_xact_status(x::text::xid8) = 'committed'
"""


@dataclass(frozen=True)
class Instant:
    """A snapshot, and a position in the log behind the commit of everything that it sees."""

    lsn: str
    taken_at: datetime
    next_transaction: int
    in_progress: list[int]
    superuser: str
    system_identifier: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"taken_at": self.taken_at.isoformat()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        return cls(**data | {"taken_at": datetime.fromisoformat(data["taken_at"])})


@dataclass(frozen=True)
class Witness:
    """What the database held at the instant, and whose it was."""

    instant: Instant
    fingerprint: Fingerprint
    roles: list[dict[str, Any]]
    warnings: list[Finding]


def witness(source: PostgreSQLSource) -> Witness:
    """Describe the database at an instant that a recovery can come back to. Raises SourceUnreachable."""
    address = source.address
    with _reading(address) as connection, translated(address):
        superuser, system_identifier = _require_primary(connection, address)
        before = read_sequence_positions(connection)
        connection.rollback()
        lsn, taken_at, next_transaction, in_progress = _quiet_moment(connection, address)
        _lock_tables(connection)
        fingerprint = take_fingerprint(connection, effort=source.effort)
        fingerprint = replace(
            fingerprint,
            tables=fingerprint.tables | {name: NOTHING for (name,) in connection.execute(UNLOGGED_TABLES).fetchall()},
            sequences=pair_positions(before, _logged_positions(connection, before)),
        )
        instant = Instant(lsn, taken_at, next_transaction, in_progress, superuser, system_identifier)
        roles = [role.as_json() for role in read_roles(connection)]
        return Witness(instant, fingerprint, roles, find_warnings(connection, fingerprint))


def late_commits(connection: psycopg.Connection[Any], instant: Instant) -> list[int]:
    """Transactions that the recovered server holds and the witness had not seen."""
    asked = {"in_progress": instant.in_progress, "next": instant.next_transaction}
    return [number for (number,) in connection.execute(LATE_COMMITS, asked).fetchall()]


@contextmanager
def _reading(address: Address) -> Iterator[psycopg.Connection[Any]]:
    with address.connect() as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        prepare_session(connection)
        connection.commit()
        yield connection


def _require_primary(connection: psycopg.Connection[Any], address: Address) -> tuple[str, int]:
    is_standby, superuser, system_identifier = connection.execute(FACTS).fetchone()  # type: ignore[misc]
    if is_standby:
        raise SourceUnreachable(f"{address.database} is on a standby. Give the address of the primary.")
    return str(superuser), int(system_identifier)


def _quiet_moment(connection: psycopg.Connection[Any], address: Address) -> tuple[str, datetime, int, list[int]]:
    """A moment in which nothing was under way and nothing had begun when its position was read.

    Leaves the connection in the transaction whose snapshot it is. Where no such moment comes, it is the last one.
    """
    deadline = time.monotonic() + QUIET_SECONDS
    with address.connect(autocommit=True) as beside:
        while True:
            moment = connection.execute(INSTANT).fetchone()
            assert moment is not None  # noqa: S101 - there is always a snapshot
            _, _, next_transaction, in_progress = moment
            is_quiet = not in_progress and beside.execute(NEXT_TRANSACTION).fetchone() == (next_transaction,)
            if is_quiet or time.monotonic() > deadline:
                return moment[0], moment[1], next_transaction, in_progress
            connection.rollback()
            time.sleep(PAUSE_SECONDS)


def _lock_tables(connection: psycopg.Connection[Any]) -> None:
    """TRUNCATE empties a table for old snapshots too; now it waits."""
    tables = [sql.Identifier(*names) for names in connection.execute(LOGGED_TABLES).fetchall()]
    if tables:
        connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(sql.SQL(", ").join(tables)))


def _logged_positions(connection: psycopg.Connection[Any], names: Positions) -> Positions:
    found = {}
    for name in names:
        query = LOGGED_POSITION.format(sql.Literal(name), sql.SQL(name))
        last_value, is_called = connection.execute(query).fetchone()  # type: ignore[misc]
        found[name] = (int(last_value), bool(is_called))
    return found
