"""Tests a connection to MariaDB: everything that a backup of it and a drill here need, line by line."""

from collections.abc import Iterator
from datetime import UTC, datetime

from apps.backups.engines.probe import Line, clock_line, disk_line, doubtful, fine, missing
from apps.backups.exceptions import AddressInvalid, SourceUnreachable, ToolTooOld
from apps.common.postgresql import placement

from .address import Address, Connection, parse_address, rows_of, translated
from .contents import read_tables
from .fingerprint import read_facts
from .moment import connected
from .privileges import LOCKING, grant_for, granted_privileges, missing_privileges
from .programs import tool_for
from .source import require_mariadb
from .users import read_grants

UNREACHABLE = "Check host, port, user, password and that the server runs."
NAMES_SHOWN = 3


def probe_mariadb(url: str, at: datetime) -> list[Line]:
    """Look at the database as a backup would. What it refuses is a line."""
    try:
        address = parse_address(url)
    except AddressInvalid as error:
        return [missing("address", error.message)]
    try:
        with translated(address), connected(address) as connection:
            return list(_looks(address, connection, at))
    except SourceUnreachable as error:
        return [missing("reachable", error.message, UNREACHABLE)]


def _looks(address: Address, connection: Connection, at: datetime) -> Iterator[Line]:
    version, _, _, size_bytes = read_facts(connection, address.database)
    yield fine("reachable", f"It answers as the user {address.user}.")
    try:
        require_mariadb(version)
    except SourceUnreachable as error:
        yield missing("version", error.message)
        return
    yield _tool("version", "mariadb-dump", version, "mariadb-client")
    yield _tool("drill-server", "mariadbd", version, "mariadb-server")
    yield _privileges(connection, address.database)
    yield _moment(connection, address.database)
    yield _grants(connection, address.database)
    yield _tables(connection, address.database)
    yield disk_line(placement.temporary_folder(placement.server_user()), int(size_bytes))
    (theirs,) = rows_of(connection, "SELECT UTC_TIMESTAMP(6)")[0]
    yield clock_line(theirs.replace(tzinfo=UTC), at)


def _tool(identifier: str, name: str, version: str, package: str) -> Line:
    try:
        tool = tool_for(name, version, package=package)
    except ToolTooOld as error:
        return missing(identifier, error.message, f"apt-get install {package}")
    return fine(identifier, f"The server is {version}; {name} {tool.version} is installed here.")


def _privileges(connection: Connection, database: str) -> Line:
    if lacking := missing_privileges(connection, database):
        message = f"It may not see everything: {', '.join(lacking)} is missing."
        return missing("privileges", message, f"{grant_for(connection, database, lacking)};")
    return fine("privileges", "It may see every table, view, trigger and event.")


def _moment(connection: Connection, database: str) -> Line:
    if LOCKING in granted_privileges(connection, database):
        return fine("snapshot", "Dump and fingerprint can begin in one moment.")
    statement = grant_for(connection, database, [LOCKING], everywhere=True)
    return doubtful("snapshot", "Tables that are written to while a dump begins cannot be compared.", f"{statement};")


def _grants(connection: Connection, database: str) -> Line:
    if read_grants(connection, database) is not None:
        return fine("grants", "It may read who may do what.")
    message = "It may not read who may do what, so that is not recorded."
    return doubtful("grants", message, "GRANT SELECT ON mysql.* TO the user of the connection URL;")


def _tables(connection: Connection, database: str) -> Line:
    tables = read_tables(connection, database, with_history=False)
    exposed = [table.name for table in tables if not table.is_transactional]
    if not exposed:
        return fine("tables", f"Each of its {len(tables)} tables has transactions.")
    shown = ", ".join(exposed[:NAMES_SHOWN]) + (" and more" if len(exposed) > NAMES_SHOWN else "")
    return doubtful("tables", f"No snapshot holds these still: {shown}.", "ALTER TABLE … ENGINE=InnoDB;")
