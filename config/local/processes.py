"""Web, worker and beat under honcho, and waiting until they answer."""

import json
import os
import re
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from apps.common import shell
from config.env import PROJECT_DIRECTORY
from config.local.preflight import CannotStart, ProcessEnded

PROCFILE = Path(__file__).with_name("Procfile")
ANSWER_SECONDS = 60
STOP_SECONDS = 20
LINES_SHOWN = 15
# Ends honcho when its parent dies in whatever way, and writes into the log when honcho itself is killed.
_SCRIPT = """
exec >>"$1" 2>&1; shift
{ trap : TERM; "$@" </dev/null; echo "honcho stopped (rc=$?)"; } & pid=$!
read -r word
trap "" TERM; kill -TERM 0; wait "$pid"
"""
TAIL_BYTES = 64 * 1024
# Only honcho's own lines count: what a process logs stands behind its own name.
_ENDED = re.compile(rb"^(\S+ system +\| \S+|honcho) stopped \(rc=", re.MULTILINE)
_STARTED = re.compile(r"system +\| +\S+ started \(pid=(\d+)\)")


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
        self._is_stopped = False

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
        if self.companion.poll() is not None or honcho_ended(self.log_file):
            lines = self.log_file.read_text(errors="replace").splitlines()[-LINES_SHOWN:]
            raise ProcessEnded("A process ended by itself. The end of its log:\n" + "\n".join(lines))

    def stop(self) -> None:
        """Ask every process to end, and end those that do not. Does nothing the second time."""
        if self._is_stopped:
            return
        self._is_stopped = True
        assert self.companion.stdin is not None  # noqa: S101 - a companion always has it
        self.companion.stdin.close()
        deadline = time.monotonic() + STOP_SECONDS
        while self.companion.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        if self.companion.poll() is None:
            os.killpg(self.companion.pid, signal.SIGKILL)
        self.companion.wait()
        # Without honcho, or one of its parts, nobody else ends what it started.
        end_leftovers(self.log_file)

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
    with log_file.open("rb") as log:
        log.seek(max(0, log_file.stat().st_size - TAIL_BYTES))  # asked each second, of a log that grows for days
        return _ENDED.search(log.read()) is not None


def _started_groups(log_file: Path) -> list[int]:
    """The processes that honcho noted; each leads a group of its own."""
    return [int(number) for number in _STARTED.findall(log_file.read_text(errors="replace"))]


def end_leftovers(log_file: Path) -> None:
    """End what the last run noted in its log and could not end, because all that watched over it was killed."""
    for group in _started_groups(log_file) if log_file.exists() else []:
        if any(_is_here(process) for process in _members(group)):  # the number may be another program's by now
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)


def _members(group: int) -> Iterator[Path]:
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            # The name in the parentheses may hold anything; the group is the third field behind it.
            if int((process / "stat").read_text().rpartition(")")[2].split()[2]) == group:
                yield process


def _is_here(process: Path) -> bool:
    with suppress(OSError):
        return (process / "cwd").resolve(strict=True) == PROJECT_DIRECTORY
    return False


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
