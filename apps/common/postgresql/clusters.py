"""Empty clusters that are made once and copied, where many servers are needed: initdb takes ten times as long."""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from . import placement
from .server import Server


class Clusters:
    """One empty cluster for each kind of server, in a folder. All have one password."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.password = secrets.token_urlsafe(24)
        self._made: dict[Any, Path] = {}
        self._lock = Lock()

    def initialise(self, server: Server, *initdb_options: str) -> None:
        """Give the server a copy of the cluster of its kind, which is made for the first one."""
        kind = (server.installation, server.superuser, server.user, initdb_options)
        with self._lock:
            if kind not in self._made:
                self._made[kind] = self._make(server, initdb_options)
        server.initialise_from(self._made[kind])

    def _make(self, server: Server, initdb_options: tuple[str, ...]) -> Path:
        home = Path(tempfile.mkdtemp(dir=self.folder))  # another one, where the first attempt failed
        home.chmod(0o711 if server.user else 0o700)
        first = Server(
            server.installation,
            home,
            socket_folder=placement.private_folder(home / "run", server.user),
            password=self.password,
            settings={},
            user=server.user,
            superuser=server.superuser,
        )
        first.initialise(*initdb_options)
        return first.data_folder


_kept: list[Clusters] = []  # of this process, for servers are started by threads too


def kept() -> Clusters | None:
    """The clusters to copy, within a block that keeps them."""
    return _kept[-1] if _kept else None


@contextmanager
def kept_in(folder: Path) -> Iterator[None]:
    """Keep clusters in the folder while the block lasts."""
    _kept.append(Clusters(folder))
    try:
        yield
    finally:
        _kept.pop()
