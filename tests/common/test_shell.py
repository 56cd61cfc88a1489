"""The one door to programs."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from apps.common import shell
from apps.common.shell import Command, ToolFailed, ToolMissing, ToolTimedOut

PATIENCE_SECONDS = 30  # of what takes no second where nothing else runs


def script(text: str, **options: object) -> Command:
    return Command(["/bin/sh", "-c", text], **options)


def is_alive(process_id: int) -> bool:
    """Whether the process runs; one that has ended but was not collected yet does not."""
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rsplit(")")[-1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for_the_end_of(process_id: int) -> None:
    """A killed process ends a moment after the signal was sent, and later on a busy machine."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while is_alive(process_id):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_it_returns_what_a_program_wrote() -> None:
    result = shell.run(script("echo out; echo err >&2"))

    assert (result.text, result.stderr) == ("out", "err")
    assert result.duration_seconds > 0


def test_the_environment_is_only_what_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "of-someone-else")

    assert shell.run(script("echo [$PGPASSWORD] [$GIVEN]", environment={"GIVEN": "yes"})).text == "[] [yes]"


def test_a_failure_carries_the_exit_code_and_the_last_words() -> None:
    with pytest.raises(ToolFailed, match="sh ended with exit code 7: disk full") as caught:
        shell.run(script("echo disk full >&2; exit 7"))

    assert caught.value.exit_code == 7


def test_secrets_are_masked_in_messages_and_logs() -> None:
    command = script("echo hunter2 postgresql://u:open@h/d >&2; exit 1 # hunter2", secrets=["hunter2"])

    with capture_logs() as lines, pytest.raises(ToolFailed) as caught:
        shell.run(command)

    shown = caught.value.message + str(lines)
    assert "hunter2" not in shown
    assert "open@h" not in shown
    assert "postgresql://u:********@h/d" in caught.value.message


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(ToolMissing, match="pg_nothing cannot be run: No such file"):
        shell.run(Command(["/nowhere/pg_nothing"]))


def test_the_time_limit_ends_the_program_and_its_children(tmp_path: Path) -> None:
    started = time.monotonic()

    with pytest.raises(ToolTimedOut, match=r"did not end within 1\.5 s"):
        shell.run(script(f"sleep 60 & echo $! > {tmp_path}/child; wait", timeout_seconds=1.5))

    assert time.monotonic() - started < PATIENCE_SECONDS
    wait_for_the_end_of(int((tmp_path / "child").read_text()))


def test_a_stream_is_read_while_the_program_runs() -> None:
    with shell.stream(script("echo first; sleep 0.05; echo second")) as stdout:
        assert stdout.readline() == b"first\n"
        assert stdout.read() == b"second\n"


def test_a_producer_killed_in_mid_stream_is_never_success() -> None:
    with (
        pytest.raises(ToolFailed, match="was killed by signal 9"),
        shell.stream(script("echo part; kill -9 $$")) as stdout,
    ):
        assert stdout.read() == b"part\n"


def test_a_reader_that_fails_ends_the_producer(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"

    with pytest.raises(RuntimeError, match="reader"):
        read_and_fail(script(f"echo $$ > {pid_file}; exec sleep 60"), pid_file)

    wait_for_the_end_of(int(pid_file.read_text()))


def read_and_fail(command: Command, pid_file: Path) -> None:
    with shell.stream(command):
        while not pid_file.exists() or not pid_file.read_text():
            time.sleep(0.01)
        raise RuntimeError("reader")


def test_a_companion_sees_the_end_of_its_parent(tmp_path: Path) -> None:
    parent = os.fork()
    if parent == 0:  # the child: start the companion, then wait to be killed
        shell.start_companion(script(f"read -r word; echo parted > {tmp_path}/said"))
        (tmp_path / "ready").touch()
        time.sleep(60)
        os._exit(0)
    while not (tmp_path / "ready").exists():
        time.sleep(0.01)
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)

    said, deadline = tmp_path / "said", time.monotonic() + PATIENCE_SECONDS
    while not (said.exists() and said.read_text()) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert said.read_text() == "parted\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_root_can_run_a_program_as_another_user() -> None:
    assert shell.run(Command(["/usr/bin/id", "-un"], user="nobody")).text == "nobody"


def test_a_program_reads_chunks_as_they_come() -> None:
    assert shell.run(Command(["cat"], input_chunks=[b"one ", b"two"])).text == "one two"


def test_a_program_may_end_before_it_has_read_every_chunk() -> None:
    shell.run(Command(["true"], input_chunks=(bytes(1 << 16) for _ in range(64))))


def test_input_that_breaks_is_not_taken_for_its_end() -> None:
    def chunks() -> Iterator[bytes]:
        yield b"the beginning"
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        shell.run(Command(["cat"], input_chunks=chunks()))
