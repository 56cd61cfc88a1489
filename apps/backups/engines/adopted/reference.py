"""A living database that a dump should look like: the structure is compared, not the rows, owners or privileges."""

from dataclasses import replace

import psycopg

from apps.backups.engines.findings import Finding
from apps.backups.engines.postgresql import catalog_queries
from apps.backups.engines.postgresql.address import Address
from apps.backups.engines.postgresql.comparison import compare
from apps.backups.engines.postgresql.fingerprint import Fingerprint, prepare_session

NOT_STRUCTURE = {"owner", "privileges", "default_privileges", "column_privileges", "is_populated"}
Objects = dict[str, dict[str, dict[str, str]]]


def compare_with_reference(restored: Fingerprint, reference: Address) -> list[Finding]:
    """What the restored copy lacks, has too much, or has otherwise. Raises SourceUnreachable."""
    with reference.connect() as connection:
        prepare_session(connection)
        objects = {name: _objects(connection, kind.query) for name, kind in _kinds().items()}
        major = connection.info.server_version // 10_000
    wanted = replace(restored, objects=objects, server_major=major)
    return compare(wanted, replace(restored, objects=_structure(restored.objects)))


def _kinds() -> dict[str, catalog_queries.Kind]:
    return {name: kind for name, kind in catalog_queries.KINDS.items() if name != "database"}


def _structure(objects: Objects) -> Objects:
    return {
        kind: {name: _without_rights(parts) for name, parts in found.items()}
        for kind, found in objects.items()
        if kind != "database"
    }


def _without_rights(parts: dict[str, str]) -> dict[str, str]:
    return {part: text for part, text in parts.items() if part not in NOT_STRUCTURE}


def _objects(connection: psycopg.Connection, query: str) -> dict[str, dict[str, str]]:
    rows = connection.execute(query).fetchall()
    return {name: _without_rights(parts) for name, _, parts in rows}
