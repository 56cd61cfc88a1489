"""Tests a connection to PostgreSQL: everything that a backup of it and a drill here need, line by line."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from apps.backups.engines.probe import Line, clock_line, disk_line, doubtful, fine, missing
from apps.backups.exceptions import AddressInvalid, SourceUnreachable
from apps.common.postgresql import placement
from apps.common.postgresql.binaries import PostgreSQLMissing, installation_for

from . import probe_here, probe_queries
from .address import Address, parse_address

OLDEST_MAJOR = 13
REFUSALS = {
    r"password authentication failed|no password supplied|role .* does not exist|certificate authentication": (
        "authentication",
        "Correct the user and the password in the connection URL.",
    ),
    r"no pg_hba\.conf entry": ("authentication", "Add a line for this machine, user and database to pg_hba.conf."),
    r"database .* does not exist": ("database", "Correct the name at the end of the connection URL."),
    r"permission denied for database": ("database", "GRANT CONNECT ON DATABASE … TO the user of the connection URL."),
    r"too many connections|remaining connection slots": ("connections", "Raise max_connections, or end idle ones."),
    r"SSL|certificate": ("encryption", "Correct sslmode and the certificates in the connection URL."),
}
UNREACHABLE = ("reachable", "Check host, port, firewall and that the server runs.")
NAMES_SHOWN = 3


def probe_postgresql(url: str, at: datetime) -> list[Line]:
    """Look at the database as a backup would. What it refuses is a line."""
    try:
        address = parse_address(url)
    except AddressInvalid as error:
        return [missing("address", error.message)]
    try:
        with address.connect() as connection:
            connection.read_only = True
            connection.execute("SET LOCAL search_path = pg_catalog; SET LOCAL statement_timeout = '20s'")
            return list(_looks(address, connection, at))
    except (SourceUnreachable, psycopg.Error) as error:
        return [_refusal(" ".join(str(error).split()))]


def _refusal(words: str) -> Line:
    matching = (said for pattern, said in REFUSALS.items() if re.search(pattern, words))
    identifier, advice = next(matching, UNREACHABLE)
    return missing(identifier, words, advice)


def _looks(address: Address, connection: psycopg.Connection[Any], at: datetime) -> Iterator[Line]:
    facts = _facts(connection)
    encrypted = "encrypted" if facts["is_encrypted"] else "not encrypted"
    yield fine("reachable", f"It answers as the user {facts['role']}; the connection is {encrypted}.")
    yield _version(facts["major"], facts["version"])
    yield _snapshot(address, connection)
    yield from _privileges(connection, facts)
    yield from probe_here.drill_lines(connection, facts["major"])
    yield _role_in_replication(facts)
    yield disk_line(placement.temporary_folder(placement.server_user()), facts["size_bytes"])
    yield clock_line(facts["time"], at)


def _facts(connection: psycopg.Connection[Any]) -> dict[str, Any]:
    cursor = connection.execute(probe_queries.FACTS)
    names = [column.name for column in cursor.description or ()]
    return dict(zip(names, cursor.fetchone() or (), strict=True))


def _version(major: int, version: str) -> Line:
    if major < OLDEST_MAJOR:
        return missing("version", f"PostgreSQL {version} is too old.", f"Upgrade it to {OLDEST_MAJOR} or newer.")
    try:
        tools = installation_for(major)
    except PostgreSQLMissing as error:
        return missing("version", error.message, f"apt-get install postgresql-client-{major}")
    return fine("version", f"PostgreSQL {version}; pg_dump {tools.version} is installed here.")


def _snapshot(address: Address, connection: psycopg.Connection[Any]) -> Line:
    """Dump and fingerprint share a snapshot over two connections, which some poolers send to two servers."""
    row = connection.execute("SELECT pg_export_snapshot()").fetchone()
    assert row is not None  # noqa: S101 - a SELECT without FROM has one row
    try:
        with address.connect() as other:
            other.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            other.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(row[0])))
    except (SourceUnreachable, psycopg.Error) as error:
        words = " ".join(str(error).split())
        advice = "Connect to the server itself, not through a pooler, and let the user open two connections."
        return missing("snapshot", f"Two connections cannot see one snapshot: {words}", advice)
    return fine("snapshot", "Two connections can see one snapshot.")


def _privileges(connection: psycopg.Connection[Any], facts: dict[str, Any]) -> Iterator[Line]:
    role = sql.Identifier(facts["role"]).as_string(connection)
    found = [*_unreadable(connection, role), *_large_objects(connection, role), *_hidden_rows(connection, role)]
    if not found:
        yield fine("privileges", "It may read every schema, table, sequence and large object, and every row.")
        return
    yield from found
    if facts["major"] >= 14:
        message = "One grant covers all schemas, tables and sequences, those to come too."
        yield doubtful("privileges-simpler", message, f"GRANT pg_read_all_data TO {role};")


def _unreadable(connection: psycopg.Connection[Any], role: str) -> Iterator[Line]:
    for (schema,) in connection.execute(probe_queries.SCHEMAS_WITHOUT_USAGE).fetchall():
        name = sql.Identifier(schema).as_string(connection)
        yield missing("schema-usage", f"It may not use the schema {name}.", f"GRANT USAGE ON SCHEMA {name} TO {role};")
    for schema, kind, names in connection.execute(probe_queries.RELATIONS_WITHOUT_SELECT).fetchall():
        quoted = sql.Identifier(schema).as_string(connection)
        yield missing(
            f"{kind}-select",
            f"It may not read {len(names)} {kind}{'s' if len(names) > 1 else ''} of {quoted}: {_shown(names)}.",
            f"GRANT SELECT ON ALL {kind.upper()}S IN SCHEMA {quoted} TO {role};",
        )


def _shown(names: list[str]) -> str:
    rest = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def _large_objects(connection: psycopg.Connection[Any], role: str) -> Iterator[Line]:
    row = connection.execute(probe_queries.LARGE_OBJECTS_WITHOUT_SELECT).fetchone()
    if row and row[0]:
        message = f"It may not read {row[0]} large object{'s' if row[0] > 1 else ''}."
        yield missing("large-object-select", message, f"GRANT SELECT ON LARGE OBJECT {row[1]} TO {role}; and so on.")


def _hidden_rows(connection: psycopg.Connection[Any], role: str) -> Iterator[Line]:
    names = [name for (name,) in connection.execute(probe_queries.TABLES_WITH_HIDDEN_ROWS).fetchall()]
    if names:
        message = f"Row security hides rows of {_shown(names)} from it."
        yield missing("row-security", message, f"ALTER ROLE {role} BYPASSRLS;")


def _role_in_replication(facts: dict[str, Any]) -> Line:
    if not facts["is_replica"]:
        return fine("replica", "It is a primary server.")
    lag = f"{facts['lag_seconds']:.0f} s behind" if facts["lag_seconds"] is not None else "of unknown lag"
    message = f"It is a replica, {lag}: backups are as old as that, and unlogged tables are empty in them."
    return doubtful("replica", message, "Raise max_standby_streaming_delay, or a long dump is cancelled.")
