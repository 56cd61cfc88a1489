"""A worker that can be killed at any instant, and started again in a blink: a process that forks one for each order."""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FORKING = """
import os, signal, sys
import django
django.setup()
from django.db import connections
from tests.backups import killing
connections.close_all()
signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever was killed is forgotten at once
print("ready", flush=True)
for line in sys.stdin:
    worker = os.fork()
    if not worker:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        killing.work(*line.split())
        os._exit(0)
    print(worker, flush=True)
"""


def work(operation: str, database: str) -> None:
    """What a worker does, in the worker's process."""
    from apps.backups.models import Database

    OPERATIONS[operation](Database.objects.select_related("environment").get(name=database))


def _back_up(database: Any) -> None:
    from apps.backups import services

    services.carry_out_backup(run=services.queue_backup(database=database))


def _drill(database: Any) -> None:
    from apps.backups import services

    services.carry_out_drill(run=services.queue_drill(database=database))


def _prune(database: Any) -> None:
    from apps.backups import services
    from apps.common.clock import now

    services.prune(database=database, at=now(), at_once=True)


def _restore(database: Any) -> None:
    from apps.backups import services

    name, backup = f"restored_{secrets.token_hex(4)}", database.backups.stored().newest_first()[0]
    services.carry_out_restore(run=services.request_restore(backup=backup, new_name=name, reason="A test."))


def _rewrap(database: Any) -> None:
    from apps.backups.services.rewrapping import backups_to_rewrap, carry_out_rewrap, queue_rewrap

    carry_out_rewrap(run=queue_rewrap(backup=backups_to_rewrap(database)[0]))


OPERATIONS: dict[str, Callable[[Any], None]] = {
    "backup": _back_up,
    "retention": _prune,
    "drill": _drill,
    "restore": _restore,
    "rewrap": _rewrap,
}


@dataclass(frozen=True)
class Workers:
    """Starts workers, and kills them."""

    process: subprocess.Popen[str]

    def start(self, operation: str, database: str) -> int:
        """The process id of a new worker that has begun."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{operation} {database}\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def finish(self, operation: str, database: str) -> float:
        """Let a worker end by itself, and give its seconds."""
        seconds = self.kill(operation, database, after_seconds=300)
        assert seconds is not None, f"{operation} goes on"
        return seconds

    def kill(self, operation: str, database: str, *, after_seconds: float) -> float | None:
        """Kill a worker after so long. Its seconds, when it had ended by itself before."""
        started = time.monotonic()
        worker = self.start(operation, database)
        while is_alive(worker):
            if time.monotonic() - started > after_seconds:
                os.kill(worker, signal.SIGKILL)
                wait_for_end(worker)
                return None
            time.sleep(0.002)
        return time.monotonic() - started


@contextmanager
def forking_workers(environment: dict[str, str]) -> Iterator[Workers]:
    """Workers in the environment, all gone afterwards."""
    with subprocess.Popen(
        [sys.executable, "-c", FORKING],
        env={**os.environ, **environment, "DJANGO_SETTINGS_MODULE": "config.settings.test"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield Workers(process)


def is_alive(process_id: int) -> bool:
    """Whether the process runs. A zombie does not."""
    try:
        return "State:\tZ" not in Path(f"/proc/{process_id}/status").read_text()
    except OSError:
        return False


def wait_for_end(process_id: int, seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while is_alive(process_id):
        assert time.monotonic() < deadline, f"process {process_id} goes on"
        time.sleep(0.01)


def processes_naming(*words: str) -> dict[int, str]:
    """The command lines of running programs that name one of the words, by their process ids."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (folder / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
            if any(word in command for word in words):
                found[int(folder.name)] = command.strip()
    return found
