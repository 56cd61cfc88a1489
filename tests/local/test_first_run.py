"""`make run`, for real: in a copy of the project, as a new user starts it, kills it and starts it again."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.env import PROJECT_DIRECTORY

RUNNING = "Seaworthy is running"
PATIENCE_SECONDS = 240  # on a busy machine; an idle one needs a fraction
SILENT = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "SECRET_KEY", "AUDIT_KEY", "FIELD_ENCRYPTION_KEYS"}


class Clone:
    """A copy of the project's files, with nothing started in it yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {name: value for name, value in os.environ.items() if name not in SILENT}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "config.local", *arguments]
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )

    def processes(self) -> list[str]:
        """The command lines of everything that runs in the copy, or on its data."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode() if entry.name.isdigit() else ""
                if str(self.folder) in command or (command and (entry / "cwd").resolve() == self.folder):
                    found.append(command)
            except OSError:
                continue
        return found


@pytest.fixture
def clone() -> Iterator[Clone]:
    # Below a folder that others may enter: PostgreSQL runs as another user where the tests run as root.
    folder = Path(tempfile.mkdtemp(prefix="seaworthy-clone-"))
    folder.chmod(0o755)
    names = subprocess.check_output(["git", "ls-files", "-z"], cwd=PROJECT_DIRECTORY, text=True).split("\0")
    for name in filter(None, names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(PROJECT_DIRECTORY / name, folder / name)
    yield Clone(folder)
    shutil.rmtree(folder)


@pytest.fixture
def port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def read_until(process: subprocess.Popen[str], text: str) -> str:
    said = ""
    assert process.stdout is not None
    for line in process.stdout:
        said += line
        if text in line:
            return said
    raise AssertionError(f"{text!r} was never said:\n{said}")


def wait_until_gone(clone: Clone, word: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while any(word in command for command in clone.processes()):
        assert time.monotonic() < deadline, clone.processes()
        time.sleep(0.2)


@pytest.mark.long
def test_a_new_user_sees_it_proven_and_loses_nothing(clone: Clone, port: str) -> None:
    first = clone.start("--port", port, "--once")
    said = first.communicate(timeout=PATIENCE_SECONDS)[0]
    words = " ".join(said.split())

    assert first.returncode == 0, said
    assert "3 of 7 milestones claimed done, 3 of 10 criteria proven" in words
    assert re.search(r"Drill Proven; RTO [\d.]+ s, RPO [\d.]+ s", words)
    assert "Gate: No-go: 7 of 10 criteria block." in words
    assert re.search(r"Password \S{20} \(shown only now\)", words)
    assert re.search(rf"^{RUNNING} at http://localhost:{port}/admin/", said, re.MULTILINE)
    assert clone.processes() == []

    killed = clone.start("--port", port)
    read_until(killed, RUNNING)
    killed.kill()
    killed.communicate()
    wait_until_gone(clone, "celery")
    wait_until_gone(clone, "gunicorn")

    again = clone.start("--port", port)
    said = read_until(again, RUNNING)
    assert "shown at the first start" in " ".join(said.split())
    assert "Back up" not in said, "a backup that was proven just now is not taken again"
    gate = clone.manage("gate", "seaworthy", "--format", "json")
    assert (gate.returncode, json.loads(gate.stdout)["decision"]) == (1, "no_go")
    os.killpg(again.pid, signal.SIGINT)
    again.communicate(timeout=PATIENCE_SECONDS)
    assert clone.processes() == []


def test_what_is_in_the_way_is_one_sentence(clone: Clone) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = clone.start("--port", str(port), "--once")
        said = refused.communicate(timeout=PATIENCE_SECONDS)[0]

    expected = f"Seaworthy did not start. Port {port} is taken. Choose another: make run PORT={port + 1}"
    assert (refused.returncode, said.strip()) == (1, expected)
    missing = clone.start("--roadmap", "nowhere.md")
    assert "There is no roadmap at nowhere.md." in missing.communicate(timeout=PATIENCE_SECONDS)[0]
    assert missing.returncode == 1
