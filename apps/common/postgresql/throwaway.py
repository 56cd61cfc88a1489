"""Servers for one drill or one test run, gone without a trace afterwards, also when this process is killed."""

import fcntl
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from apps.common import shell
from apps.common.isolation import isolation_for

from . import clusters, placement
from .binaries import Installation
from .server import NOT_ISOLATED, SUPERUSER, Server, kill_server, running_postmaster

PREFIX = "seaworthy-throwaway-"
LOCK_FILE = "lock"
UNLOCKED_SECONDS = 600
QUIT_SECONDS = 10

# Nothing in a throwaway server outlives it, so nothing is written for the day after a crash.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "archive_mode": "off",
    "autovacuum": "off",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "1h",
    "shared_buffers": "128MB",
    "maintenance_work_mem": "256MB",
    "max_parallel_maintenance_workers": "1",  # the last indexes would leave the other cores idle
    "max_connections": "60",
    "log_checkpoints": "off",
}

# Sees the end of its input when its parent dies in whatever way, then ends the server and removes the folder.
WATCHDOG = """
read -r word; [ "$word" = done ] && exit
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ]; then
  kill -QUIT "$pid"
  for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$pid" 2>/dev/null || break; sleep 0.5; done
fi
# A program that is just being ended may still write.
for _ in 1 2 3 4 5 6 7 8 9 10; do rm -rf -- "$1" && break; sleep 0.5; done
"""


@contextmanager
def throwaway_server(
    installation: Installation,
    *,
    settings: Mapping[str, str] | None = None,
    superuser: str = SUPERUSER,
    is_isolated: bool = False,
) -> Iterator[Server]:
    """Yield a running, empty server in a private temporary folder; isolated, it has low priority and no network."""
    remove_orphans()
    user, kept = placement.server_user(), clusters.kept()
    with throwaway_folder() as folder:
        folder.chmod(0o711 if user else 0o700)
        server = Server(
            placement.reachable_installation(installation, user),
            folder,
            socket_folder=placement.short_socket_folder(folder / "run", user),
            password=kept.password if kept else secrets.token_urlsafe(24),
            settings=SETTINGS | dict(settings or {}),
            user=user,
            superuser=superuser,
            isolation=isolation_for(user) if is_isolated else NOT_ISOLATED,
        )
        (kept.initialise if kept else Server.initialise)(server, *initdb_options(server.installation))
        try:
            server.start()
            yield server
        finally:
            end_server(server)


@contextmanager
def copied_clusters() -> Iterator[None]:
    """Within the block initdb runs once for each kind of server, and every server gets a copy of what it made."""
    if clusters.kept():
        yield
        return
    with throwaway_folder() as folder:
        folder.chmod(0o711 if placement.server_user() else 0o700)
        with clusters.kept_in(folder):
            yield


@contextmanager
def throwaway_folder() -> Iterator[Path]:
    """Yield a locked temporary folder that is removed at the end, by a watchdog if this process cannot."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=placement.temporary_folder(placement.server_user())))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        lock = stack.enter_context((folder / "unlocked").open("w"))
        fcntl.flock(lock, fcntl.LOCK_EX)
        (folder / "unlocked").rename(folder / LOCK_FILE)  # seen without its lock, it would be an orphan's
        stack.enter_context(guarded(folder))
        yield folder


def remove_orphans() -> list[Path]:
    """Remove what killed processes left behind. Returns the removed folders."""
    candidates = placement.temporary_folder(placement.server_user()).glob(f"{PREFIX}*")
    orphans = [folder for folder in candidates if _is_orphan(folder)]
    for folder in orphans:
        kill_server(folder / "data")
        shutil.rmtree(folder, ignore_errors=True)
    return orphans


def initdb_options(installation: Installation) -> list[str]:
    """Options that make a short-lived cluster faster to create."""
    return ["--no-sync", *(["--no-data-checksums"] if installation.major >= 18 else [])]


@contextmanager
def guarded(folder: Path) -> Iterator[None]:
    """If this process dies within the block, in whatever way, end the server in the folder and remove the folder."""
    watchdog = shell.start_companion(
        shell.Command(["/bin/sh", "-c", WATCHDOG, "watchdog", folder], directory=Path("/"))
    )
    try:
        yield
    finally:
        with suppress(BrokenPipeError):
            watchdog.communicate(b"done\n")


def end_server(server: Server) -> None:
    """Immediate, because nothing in the server is worth saving."""
    kill_server(server.data_folder)
    deadline = time.monotonic() + QUIT_SECONDS
    while server.is_running and time.monotonic() < deadline:
        time.sleep(0.01)
    process_id = running_postmaster(server.data_folder)
    if process_id is not None:
        server.stop()


def _is_orphan(folder: Path) -> bool:
    """Whether no process holds the folder's lock. A folder just made has none yet, so its age decides."""
    try:
        with (folder / LOCK_FILE).open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return folder.stat().st_uid == os.geteuid()
    except FileNotFoundError:
        with suppress(OSError):
            status = folder.stat()
            return status.st_uid == os.geteuid() and time.time() - status.st_mtime > UNLOCKED_SECONDS
        return False
    except OSError:  # locked by its living owner, or another user's
        return False
