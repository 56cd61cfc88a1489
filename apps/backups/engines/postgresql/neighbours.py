"""Which databases live on the server of a connection."""

from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from apps.backups.engines.probe import Neighbours, Offer

from .address import Address, parse_address
from .dump import translated

DATABASES = """
SELECT datname, CASE WHEN has_database_privilege(oid, 'CONNECT') THEN pg_database_size(oid) END
FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY datname
"""
MAINTENANCE = {"postgres"}  # there on every server, and empty unless somebody uses it
EMPTY_BYTES = 10 << 20


def postgresql_neighbours(url: str) -> Neighbours:
    """Every database of the server but templates and an unused `postgres`. Raises BackupError."""
    address = parse_address(url)
    with address.connect(autocommit=True) as connection, translated(address):
        return Neighbours(
            server=f"postgresql:{system_identifier(connection)}",
            address=host_and_port(address, connection),
            own_name=connection.info.dbname,
            databases=tuple(offer for offer in _offers(connection) if not _is_unused(offer)),
        )


def postgresql_neighbour_url(url: str, name: str) -> str:
    """The connection URL with another database's name."""
    return make_conninfo(**{**parse_address(url).parameters, "dbname": name})


def system_identifier(connection: psycopg.Connection[Any]) -> str:
    """The number that a cluster gets when it is made, and that its replicas share."""
    row = connection.execute("SELECT system_identifier FROM pg_control_system()").fetchone()
    return str(row[0]) if row else ""


def host_and_port(address: Address, connection: psycopg.Connection[Any]) -> str:
    """Where the connection leads, as a person would write it."""
    host = str(address.parameters.get("host") or connection.info.host)
    return f"{host}:{connection.info.port}"


def _offers(connection: psycopg.Connection[Any]) -> list[Offer]:
    return [Offer(name, size_bytes) for name, size_bytes in connection.execute(DATABASES).fetchall()]


def _is_unused(offer: Offer) -> bool:
    return offer.name in MAINTENANCE and (offer.size_bytes or 0) < EMPTY_BYTES
