"""What can be known to fail before anything is started, each as one sentence."""

import fcntl
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from apps.common.exceptions import OperationError

NEEDED_BYTES = 500 * 1000**2


class CannotStart(OperationError):
    """Something on this machine is in the way. The message says what, and what to do."""


class ProcessEnded(CannotStart):
    """Something that had been started ended by itself, so everything is stopped."""


def check_port(port: int) -> None:
    """Raise CannotStart when another program listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError as error:
            raise CannotStart(f"Port {port} needs more rights. Choose one above 1023: make run PORT=8000") from error
        except (OSError, OverflowError) as error:
            raise CannotStart(f"Port {port} is taken. Choose another: make run PORT={port + 1}") from error


def check_disk(folder: Path) -> None:
    """Raise CannotStart when there is too little room for the database and a backup."""
    free = shutil.disk_usage(folder).free
    if free < NEEDED_BYTES:
        raise CannotStart(
            f"There are only {free // 1000**2} MB free at {folder}; Seaworthy needs {NEEDED_BYTES // 1000**2} MB."
        )


def check_roadmap(path: Path | None) -> None:
    """Raise CannotStart when the roadmap that was asked for cannot be read."""
    if path is None:
        return
    if not path.exists():
        raise CannotStart(f"There is no roadmap at {path}. Give the path of a Markdown file: make run ROADMAP=path")
    if not os.access(path, os.R_OK):
        raise CannotStart(f"The roadmap {path} cannot be read. Check its permissions.")


@contextmanager
def only_instance(folder: Path) -> Iterator[None]:
    """Hold this folder for one run. Raises CannotStart when another run holds it."""
    with (folder / "running.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CannotStart("Seaworthy runs from this folder already. Stop it with Ctrl-C there first.") from error
        yield
