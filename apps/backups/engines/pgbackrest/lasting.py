"""Makes the folder of a recovered server one that stays: ordinary settings, whole on the disk, nothing left over."""

import os
import shutil
from pathlib import Path

from apps.backups.engines.postgresql.recovery import OF_THE_SOURCE
from apps.common import shell
from apps.common.postgresql import placement
from apps.common.postgresql.server import OWN_SETTINGS_FILE, Server

SYNC_SECONDS = 3600
SETTINGS = """\
# Restored by Seaworthy. What the source was set to lies beside, in the files that end with .source.
# Look at each setting before it is taken over: the source's archive and replicas are not for this server.
archive_mode = off
"""
ACCESS = """\
local all all peer
host all all 127.0.0.1/32 scram-sha-256
host all all ::1/128 scram-sha-256
"""


def make_lasting(server: Server, path: Path) -> None:
    """The server is stopped; its folder will be called `path`."""
    _configure(server)
    _lead_tablespaces(server, path)
    for folder in (server.folder / "spool", server.folder / "locks", server.socket_folder):
        shutil.rmtree(folder, ignore_errors=True)
    arguments = ["--sync-only", f"--pgdata={server.data_folder}"]  # it was recovered without waiting for the disk
    program = server.installation.program("initdb")
    shell.run(shell.Command([program, *arguments], user=server.user, timeout_seconds=SYNC_SECONDS))


def _configure(server: Server) -> None:
    """Who may sign in is as at the source, where that was in the backup: the passwords are the source's too."""
    data = server.data_folder
    (data / OWN_SETTINGS_FILE).unlink()
    _write(server, "postgresql.conf", SETTINGS)
    for name, otherwise in (("pg_hba.conf", ACCESS), ("pg_ident.conf", "")):
        own = data / f"{name}{OF_THE_SOURCE}"
        _write(server, name, own.read_text() if own.exists() else otherwise)


def _write(server: Server, name: str, text: str) -> None:
    file = server.data_folder / name
    file.write_text(text)
    placement.give(file, server.user)


def _lead_tablespaces(server: Server, path: Path) -> None:
    """The links to tablespaces are absolute."""
    for link in (server.data_folder / "pg_tblspc").iterdir():
        target = path / Path(os.readlink(link)).relative_to(server.folder)
        link.unlink()
        link.symlink_to(target)
