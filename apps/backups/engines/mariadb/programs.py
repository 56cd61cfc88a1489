"""Finds MariaDB's programs on this machine."""

import re
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from apps.backups.exceptions import ToolTooOld
from apps.common import shell

SYSTEM_FOLDERS = "/usr/local/bin:/usr/bin:/usr/local/sbin:/usr/sbin:/app/.apt/usr/bin:/app/.apt/usr/sbin"
VERSION = re.compile(r"(?:Distrib|from|Ver) (\d+)\.(\d+)\.(\d+)-MariaDB")

Version = tuple[int, int]


@dataclass(frozen=True)
class Tool:
    """One program and its version."""

    path: Path
    version: str

    @property
    def release(self) -> Version:
        return parse_release(self.version)


def parse_release(version: str) -> Version:
    """The first two numbers, within which dumps and structures stay the same."""
    major, minor = re.findall(r"\d+", version)[:2]
    return int(major), int(minor)


def find_program(name: str) -> Path | None:
    """Where the program of that name is."""
    path = shutil.which(name) or shutil.which(name, path=SYSTEM_FOLDERS)
    return Path(path) if path else None


@cache
def find_tool(name: str) -> Tool | None:
    """The program of that name, if it is MariaDB's."""
    path = find_program(name)
    if path is None:
        return None
    said = shell.run(shell.Command([path, "--version"], timeout_seconds=10)).text
    found = VERSION.search(said)
    return Tool(path, ".".join(found.groups())) if found else None


def tool_for(name: str, server_version: str, *, package: str) -> Tool:
    """The program, not older than the server. Raises ToolTooOld with what to install."""
    tool = find_tool(name)
    if tool is None or tool.release < parse_release(server_version):
        found = f"{tool.version} is" if tool else "none is"
        wanted = ".".join(map(str, parse_release(server_version)))
        message = f"{name} of MariaDB {wanted} or newer is needed and {found} installed: install {package} {wanted}."
        raise ToolTooOld(message)
    return tool
