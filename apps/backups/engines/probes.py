"""How each engine tests a connection, and how it lists what else lives on the server."""

from apps.backups.exceptions import EngineUnknown

from .adopted.probe import probe_adopted
from .files.probe import probe_files
from .mariadb.neighbours import mariadb_neighbour_url, mariadb_neighbours
from .mariadb.probe import probe_mariadb
from .postgresql.neighbours import postgresql_neighbour_url, postgresql_neighbours
from .postgresql.probe import probe_postgresql
from .probe import Discover, Neighbour, Probe
from .sqlite.probe import probe_sqlite

PROBES: dict[str, Probe] = {
    "postgresql": probe_postgresql,
    "mariadb": probe_mariadb,
    "sqlite": probe_sqlite,
    "files": probe_files,
    "adopted": probe_adopted,
}
DISCOVERERS: dict[str, Discover] = {"postgresql": postgresql_neighbours, "mariadb": mariadb_neighbours}
NEIGHBOUR_URLS: dict[str, Neighbour] = {"postgresql": postgresql_neighbour_url, "mariadb": mariadb_neighbour_url}


def probe_of(engine: str) -> Probe:
    """The engine's test of a connection. Raises EngineUnknown."""
    try:
        return PROBES[engine]
    except KeyError:
        raise EngineUnknown(f"Connections of {engine} cannot be tested yet.") from None
