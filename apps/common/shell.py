"""The one door to programs: argument lists, explicit environments, masked logs, time limits, whole groups ended."""

import fcntl
import logging
import os
import pwd
import signal
import subprocess  # the only import of it in apps and config
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import structlog

from .exceptions import OperationError
from .masking import MASK, mask_passwords

log = structlog.wrap_logger(logging.getLogger(__name__), wrapper_class=structlog.stdlib.BoundLogger)

STDERR_LINES_KEPT = 20
STREAM_PIPE_BYTES = 1 << 20
STDERR_LINE_CHARACTERS = 500


Companion = subprocess.Popen[bytes]


class ToolFailed(OperationError):
    """A program ended with an error. The message holds its last lines, masked."""

    def __init__(self, message: str, *, exit_code: int | None = None) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class ToolMissing(ToolFailed):
    """The program is not installed, or the user it should run as cannot reach it."""


class ToolTimedOut(ToolFailed):
    """The program did not end within its time limit, so it and its children were killed."""


@dataclass(frozen=True)
class Command:
    """One program to run. Secrets belong in `environment` or in a file, and in `secrets` so that logs mask them."""

    arguments: Sequence[str | Path]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: Sequence[str] = field(default=(), repr=False)
    timeout_seconds: float = 60.0
    user: str | None = None
    directory: Path | None = None
    behind: Sequence[str] = ()  # programs that start this one, such as nice: they change how it runs, not what it is
    input_file: Path | None = None  # what it reads as standard input
    input_chunks: Iterable[bytes] | None = None  # or these, one after the other, from a thread
    hear: Callable[[str], None] | None = None  # gets each line of standard error, in a thread

    @property
    def program(self) -> str:
        return Path(self.arguments[0]).name

    def mask(self, text: str) -> str:
        """The text without this command's secrets and without passwords in URLs."""
        for secret in filter(None, self.secrets):
            text = text.replace(secret, MASK)
        return mask_passwords(text)


@dataclass(frozen=True)
class Result:
    """How a program ended well: what it wrote and how long it took."""

    stdout: bytes
    stderr: str
    duration_seconds: float

    @property
    def text(self) -> str:
        return self.stdout.decode(errors="replace").strip()


class Program:
    """A program that was started, with its process group, its time limit and the tail of what it said."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self.started_seconds = time.monotonic()
        self.timed_out = False
        with _input_of(command) as stdin:
            self.process = _open(command, stdin=stdin, stderr=subprocess.PIPE)
        log.debug("program_started", program=command.program, arguments=_masked_arguments(command))
        self._tail: deque[str] = deque(maxlen=STDERR_LINES_KEPT)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self._feeding_error: Exception | None = None
        self._feeder = threading.Thread(target=self._feed, daemon=True)
        self._feeder.start()
        self._alarm = threading.Timer(command.timeout_seconds, self._time_out)
        self._alarm.daemon = True
        self._alarm.start()

    @property
    def stdout(self) -> IO[bytes]:
        assert self.process.stdout is not None  # noqa: S101 - _open always makes the pipe
        return self.process.stdout

    @property
    def stderr(self) -> str:
        return self.command.mask("\n".join(self._tail))

    @property
    def duration_seconds(self) -> float:
        return time.monotonic() - self.started_seconds

    def finish(self) -> None:
        """Wait for the end and raise unless it was a good one."""
        self.stdout.close()
        exit_code = self.process.wait()
        self._alarm.cancel()
        self._listener.join()
        self._feeder.join()
        log.info(
            "program_ended",
            program=self.command.program,
            arguments=_masked_arguments(self.command),
            exit_code=exit_code,
            duration_seconds=round(self.duration_seconds, 3),
        )
        if self.timed_out:
            limit = self.command.timeout_seconds
            raise ToolTimedOut(f"{self.command.program} did not end within {limit:g} s and was stopped")
        if self._feeding_error is not None:  # it read a part of its input, and may have been content with it
            raise self._feeding_error
        if exit_code != 0:
            raise ToolFailed(_failure(self.command, exit_code, self.stderr), exit_code=exit_code)

    def kill(self) -> None:
        """End the program and everything it started, unless it has ended."""
        self._alarm.cancel()
        if self.process.returncode is not None:
            return
        _kill_group(self.process)
        self.stdout.close()
        self.process.wait()
        log.info("program_killed", program=self.command.program, duration_seconds=round(self.duration_seconds, 3))

    def _time_out(self) -> None:
        self.timed_out = True
        _kill_group(self.process)

    def _feed(self) -> None:
        if self.command.input_chunks is None:
            return
        assert self.process.stdin is not None  # noqa: S101
        try:
            with suppress(BrokenPipeError), self.process.stdin as stream:  # it may end before it has read everything
                for chunk in self.command.input_chunks:
                    stream.write(chunk)
        except Exception as error:  # raised again where the program's end is waited for
            self._feeding_error = error

    def _listen(self) -> None:
        assert self.process.stderr is not None  # noqa: S101
        with self.process.stderr as stream:
            for line in stream:
                said = line.decode(errors="replace").rstrip()[:STDERR_LINE_CHARACTERS]
                self._tail.append(said)
                if self.command.hear:
                    self.command.hear(said)


def run(command: Command) -> Result:
    """Run a program to its end and return what it wrote, or raise ToolFailed."""
    with program(command) as running:
        stdout = running.stdout.read()
    return Result(stdout, running.stderr, running.duration_seconds)


@contextmanager
def stream(command: Command) -> Iterator[IO[bytes]]:
    """Yield what a program writes while it runs. Leaving the block checks how it ended, so a cut stream raises."""
    with program(command) as running:
        with suppress(OSError, AttributeError):  # where no larger pipe is to be had, the program waits more often
            fcntl.fcntl(running.stdout, fcntl.F_SETPIPE_SZ, STREAM_PIPE_BYTES)
        yield running.stdout


@contextmanager
def program(command: Command) -> Iterator[Program]:
    """Yield a running program; whatever ends the block early also ends the program and its children."""
    running = Program(command)
    try:
        yield running
        running.finish()
    except BaseException:
        running.kill()
        raise


def start_companion(command: Command) -> Companion:
    """Start a program that lives beside this process and sees the end of its standard input when this one dies."""
    log.debug("companion_started", program=command.program, arguments=_masked_arguments(command))
    return _open(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextmanager
def _input_of(command: Command) -> Iterator[IO[bytes] | int]:
    if command.input_chunks is not None:
        yield subprocess.PIPE
    elif command.input_file is None:
        yield subprocess.DEVNULL
    else:
        with command.input_file.open("rb") as file:
            yield file


def _open(command: Command, **streams: Any) -> subprocess.Popen[bytes]:
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE} | streams
    try:
        return subprocess.Popen(
            [*command.behind, *map(str, command.arguments)],
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"} | dict(command.environment),
            # A folder the other user may not enter would stop most programs at getcwd().
            cwd=command.directory or ("/" if command.user else None),
            start_new_session=True,
            **_identity(command.user),
            **streams,
        )
    except (FileNotFoundError, PermissionError, NotADirectoryError) as error:
        raise ToolMissing(f"{command.program} cannot be run: {error.strerror} ({error.filename})") from error


def _identity(user: str | None) -> dict[str, Any]:
    if user is None:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    if process.returncode is None:  # once it is collected, the number may belong to another process
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _masked_arguments(command: Command) -> list[str]:
    return [command.mask(str(argument)) for argument in command.arguments]


def _failure(command: Command, exit_code: int, stderr: str) -> str:
    how = f"was killed by signal {-exit_code}" if exit_code < 0 else f"ended with exit code {exit_code}"
    return f"{command.program} {how}: {stderr or 'it said nothing'}"
