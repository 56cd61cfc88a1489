"""The throwaway server of a drill: what was restored into it can reach and disturb nothing outside."""

from typing import Any

import psycopg
from psycopg import sql

# What a restored database might do to the world, and what might keep it from being looked at.
DRILL_SETTINGS = {
    "archive_command": "",
    "shared_preload_libraries": "",
    "session_preload_libraries": "",
    "local_preload_libraries": "",
    "max_logical_replication_workers": "0",
    "primary_conninfo": "",
    "restore_command": "",
}

# Given by the client, these come before what the dump sets for the database or for roles in it.
SESSION_OPTIONS = {
    "default_transaction_read_only": "off",
    "session_preload_libraries": "",
    "local_preload_libraries": "",
    "role": "none",
    "row_security": "off",
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
}
SESSION_OPTIONS_OF_17 = {"transaction_timeout": "0", "event_triggers": "off"}


def make_session_options(server_major: int) -> str:
    """What libpq's `options` says in every session of a drill."""
    options = SESSION_OPTIONS | (SESSION_OPTIONS_OF_17 if server_major >= 17 else {})
    return " ".join(f"-c {name}={value}" for name, value in options.items())


def neutralise(connection: psycopg.Connection[Any], database: str) -> None:
    """Take back what the compared copy brought along for its sessions: settings and event triggers."""
    connection.execute(sql.SQL("ALTER DATABASE {} RESET ALL").format(sql.Identifier(database)))
    for (name,) in connection.execute("SELECT evtname FROM pg_event_trigger").fetchall():
        connection.execute(sql.SQL("ALTER EVENT TRIGGER {} DISABLE").format(sql.Identifier(name)))
