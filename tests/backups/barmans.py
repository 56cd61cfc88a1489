"""A PostgreSQL that the real Barman backs up, into a folder of its own."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from apps.common.postgresql import placement
from apps.common.postgresql.binaries import server_installation_of
from apps.common.postgresql.server import Server
from apps.common.postgresql.throwaway import throwaway_server

CONFIGURATION = """
[barman]
barman_home = {home}
barman_user = {user}
log_file = {home}/barman.log
compression = gzip

[main]
description = main
conninfo = {conninfo}
streaming_conninfo = {conninfo}
backup_method = postgres
archiver = on
immediate_checkpoint = true
path_prefix = {programs}
"""
SETTINGS = {"archive_mode": "on", "wal_level": "replica", "max_wal_senders": "3", "max_connections": "20"}
STORE = """
CREATE TABLE item (id bigserial PRIMARY KEY, name text NOT NULL);
CREATE INDEX item_name ON item (name);
CREATE TABLE apart (id int) TABLESPACE elsewhere;
INSERT INTO item (name) SELECT 'item ' || n FROM generate_series(1, 500) n;
INSERT INTO apart SELECT generate_series(1, 70);
"""


@dataclass(frozen=True)
class Home:
    """Where Barman keeps everything, and the server that it backs up."""

    server: Server
    folder: Path

    @property
    def main(self) -> Path:
        return self.folder / "main"

    def barman(self, *arguments: str) -> str:
        command = ["barman", "--config", str(self.folder / "barman.conf"), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def back_up(self) -> str:
        """Let Barman take one, with the log up to its end. Returns its id."""
        self.barman("backup", "main")
        self.barman("archive-wal", "main")
        return self.barman("list-backups", "--minimal", "main").split()[0]


@contextmanager
def barman_home() -> Iterator[Home]:
    """A throwaway PostgreSQL 15 with a database `store` in two tablespaces, and one backup of it."""
    user = placement.server_user()
    folder = Path(tempfile.mkdtemp(prefix="seaworthy-test-barman-", dir=placement.temporary_folder(user)))
    try:
        with throwaway_server(server_installation_of(15), settings=SETTINGS) as server:
            yield _configure(server, folder, user)
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _configure(server: Server, folder: Path, user: str | None) -> Home:
    folder.chmod(0o755)
    incoming = folder / "main" / "incoming"
    incoming.mkdir(parents=True)
    placement.give(incoming, user)
    placement.private_folder(server.folder / "elsewhere", user)
    (server.data_folder / "pg_hba.conf").write_text("local all all trust\nlocal replication all trust\n")
    conninfo = f"host={server.socket_folder} port=5432 user={server.superuser} dbname=postgres"
    text = CONFIGURATION.format(
        home=folder, user=os.environ.get("USER", "root"), conninfo=conninfo, programs=server.installation.folder
    )
    (folder / "barman.conf").write_text(text)
    with psycopg.connect(**server.connection_parameters(), autocommit=True) as connection:
        connection.execute(f"ALTER SYSTEM SET archive_command = 'cp %p {incoming}/%f'")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute(f"CREATE TABLESPACE elsewhere LOCATION '{server.folder / 'elsewhere'}'")
        connection.execute("CREATE DATABASE store")
    with psycopg.connect(**server.connection_parameters("store"), autocommit=True) as connection:
        connection.execute(STORE)
    home = Home(server, folder)
    home.barman("switch-wal", "--force", "--archive", "main")
    return home
