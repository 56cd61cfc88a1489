"""Roles live outside a database, so no dump carries them. Recorded without passwords, so that owners exist again."""

import re
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import psycopg
from psycopg import sql

from .catalog_queries import ROLES

# Without LOGIN: nobody signs in to a throwaway server.
ATTRIBUTES = {
    "is_superuser": "SUPERUSER",
    "inherits": "INHERIT",
    "creates_roles": "CREATEROLE",
    "creates_databases": "CREATEDB",
    "replicates": "REPLICATION",
    "bypasses_row_security": "BYPASSRLS",
}
GLOBALS_NAME = "globals.sql"
GLOBALS_STATEMENT = re.compile(r"^(?:(?P<query>SELECT .*?) \\gexec|(?P<grant>GRANT .*?);)$", re.DOTALL | re.MULTILINE)
COMPARED = [*ATTRIBUTES, "member_of", "admin_of", "connection_limit", "valid_until"]


@dataclass(frozen=True)
class Role:
    """One role of the source's server, without its password."""

    name: str
    is_superuser: bool
    inherits: bool
    creates_roles: bool
    creates_databases: bool
    signs_in: bool
    replicates: bool
    bypasses_row_security: bool
    member_of: list[str]
    admin_of: list[str] = field(default_factory=list)
    connection_limit: int = -1
    valid_until: str | None = None
    settings: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        return cls(**data)


def read_roles(connection: psycopg.Connection[Any]) -> list[Role]:
    """Every role but PostgreSQL's own."""
    return [Role(*row) for row in connection.execute(ROLES).fetchall()]


def create_roles(connection: psycopg.Connection[Any], roles: list[Role]) -> None:
    """Create the roles on a fresh server, then who belongs to what."""
    for role in roles:
        connection.execute(make_create_role(role))
    known = {role.name for role in roles}
    for role in roles:
        for group in role.member_of:
            if group in known or group.startswith("pg_"):
                connection.execute(make_grant(role, group))


def make_create_role(role: Role, *, may_sign_in: bool = False) -> sql.Composed:
    """CREATE ROLE with the attributes that owning and restoring may need."""
    words = [keyword if getattr(role, name) else f"NO{keyword}" for name, keyword in ATTRIBUTES.items()]
    if role.connection_limit >= 0:
        words.append(f"CONNECTION LIMIT {role.connection_limit:d}")
    until = sql.SQL(" VALID UNTIL {}").format(sql.Literal(role.valid_until)) if role.valid_until else sql.SQL("")
    words.insert(0, "LOGIN" if may_sign_in else "NOLOGIN")
    create = sql.SQL("CREATE ROLE {} WITH {}{}")
    return create.format(sql.Identifier(role.name), sql.SQL(" ".join(words)), until)


def make_grant(role: Role, group: str) -> sql.Composed:
    """GRANT of the group to the role, with the right to pass it on where it had that."""
    option = sql.SQL(" WITH ADMIN OPTION" if group in role.admin_of else "")
    return sql.SQL("GRANT {} TO {}{}").format(sql.Identifier(group), sql.Identifier(role.name), option)


def make_globals(roles: list[Role]) -> str:
    """The roles as a script for psql, for a recovery without Seaworthy. It leaves alone what is there already."""
    statements = [_create_where_missing(role) for role in roles]
    statements += [make_grant(role, group) + sql.SQL(";") for role in roles for group in role.member_of]
    lines = [statement.as_string(None) for statement in statements]
    return "\n".join(["-- Roles of the server, without passwords. Set those afterwards.", *lines, ""])


def run_globals(connection: psycopg.Connection[Any], script: str) -> None:
    """Do what psql would make of such a script. psql itself could be told by it to run programs."""
    for found in GLOBALS_STATEMENT.finditer(script):
        if found["grant"]:
            connection.execute(found["grant"].encode())
            continue
        for (statement,) in connection.execute(found["query"].encode()).fetchall():
            connection.execute(statement.encode())


def _create_where_missing(role: Role) -> sql.Composed:
    create = make_create_role(role, may_sign_in=role.signs_in).as_string(None)
    condition = sql.SQL("SELECT {} WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {}) \\gexec")
    return condition.format(sql.Literal(create), sql.Literal(role.name))
