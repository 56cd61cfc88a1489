"""Whether a running server can take a backup as a new database: said before anything is made."""

from apps.backups.engines.restoring import Target
from apps.backups.exceptions import RestoreRefused

from .address import Connection, rows_of
from .fingerprint import Fingerprint
from .privileges import grant_for, granted_privileges
from .programs import parse_release

COMMENTED_SINCE = (10, 5)  # a database can bear a comment, which is the mark of a restore
NEEDED = ("CREATE", "DROP", "ALTER", "INDEX", "INSERT", "SELECT", "LOCK TABLES", "REFERENCES")
NEEDED_FOR = {
    "view": ("CREATE VIEW", "SHOW VIEW"),
    "trigger": ("TRIGGER",),
    "event": ("EVENT",),
    "procedure": ("CREATE ROUTINE", "ALTER ROUTINE"),
    "function": ("CREATE ROUTINE", "ALTER ROUTINE"),
}
DEFINES_FOR_OTHERS = {"SET USER", "SUPER"}


def require_acceptance(connection: Connection, source: Fingerprint, target: Target) -> None:
    """Raises RestoreRefused."""
    _require_release(connection, source)
    if rows_of(connection, "SHOW DATABASES WHERE `Database` = %s", [target.name]):
        raise RestoreRefused(f"There is a database {target.name} on the server already. Choose another name.")
    _require_privileges(connection, source, target.name)
    if unknown := sorted(set(target.parts) - source.tables.keys()):
        raise RestoreRefused(f"The backup has no table {', '.join(unknown)}.")


def _require_release(connection: Connection, source: Fingerprint) -> None:
    version = str(rows_of(connection, "SELECT VERSION()")[0][0])
    if parse_release(version) < max(source.release, COMMENTED_SINCE):
        wanted = ".".join(map(str, max(source.release, COMMENTED_SINCE)))
        raise RestoreRefused(f"The server is {version}; it takes MariaDB {wanted} or newer. Choose another server.")


def _require_privileges(connection: Connection, source: Fingerprint, database: str) -> None:
    granted = granted_privileges(connection, database)
    needed = dict.fromkeys([*NEEDED, *(one for kind in source.objects for one in NEEDED_FOR.get(kind, ()))])
    if lacking := [privilege for privilege in needed if privilege not in granted]:
        statement = grant_for(connection, database, ["ALL"])
        raise RestoreRefused(f"The user lacks {', '.join(lacking)}. An administrator should run: {statement}")
    _require_definers(connection, source, granted, database)


def _require_definers(connection: Connection, source: Fingerprint, granted: set[str], database: str) -> None:
    definers = {parts["owner"] for kind in source.objects.values() for parts in kind.values() if "owner" in parts}
    others = sorted(definers - {rows_of(connection, "SELECT CURRENT_USER()")[0][0]})
    if others and not granted & DEFINES_FOR_OTHERS:
        statement = grant_for(connection, database, ["SET USER"], everywhere=True)
        message = f"Views or routines of the backup run as {', '.join(others)}, which the user may not say of them."
        raise RestoreRefused(f"{message} An administrator should run: {statement}")
