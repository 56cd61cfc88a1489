"""Who may do what with a database. No dump of a database carries it, so it is recorded beside, without passwords."""

from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import pymysql

from apps.backups.engines.differences import Parts

from .address import Connection, identifier, rows_of, run

# Who, on what, which privileges, and whether they may be passed on.
GRANTS = """
SELECT grantee, CONCAT('`', table_schema, '`.*'), GROUP_CONCAT(privilege_type ORDER BY privilege_type),
  MAX(is_grantable)
FROM information_schema.schema_privileges WHERE table_schema IN (%(name)s, %(pattern)s) GROUP BY grantee, table_schema
UNION ALL
SELECT grantee, CONCAT('`', table_schema, '`.`', table_name, '`'), GROUP_CONCAT(privilege_type ORDER BY privilege_type),
  MAX(is_grantable)
FROM information_schema.table_privileges WHERE table_schema = %(name)s GROUP BY grantee, table_schema, table_name
UNION ALL
SELECT grantee, CONCAT('`', table_schema, '`.`', table_name, '`'),
  GROUP_CONCAT(CONCAT(privilege_type, ' (`', column_name, '`)') ORDER BY privilege_type, column_name), MAX(is_grantable)
FROM information_schema.column_privileges WHERE table_schema = %(name)s GROUP BY grantee, table_schema, table_name
UNION ALL
SELECT CONCAT('''', user, '''@''', host, ''''), CONCAT(routine_type, ' `', db, '`.`', routine_name, '`'),
  REPLACE(UPPER(proc_priv), ',GRANT', ''), IF(FIND_IN_SET('Grant', proc_priv), 'YES', 'NO')
FROM mysql.procs_priv WHERE db = %(name)s
"""


@dataclass(frozen=True, order=True)
class Grant:
    """One line of what somebody may do."""

    grantee: str
    target: str
    privileges: str
    is_grantable: bool

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        return cls(**data)

    def moved(self, name: str) -> Self:
        """The same on another database."""
        if self.target.endswith(".*"):
            return replace(self, target=f"{identifier(as_pattern(name))}.*")
        kind, thing = self.target.partition("`")[0], self.target.partition("`.`")[2]
        return replace(self, target=f"{kind}{identifier(name)}.`{thing}")

    @property
    def name(self) -> str:
        """As GRANT wants to hear it: a role has no host."""
        return self.grantee.removesuffix("@''") if self.is_role else self.grantee

    @property
    def is_role(self) -> bool:
        return self.grantee.endswith("@''")


def read_grants(connection: Connection, database: str) -> list[Grant] | None:
    """Everything that concerns this database alone, or None where the backup's user may not read it."""
    try:
        rows = rows_of(connection, GRANTS, {"name": database, "pattern": as_pattern(database)})
    except pymysql.err.OperationalError:
        return None
    return sorted(Grant(who, what, may, passes_on == "YES") for who, what, may, passes_on in rows)


def as_pattern(name: str) -> str:
    """The name of a database as GRANT takes it where a whole database is meant."""
    return name.replace("_", "\\_").replace("%", "\\%")


def privileges_by_user(grants: list[Grant]) -> dict[str, Parts]:
    """What each user and role may do, as parts to compare."""
    lines: dict[str, list[str]] = {}
    for grant in grants:
        lines.setdefault(grant.grantee, []).append(f"{grant.privileges} ON {grant.target} {grant.is_grantable}")
    return {grantee: {"privileges": "; ".join(found)} for grantee, found in lines.items()}


def create_users(connection: Connection, grants: list[Grant]) -> None:
    """Create users who cannot sign in, and roles, and grant what can be granted: the rest is found by comparing."""
    for name, is_role in sorted({(grant.name, grant.is_role) for grant in grants}):
        run(connection, f"CREATE ROLE IF NOT EXISTS {name}" if is_role else make_locked_user(name))
    for grant in grants:
        with suppress(pymysql.Error):
            run(connection, make_grant(grant))


def make_locked_user(name: str) -> str:
    """A user who owns and may do things, and cannot sign in."""
    return f"CREATE USER IF NOT EXISTS {name} ACCOUNT LOCK"


def make_grant(grant: Grant) -> str:
    """GRANT, as it was."""
    option = " WITH GRANT OPTION" if grant.is_grantable else ""
    return f"GRANT {grant.privileges} ON {grant.target} TO {grant.name}{option}"
