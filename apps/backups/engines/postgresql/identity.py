"""Which server and which database a backup is of, and how far behind a standby is."""

from typing import Any

import psycopg

FACTS = ["system_identifier", "database_oid", "is_standby", "replay_lag_seconds"]
# A standby that has replayed all it received is behind only when nothing streams to it any more.
IDENTITY = """
SELECT
  CASE WHEN has_function_privilege('pg_control_system()', 'execute')
       THEN (SELECT system_identifier::text FROM pg_control_system()) END,
  (SELECT oid::bigint FROM pg_database WHERE datname = current_database()),
  pg_is_in_recovery(),
  CASE WHEN NOT pg_is_in_recovery() THEN NULL
       WHEN EXISTS (SELECT FROM pg_stat_wal_receiver WHERE pid IS NOT NULL)
            AND pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
       ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8 END
"""


def read_identity(connection: psycopg.Connection[Any]) -> dict[str, Any]:
    """What stays the same from backup to backup, unless the address leads elsewhere."""
    row = connection.execute(IDENTITY).fetchone()
    assert row is not None  # noqa: S101 - a SELECT without FROM has one row
    return dict(zip(FACTS, row, strict=True))
