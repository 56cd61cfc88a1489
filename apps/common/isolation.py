"""Runs a program behind everything else on the machine, in a network of its own where the machine allows that."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from . import shell

QUIETLY = [["nice", "-n", "10"], ["ionice", "-c", "2", "-n", "7"]]
AS_ROOT = ["unshare", "--net", "--"]
AS_ANYBODY = ["unshare", "--user", "--map-current-user", "--net", "--"]


@dataclass(frozen=True)
class Isolation:
    """The programs behind which another one runs, and whether they take the network away from it."""

    arguments: tuple[str, ...] = ()
    has_own_network: bool = False


@cache
def isolation_for(user: str | None) -> Isolation:
    """The best that this machine allows for programs of the user."""
    quietly = [word for words in QUIETLY if _works(words, user) for word in words]
    for words in _networks(user):
        if _works(words, user):
            return Isolation((*quietly, *words), has_own_network=True)
    return Isolation(tuple(quietly))


def _networks(user: str | None) -> Iterator[list[str]]:
    if user is None and os.geteuid() == 0:
        yield AS_ROOT  # which in a namespace of users could not enter folders of others
    yield AS_ANYBODY


def _works(words: list[str], user: str | None) -> bool:
    if shutil.which(words[0]) is None:
        return False
    try:
        shell.run(shell.Command([*words, "true"], user=user, timeout_seconds=10))
    except shell.ToolFailed:
        return False
    return True
