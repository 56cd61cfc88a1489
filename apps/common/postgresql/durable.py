"""The database of a laptop: a server in a folder that can be stopped, started again and trusted with data."""

import secrets
from pathlib import Path

from . import placement
from .binaries import Installation, newest_server_installation, server_installation_of
from .server import Server

SETTINGS = {"fsync": "on", "full_page_writes": "on", "shared_buffers": "128MB", "max_connections": "60"}


def durable_server(folder: Path) -> Server:
    """The server of this folder, created on first use and stopped. Start it with `start()`."""
    user = placement.server_user()
    home = placement.reachable_folder(folder.absolute(), user)
    server = Server(
        placement.reachable_installation(_installation(home), user),
        home,
        socket_folder=placement.short_socket_folder(home / "run", user),
        password=_password(home / "password"),
        settings=SETTINGS,
        user=user,
    )
    if not server.is_initialised:
        server.initialise("--data-checksums")
    return server


def _installation(home: Path) -> Installation:
    """The data's own major: a newer server could not read it."""
    version_file = home / "data" / "PG_VERSION"
    if version_file.exists():
        return server_installation_of(int(version_file.read_text()))
    return newest_server_installation()


def _password(file: Path) -> str:
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(24))
    return file.read_text()
