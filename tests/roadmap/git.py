"""A real repository of git."""

import subprocess
from pathlib import Path

import pytest


def git(folder: Path, *arguments: str) -> str:
    """What git answers there."""
    person = ("-c", "user.name=Olga", "-c", "user.email=olga@example.org", "-c", "safe.directory=*")
    done = subprocess.run(["git", "-C", str(folder), *person, *arguments], capture_output=True, check=True)
    return done.stdout.decode().strip()


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "checkout"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    return folder
