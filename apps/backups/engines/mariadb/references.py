"""Finds what in a restored database still names the one that was backed up: it would read and write there."""

import re
from collections.abc import Iterator

from apps.backups.engines import findings
from apps.backups.engines.findings import Finding

from .address import Connection, rows_of

TEXTS = """
SELECT 'table', table_name, GROUP_CONCAT(column_default) FROM information_schema.columns
WHERE table_schema = %(name)s GROUP BY table_name
UNION ALL SELECT 'view', table_name, view_definition FROM information_schema.views WHERE table_schema = %(name)s
UNION ALL SELECT 'trigger', trigger_name, action_statement FROM information_schema.triggers
WHERE trigger_schema = %(name)s
UNION ALL SELECT LOWER(routine_type), routine_name, routine_definition FROM information_schema.routines
WHERE routine_schema = %(name)s
UNION ALL SELECT 'event', event_name, event_definition FROM information_schema.events WHERE event_schema = %(name)s
"""


def find_references(connection: Connection, database: str, *, old_name: str) -> Iterator[Finding]:
    """Each object of the database whose text names the old one."""
    named = re.compile(rf"`{re.escape(old_name)}`\s*\.|(?<![\w`$.]){re.escape(old_name)}\s*\.")
    for kind, name, text in rows_of(connection, TEXTS, {"name": database}):
        if named.search(text or ""):
            message = f"The {kind} {name} names the database {old_name} and would use that one. Change it first."
            yield Finding(findings.SCHEMA_DIFFERS, message)
