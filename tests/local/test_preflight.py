"""What is checked before anything starts."""

import os
import shutil
import socket
from collections import namedtuple
from pathlib import Path

import pytest

from config.local import preflight
from config.local.preflight import CannotStart


def test_a_free_port_passes_and_a_taken_one_is_refused_with_another() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        taken.listen()
        with pytest.raises(CannotStart, match=rf"Port {port} is taken. Choose another: make run PORT={port + 1}"):
            preflight.check_port(port)
    preflight.check_port(port)


def test_a_full_disk_is_refused_with_the_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    preflight.check_disk(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(10**9, 10**9 - 1000, 10**6 * 12))

    with pytest.raises(CannotStart, match=r"only 12 MB free at .*needs 500 MB"):
        preflight.check_disk(tmp_path)


def test_a_roadmap_that_is_not_there_is_refused_with_its_path(tmp_path: Path) -> None:
    path = tmp_path / "roadmap.md"
    with pytest.raises(CannotStart, match=r"There is no roadmap at .*roadmap\.md"):
        preflight.check_roadmap(path)
    path.write_text("# Roadmap")
    preflight.check_roadmap(path)
    preflight.check_roadmap(None)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_roadmap_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "roadmap.md"
    path.write_text("# Roadmap")
    path.chmod(0)
    with pytest.raises(CannotStart, match="cannot be read"):
        preflight.check_roadmap(path)


def test_a_second_instance_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    with (
        preflight.only_instance(tmp_path),
        pytest.raises(CannotStart, match="runs from this folder already"),
        preflight.only_instance(tmp_path),
    ):
        pass
    with preflight.only_instance(tmp_path):
        pass
