"""A deployment by the Procfile, as a platform does it: a shell for each line, SIGTERM to all of its processes."""

import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from http.cookies import SimpleCookie
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode

from config.env import PROJECT_DIRECTORY
from tests.production import HOST

Found = TypeVar("Found")
PATIENCE_SECONDS = 240  # on a busy machine; an idle one needs a fraction
GRACE_SECONDS = 30  # what the platform waits between SIGTERM and SIGKILL


def wait_for(what: str, look: Callable[[], Found]) -> Found:
    """What `look` finds, as soon as it finds something."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := look()):
        assert time.monotonic() < deadline, f"{what} did not happen within {PATIENCE_SECONDS} s"
        time.sleep(0.2)
    return found


def read_procfile() -> dict[str, str]:
    """The command of each kind of process."""
    lines = (PROJECT_DIRECTORY / "Procfile").read_text().splitlines()
    return {name: command.strip() for name, _, command in (line.partition(":") for line in lines if line.strip())}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Deployment:
    """The processes of the Procfile, each in a session of its own, with its output in a file."""

    def __init__(self, environment: Mapping[str, str], logs: Path) -> None:
        self.environment = environment
        self.logs = logs
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def run(self, command: str) -> str:
        """Run a command to its good end, and return what it wrote."""
        result = subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=PROJECT_DIRECTORY, env=self.environment, capture_output=True, text=True, check=False, timeout=240,
        )  # fmt: skip
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def start(self, *names: str) -> None:
        for name in names:
            with (self.logs / f"{name}.log").open("ab") as log:
                self.running[name] = subprocess.Popen(
                    ["/bin/sh", "-c", read_procfile()[name]],
                    cwd=PROJECT_DIRECTORY, env=self.environment, stdout=log, stderr=log, start_new_session=True,
                )  # fmt: skip

    def stop(self, *, with_children: bool) -> dict[str, int]:
        """Send SIGTERM, and return the exit codes: everything must end by itself within the grace.

        Heroku sends it to every process of a dyno, a container to its first process only.
        """
        for process in self.running.values():
            (os.killpg if with_children else os.kill)(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        codes = {name: process.wait(max(0.1, deadline - time.monotonic())) for name, process in self.running.items()}
        for name, process in self.running.items():
            wait_for(f"the end of every child of {name}", lambda group=process.pid: not _is_alive(group))
        self.running.clear()
        return codes

    def kill(self) -> None:
        """For the end of a test that failed."""
        for process in self.running.values():
            if _is_alive(process.pid):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def log(self, name: str) -> str:
        return (self.logs / f"{name}.log").read_text(errors="replace")


def _is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


class Browser:
    """A person behind the platform's router, which ends TLS and says so in a header."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: SimpleCookie = SimpleCookie()

    def get(self, path: str, *, scheme: str = "https") -> "Answer":
        return self._ask("GET", path, scheme=scheme)

    def post(self, path: str, fields: Mapping[str, str]) -> "Answer":
        body = urlencode({**fields, "csrfmiddlewaretoken": self.cookies["__Host-csrf"].value})
        return self._ask("POST", path, body=body, scheme="https")

    def _ask(self, method: str, path: str, *, scheme: str, body: str | None = None) -> "Answer":
        headers = {
            "Host": HOST,
            "X-Forwarded-Proto": scheme,
            "X-Forwarded-For": "198.51.100.7",
            "Origin": f"https://{HOST}",
            "Cookie": "; ".join(f"{name}={cookie.value}" for name, cookie in self.cookies.items()),
            **({"Content-Type": "application/x-www-form-urlencoded"} if body else {}),
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body=body, headers=headers)
            answer = Answer(connection.getresponse())
        finally:
            connection.close()
        for value in answer.cookies:
            self.cookies.load(value)
        return answer


class Answer:
    """A response that was read."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.cookies = response.headers.get_all("Set-Cookie") or []
        self.text = response.read().decode(errors="replace")
