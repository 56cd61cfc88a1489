"""What `make run` starts, it ends: also when honcho was killed."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.local import processes
from config.local.preflight import ProcessEnded
from config.local.processes import Processes, honcho_ended, started_processes

PATIENCE_SECONDS = 240  # on a busy machine; an idle one needs a fraction


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Processes]:
    procfile = tmp_path / "Procfile"
    procfile.write_text("one: exec sleep 1000\ntwo: exec sleep 1000\n")
    monkeypatch.setattr(processes, "PROCFILE", procfile)
    monkeypatch.setattr(processes, "STOP_SECONDS", 3)
    with started_processes(port=1, log_file=tmp_path / "log") as started:
        wait_for(lambda: len(groups(started)) == 2)
        yield started
        started.stop()


def groups(started: Processes) -> list[int]:
    return processes._started_groups(started.log_file)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def honchos(started: Processes) -> list[int]:
    """Honcho, then its parts: each follows one process."""
    said = subprocess.check_output(["pgrep", "--pgroup", str(started.companion.pid), "--full", "honcho"], text=True)
    return sorted(int(number) for number in said.split() if int(number) != started.companion.pid)


def alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


def test_stopping_ends_everything_in_peace(running: Processes) -> None:
    running.check_running()
    started = groups(running)

    running.stop()

    assert running.companion.returncode == 0
    wait_for(lambda: not any(alive(number) for number in started))


def test_honcho_killed_is_seen_and_what_it_started_is_ended(running: Processes) -> None:
    started = groups(running)
    os.kill(honchos(running)[1], signal.SIGKILL)  # the first is the shell that waits for it

    wait_for(lambda: processes.honcho_ended(running.log_file))
    with pytest.raises(ProcessEnded, match="A process ended by itself"):
        running.check_running()
    running.stop()

    wait_for(lambda: not any(alive(number) for number in started))


def test_a_killed_part_of_honcho_does_not_hold_up_the_stop(running: Processes) -> None:
    started = groups(running)
    os.kill(honchos(running)[-1], signal.SIGKILL)

    running.stop()

    wait_for(lambda: not any(alive(number) for number in started))


def test_what_is_left_when_everything_that_watched_was_killed_is_ended_by_the_next_start(running: Processes) -> None:
    started = groups(running)
    os.killpg(running.companion.pid, signal.SIGKILL)
    running.companion.wait()
    with pytest.raises(ProcessEnded, match="A process ended by itself"):
        running.check_running()
    assert all(alive(number) for number in started)

    processes.end_leftovers(running.log_file)

    wait_for(lambda: not any(alive(number) for number in started))


def test_a_web_request_cannot_pretend_that_honcho_ended(tmp_path: Path) -> None:
    log = tmp_path / "seaworthy.log"
    log.write_text("11:02:09 web.1    | GET / worker.1 stopped (rc=0)\n")
    assert not honcho_ended(log)
    log.write_text(log.read_text() + "11:02:10 system   | worker.1 stopped (rc=-15)\n")
    assert honcho_ended(log)
