"""What the backup's user must be allowed: an object that it may not see is missing from a dump without a word."""

from .address import Connection, rows_of

NEEDED = ("SELECT", "SHOW VIEW", "TRIGGER", "EVENT")
LOCKING = "RELOAD"

GRANTED = """
SELECT privilege_type FROM information_schema.user_privileges WHERE grantee IN (%(user)s, %(role)s)
UNION
SELECT privilege_type FROM information_schema.schema_privileges
WHERE grantee IN (%(user)s, %(role)s) AND %(name)s LIKE table_schema
"""


def granted_privileges(connection: Connection, database: str) -> set[str]:
    """What this user, or the role it has taken, may do with the whole database."""
    user, role = rows_of(connection, "SELECT CURRENT_USER(), CURRENT_ROLE()")[0]
    name, _, host = str(user).rpartition("@")
    parameters = {"user": f"'{name}'@'{host}'", "role": f"'{role}'@''", "name": database}
    return {privilege for (privilege,) in rows_of(connection, GRANTED, parameters)}


def missing_privileges(connection: Connection, database: str) -> list[str]:
    """What a whole dump needs and this user lacks."""
    granted = granted_privileges(connection, database)
    return [privilege for privilege in NEEDED if privilege not in granted]


def grant_for(connection: Connection, database: str, privileges: list[str], *, everywhere: bool = False) -> str:
    """The statement that would give the privileges."""
    target = "*.*" if everywhere else f"`{database}`.*"
    (user,) = rows_of(connection, "SELECT CURRENT_USER()")[0]
    name, _, host = str(user).rpartition("@")
    return f"GRANT {', '.join(privileges)} ON {target} TO '{name}'@'{host}'"
