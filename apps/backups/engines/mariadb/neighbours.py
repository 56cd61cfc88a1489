"""Which databases live on the server of a connection to MariaDB."""

from urllib.parse import quote, urlsplit

from apps.backups.engines.probe import Neighbours, Offer

from .address import Connection, parse_address, rows_of, translated
from .moment import connected

SERVER = "SELECT @@hostname, @@port, @@datadir, DATABASE()"  # it has no number of its own in every version
DATABASES = """
SELECT s.schema_name, SUM(t.data_length + t.index_length)
FROM information_schema.schemata s LEFT JOIN information_schema.tables t ON t.table_schema = s.schema_name
WHERE s.schema_name NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys')
GROUP BY s.schema_name ORDER BY s.schema_name
"""
UNUSED = {"test"}  # made with a server, and empty unless somebody uses it


def mariadb_neighbours(url: str) -> Neighbours:
    """Every database of the server that the user may see, but its own ones. Raises BackupError."""
    address = parse_address(url)
    with translated(address), connected(address) as connection:
        hostname, port, folder, own_name = rows_of(connection, SERVER)[0]
        return Neighbours(
            server=f"mariadb:{hostname}:{port}:{folder}",
            address=address.options.get("socket") or f"{address.host}:{address.port}",
            own_name=str(own_name),
            databases=tuple(_offers(connection)),
        )


def mariadb_neighbour_url(url: str, name: str) -> str:
    """The connection URL with another database's name."""
    return urlsplit(url)._replace(path=f"/{quote(name, safe='')}").geturl()


def _offers(connection: Connection) -> list[Offer]:
    found = [(name, size) for name, size in rows_of(connection, DATABASES) if size is not None or name not in UNUSED]
    return [Offer(name, int(size or 0)) for name, size in found]
