"""What MariaDB says of every object that mariadb-dump carries: definitions, columns, definers."""

import hashlib
import re
from collections.abc import Iterator
from typing import Any

import pymysql

from apps.backups.engines.differences import Objects, Parts
from apps.backups.exceptions import SourceUnreachable

from .address import Connection, identifier, rows_of

# Parts that every release writes alike.
PORTABLE_PARTS = frozenset({"columns", "owner", "privileges"})

COUNTER = re.compile(r" AUTO_INCREMENT=\d+")  # moves outside snapshots, so it is compared by itself
KIND_OF_TABLE = {"BASE TABLE": "table", "SYSTEM VERSIONED": "table", "VIEW": "view", "SEQUENCE": "sequence"}

TABLES = "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = %s ORDER BY 1"
COLUMNS = """
SELECT table_name, column_name, data_type, is_nullable, character_set_name, collation_name, generation_expression <> ''
FROM information_schema.columns WHERE table_schema = %s ORDER BY table_name, ordinal_position
"""
# Kind, name, definer, and what else a dump must carry.
OTHERS = """
SELECT 'view', table_name, definer,
  CONCAT_WS(' ', algorithm, security_type, check_option, character_set_client, collation_connection, view_definition)
FROM information_schema.views WHERE table_schema = %(name)s
UNION ALL
SELECT 'trigger', trigger_name, definer,
  CONCAT_WS(' ', action_order, sql_mode, character_set_client, collation_connection)
FROM information_schema.triggers WHERE trigger_schema = %(name)s
UNION ALL
SELECT LOWER(routine_type), routine_name, definer, CONCAT_WS(' ', security_type, sql_mode, character_set_client,
  collation_connection, routine_comment)
FROM information_schema.routines WHERE routine_schema = %(name)s
UNION ALL
SELECT 'event', event_name, definer, CONCAT_WS(' ', sql_mode, time_zone, character_set_client, collation_connection)
FROM information_schema.events WHERE event_schema = %(name)s
"""


def read_structure(connection: Connection, database: str, *, written_as: str = "") -> Objects:
    """Every object of the database by kind and name. Views name it: as the other name, where that is given."""
    own, other = f"{identifier(database)}.", f"{identifier(written_as or database)}."
    found: Objects = {}
    columns = _columns(connection, database)
    for name, kind in ((name, KIND_OF_TABLE[kind]) for name, kind in rows_of(connection, TABLES, [database])):
        parts = {"columns": columns.get(name, "")} if kind == "table" else {}
        found.setdefault(kind, {})[name] = parts
    for kind, name, definer, rest in rows_of(connection, OTHERS, {"name": database}):
        # SHOW CREATE VIEW names the database or not, whichever way the view was made.
        part = {"definition": digest(rest.replace(own, other))} if kind == "view" else {"settings": rest}
        found.setdefault(kind, {})[name] = {"owner": definer, **part}
    for kind, name, parts in _each(found):
        if kind != "view":
            parts["definition"] = _definition(connection, kind, name)
    return found


def digest(text: str) -> str:
    """A short hash of a long definition."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _each(objects: Objects) -> Iterator[tuple[str, str, Parts]]:
    for kind, named in objects.items():
        for name, parts in named.items():
            yield kind, name, parts


def _columns(connection: Connection, database: str) -> dict[str, str]:
    lines: dict[str, list[str]] = {}
    for table, *words in rows_of(connection, COLUMNS, [database]):
        lines.setdefault(table, []).append(" ".join(map(str, words)))
    return {table: digest("\n".join(found)) for table, found in lines.items()}


def _definition(connection: Connection, kind: str, name: str) -> str:
    """The hash of SHOW CREATE, without what does not belong to the object."""
    keyword = "TABLE" if kind == "table" else kind.upper()
    with connection.cursor(pymysql.cursors.DictCursor) as cursor:
        cursor.execute(f"SHOW CREATE {keyword} {identifier(name)}")
        row: dict[str, Any] = cursor.fetchone()
    text = next((value for key, value in row.items() if key.startswith(("Create ", "SQL Original"))), None)
    if text is None:
        raise SourceUnreachable(f"The {kind} {name} hides its body from this user: GRANT SELECT ON mysql.proc.")
    return digest(COUNTER.sub("", text) if kind == "table" else text)
