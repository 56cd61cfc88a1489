"""A worker that can be killed at any instant, and started again in a blink: a process that forks one for each order."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

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
    from apps.backups import services
    from apps.backups.models import Database
    from apps.common.clock import now

    row = Database.objects.select_related("environment").get(name=database)
    if operation == "backup":
        services.carry_out_backup(run=services.queue_backup(database=row))
    elif operation == "drill":
        services.carry_out_drill(run=services.queue_drill(database=row))
    else:
        services.prune(database=row, at=now(), at_once=True)


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
        started = time.monotonic()
        wait_for_end(self.start(operation, database))
        return time.monotonic() - started

    def kill(self, operation: str, database: str, *, after_seconds: float) -> bool:
        """Kill a worker after so long. False when it had ended by then."""
        worker = self.start(operation, database)
        time.sleep(after_seconds)
        was_alive = is_alive(worker)
        if was_alive:
            os.kill(worker, signal.SIGKILL)
        wait_for_end(worker)
        return was_alive


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


def processes_naming(*words: str) -> list[str]:
    """The command lines of running programs that name one of the words, but not the workers' own."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
        except OSError:
            continue
        if any(word in command for word in words):
            found.append(command.strip())
    return found
