"""Databases to be changed: copies of one restored backup, in a throwaway server of their own."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from apps.backups.engines.postgresql.fingerprint import prepare_session
from apps.backups.engines.postgresql.restore import restore
from apps.backups.engines.postgresql.roles import Role
from apps.backups.engines.stages import TIMEOUT_SECONDS
from apps.common.postgresql.binaries import server_installation_of
from apps.common.postgresql.server import Server
from apps.common.postgresql.throwaway import throwaway_folder, throwaway_server

from .case import Case, Healthy

# A fault leaves the catalogs as no statement would, and no trigger of the database may mend it.
SESSION = {"allow_system_table_mods": "on", "session_replication_role": "replica", "client_min_messages": "warning"}

# A copy by template lacks what is kept beside a database.
COPY_WHAT_IS_BESIDE = [
    """UPDATE pg_database n SET datacl = o.datacl, datdba = o.datdba
       FROM pg_database o WHERE o.datname = %(old)s AND n.datname = %(new)s""",
    """INSERT INTO pg_db_role_setting SELECT n.oid, s.setrole, s.setconfig FROM pg_db_role_setting s
       JOIN pg_database o ON o.oid = s.setdatabase, pg_database n WHERE o.datname = %(old)s AND n.datname = %(new)s""",
]


class Pristine:
    """A server with the healthy backup restored in it, started when the first fault needs it."""

    def __init__(self, healthy: Healthy, stack: ExitStack) -> None:
        self._healthy = healthy
        self._stack = stack
        self._lock = threading.Lock()
        self._server: Server | None = None

    def __call__(self) -> Server:
        with self._lock:
            if self._server is None:
                self._server = self._stack.enter_context(_restored(self._healthy))
            return self._server


@contextmanager
def _restored(healthy: Healthy) -> Iterator[Server]:
    manifest = healthy.manifest
    installation = server_installation_of(int(manifest.fingerprint["server_major"]))
    with throwaway_server(installation) as server:
        with throwaway_folder() as folder:
            roles = [Role.from_json(role) for role in manifest.extras["roles"]]
            dump = healthy.decode(folder)
            restore(server, dump, database=manifest.database, roles=roles, timeout_seconds=TIMEOUT_SECONDS)
        yield server


@dataclass(frozen=True)
class Scratch:
    """One copy of the database."""

    server: Server
    name: str

    @property
    def url(self) -> str:
        return self.server.connection_url(self.name)

    @contextmanager
    def connect(self) -> Iterator[psycopg.Connection[Any]]:
        """A superuser's session in which a fault may change whatever it wants; committed at the end."""
        with psycopg.connect(**self.server.connection_parameters(self.name)) as connection:
            prepare_session(connection)
            for name, value in SESSION.items():
                connection.execute("SELECT set_config(%s, %s, false)", [name, value])
            connection.commit()
            yield connection


@contextmanager
def scratch_database(case: Case, *, is_cold: bool = False) -> Iterator[Scratch]:
    """A copy of the healthy database, gone when the context ends. A cold one is read from the disk."""
    server, source = case.pristine(), case.healthy.manifest.database
    scratch = Scratch(server, f"scratch_{case.prefix.replace('-', '_')}")
    with psycopg.connect(**server.connection_parameters("template1"), autocommit=True) as connection:
        names = {"new": sql.Identifier(scratch.name), "old": sql.Identifier(source)}
        connection.execute("SET allow_system_table_mods = on")
        strategy = sql.SQL(" STRATEGY FILE_COPY" if is_cold and server.installation.major >= 15 else "")
        connection.execute(sql.SQL("CREATE DATABASE {new} TEMPLATE {old}").format(**names) + strategy)
        try:
            for statement in COPY_WHAT_IS_BESIDE:
                connection.execute(statement, {"old": source, "new": scratch.name})
            yield scratch
        finally:
            connection.execute(sql.SQL("DROP DATABASE {new} WITH (FORCE)").format(**names))
