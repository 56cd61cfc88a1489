"""Web, worker and beat under honcho, and waiting until they answer."""

import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from apps.common import shell
from config.env import PROJECT_DIRECTORY
from config.local.preflight import CannotStart

PROCFILE = Path(__file__).with_name("Procfile")
ANSWER_SECONDS = 60
STOP_SECONDS = 20
LINES_SHOWN = 15
# Ends honcho when its parent dies in whatever way.
_SCRIPT = 'exec >>"$1" 2>&1; shift; "$@" </dev/null & pid=$!; read -r word; kill -TERM "$pid" 2>/dev/null; wait "$pid"'


@contextmanager
def started_processes(*, port: int, log_file: Path) -> Iterator["Processes"]:
    """Yield the running processes; stop them all at the end."""
    log_file.write_text("")
    command = shell.Command(
        ["/bin/sh", "-c", _SCRIPT, "seaworthy", log_file, *_honcho_arguments()],
        environment=_environment(port),
        directory=PROJECT_DIRECTORY,
    )
    processes = Processes(shell.start_companion(command), port=port, log_file=log_file)
    try:
        yield processes
    finally:
        processes.stop()


class Processes:
    """What `make run` started."""

    def __init__(self, companion: shell.Companion, *, port: int, log_file: Path) -> None:
        self.companion = companion
        self.port = port
        self.log_file = log_file

    @property
    def address(self) -> str:
        """What a person's browser opens."""
        return f"http://localhost:{self.port}"

    def wait_until_ready(self) -> None:
        """Return when `/readyz` says that database, broker and beat are there. Raises CannotStart when they are not."""
        deadline = time.monotonic() + ANSWER_SECONDS
        while (answer := self._readiness()) is not None:
            self.check_running()
            if time.monotonic() > deadline:
                raise CannotStart(f"Seaworthy did not become ready in {ANSWER_SECONDS} s: {answer} See {self.log_file}")
            time.sleep(0.2)

    def check_running(self) -> None:
        """Raise CannotStart when a process ended."""
        if honcho_ended(self.log_file):
            lines = self.log_file.read_text(errors="replace").splitlines()[-LINES_SHOWN:]
            raise CannotStart("A process ended by itself. The end of its log:\n" + "\n".join(lines))

    def stop(self) -> None:
        """Ask every process to end, and wait until they have. Does nothing the second time."""
        if self.companion.returncode is not None:
            return
        with suppress(BrokenPipeError):
            self.companion.communicate(b"stop\n", timeout=STOP_SECONDS)

    def _readiness(self) -> str | None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5):
                return None
        except urllib.error.HTTPError as error:
            return _problems(error.read())
        except OSError:
            return "the web process does not answer."


def honcho_ended(log_file: Path) -> bool:
    """Whether honcho wrote that a process stopped: it stops all others then."""
    return " stopped (rc=" in log_file.read_text(errors="replace")


def _problems(body: bytes) -> str:
    with suppress(ValueError, AttributeError, TypeError):
        checks = json.loads(body)["checks"]
        return "; ".join(f"{name}: {check}" for name, check in sorted(checks.items()))
    return "it answers with an error."


def _honcho_arguments() -> list[str | Path]:
    return [sys.executable, "-m", "honcho", "--env", os.devnull, "--procfile", PROCFILE, "--no-colour", "start"]


def _environment(port: int) -> dict[str, str]:
    folder = Path(sys.executable).parent
    return {
        **os.environ,
        "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "WEB_PORT": str(port),
        "PYTHONUNBUFFERED": "1",
    }
