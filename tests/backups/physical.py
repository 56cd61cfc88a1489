"""A PostgreSQL whose files and log are backed up by the real pgBackRest, into a repository of its own."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from apps.backups.engines.pgbackrest.engine import PgBackRest
from apps.backups.engines.pgbackrest.stanza import Stanza
from apps.backups.engines.pgbackrest.tool import call
from apps.backups.engines.postgresql.address import Address
from apps.common.postgresql import placement
from apps.common.postgresql.binaries import server_installation_of
from apps.common.postgresql.server import Server
from apps.common.postgresql.throwaway import throwaway_server

CONFIGURATION = """
[global]
repo1-path={folder}/repository
log-path={folder}/log
lock-path={folder}/lock
log-level-file=off
start-fast=y
compress-type=zst
repo1-retention-full=9

[main]
pg1-path={data}
pg1-socket-path={socket}
pg1-user={user}
pg1-database=postgres
"""
# Says where it was run, for no other server may ever archive anything.
ARCHIVE = "pwd >> {folder}/archived-from && pgbackrest --config={folder}/pgbackrest.conf --stanza=main archive-push %p"

STORE = """
CREATE TABLE item (id bigserial PRIMARY KEY, name text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE INDEX item_name ON item (name);
CREATE UNLOGGED TABLE draft (id int);
INSERT INTO draft SELECT generate_series(1, 50);
CREATE SEQUENCE ticket;
SELECT nextval('ticket');
CREATE VIEW newest AS SELECT max(at) FROM item;
SELECT lo_from_bytea(0, decode(repeat('beef', 2000), 'hex'));
INSERT INTO item (name) SELECT 'item ' || n FROM generate_series(1, 500) n;
"""


@dataclass(frozen=True)
class Source:
    """The server, its stanza and where everything of it lies."""

    server: Server
    folder: Path
    url: str

    @property
    def stanza(self) -> Stanza:
        return Stanza.from_url(self.url)

    @property
    def address(self) -> Address:
        return self.stanza.address

    @property
    def repository(self) -> Path:
        return self.folder / "repository"

    def execute(self, statement: str) -> None:
        with self.address.connect(autocommit=True) as connection:
            connection.execute(statement)

    def archived_from(self) -> set[str]:
        return set((self.folder / "archived-from").read_text().split())


@contextmanager
def archiving_source() -> Iterator[Source]:
    """A throwaway PostgreSQL 15 that archives its log, and a stanza for it."""
    user = placement.server_user()
    folder = Path(tempfile.mkdtemp(prefix="seaworthy-test-stanza-", dir=placement.temporary_folder(user)))
    try:
        placement.give(folder, user)
        for name in ("repository", "log", "lock"):
            placement.private_folder(folder / name, user)
        settings = {"archive_mode": "on", "wal_level": "replica", "max_wal_senders": "3", "max_connections": "20"}
        with throwaway_server(server_installation_of(15), settings=settings) as server:
            yield _stanza(server, folder)
            server.stop()  # an archiver that is killed keeps the end waiting
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _stanza(server: Server, folder: Path) -> Source:
    configuration = folder / "pgbackrest.conf"
    configuration.write_text(
        CONFIGURATION.format(folder=folder, data=server.data_folder, socket=server.socket_folder, user=server.superuser)
    )
    os.chmod(configuration, 0o644)
    with psycopg.connect(**server.connection_parameters(), autocommit=True) as connection:
        # pgBackRest connects as its system user does: it is given no password.
        (server.data_folder / "pg_hba.conf").write_text("local all all trust\n")
        connection.execute(f"ALTER SYSTEM SET archive_command = '{ARCHIVE.format(folder=folder)}'")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("CREATE DATABASE store")
    url = server.connection_url("store").replace("postgresql://", "pgbackrest://")
    source = Source(server, folder, f"{url}&stanza=main&config={configuration}")
    call(source.stanza, "stanza-create")
    source.execute(STORE)
    return source


ENGINE = PgBackRest()
